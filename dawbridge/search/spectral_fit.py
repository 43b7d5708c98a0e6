"""Filters from spectra alone: which places of all of a track's filters together explain how its spectrum was bent.

Filters in series add up in decibels. So each filter is rendered by itself at a few frequencies and widths, and what it
does to every mel band is noted; then every combination of places is tried on paper, its gains by least squares. A
hundred renders less than a grid would take, and no filter is found before the others are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch

from dawbridge.features.mel import log_mel
from dawbridge.search.filter_roles import Filter

MELS, FLOOR_BELOW_PEAK = 48, 1.0  # log_mel's unit is 60 dB
FREQUENCIES = np.linspace(0.05, 0.95, 13)
WIDTHS = (0.25, 0.75)
GAIN = 0.85
_RIDGE = 1e-3
# Combinations that give nearly the same bands are one.
_APART = 0.15


@dataclass(frozen=True)
class Spectrum:
    """Log-mel bands [frames, mels] of a sound, its sides' power together."""

    bands: np.ndarray

    @classmethod
    def of(cls, samples: np.ndarray, sample_rate: int) -> "Spectrum":
        with torch.no_grad():
            sides = log_mel(torch.from_numpy(np.ascontiguousarray(samples)), sample_rate, MELS).numpy()
        return cls(np.logaddexp(*(sides * 6 * np.log(10))) / (6 * np.log(10)))

    def distance(self, other: "Spectrum") -> float:
        """Mean difference of the bands heard in this one, at one level."""
        floor = self.bands.max() - FLOOR_BELOW_PEAK
        own, is_heard = np.maximum(self.bands, floor), self.bands > floor
        gap = other.bands - own
        level = float(np.median(gap[is_heard])) if is_heard.any() else 0.0
        return float(np.abs(np.maximum(other.bands - level, floor) - own).mean())

    def bend(self, other: "Spectrum", floor: float) -> tuple[np.ndarray, np.ndarray]:
        """(mean difference to `other` per band, how often both are heard): [mels] each."""
        is_heard = (self.bands > floor) & (other.bands > floor)
        count = is_heard.sum(axis=0)
        return ((other.bands - self.bands) * is_heard).sum(axis=0) / np.maximum(count, 1), count


@dataclass(frozen=True)
class _Atom:
    """A filter at one place, and what it does to the bands [mels] at GAIN."""

    row: Filter
    frequency: float | None
    width: float | None
    bend: np.ndarray

    def put(self, positions: np.ndarray, share: float) -> None:
        positions[self.row.gain] = np.clip(0.5 + share * (GAIN - 0.5), 0.02, 0.98)
        if self.row.frequency is not None:
            positions[self.row.frequency] = self.frequency
        if self.row.width is not None:
            positions[self.row.width] = self.width


def filter_places(
    base: np.ndarray,
    filters: tuple[Filter, ...],
    target: np.ndarray,
    sample_rate: int,
    render: Callable[[list[np.ndarray]], list[np.ndarray]],
    count: int,
) -> list[np.ndarray]:
    """The `count` likeliest positions, from `base` with its filters moved so that its sound [2, n] has the spectrum of
    `target`; best first. `render`: positions → sounds."""
    if not filters:
        return []
    flat = base.copy()
    flat[[row.gain for row in filters]] = 0.5
    places = [place for row in filters for place in _places(row)]
    trials = [flat.copy() for _ in places]
    for trial, (row, frequency, width) in zip(trials, places):
        _Atom(row, frequency, width, flat).put(trial, 1.0)
    (before, *after), wanted = render([flat, *trials]), Spectrum.of(target, sample_rate)
    before, floor = Spectrum.of(before, sample_rate), wanted.bands.max() - FLOOR_BELOW_PEAK
    bend, weight = before.bend(wanted, floor - 0.2)
    atoms: dict[Filter, list[_Atom]] = {row: [] for row in filters}
    for place, sound in zip(places, after):
        atoms[place[0]].append(_Atom(*place, before.bend(Spectrum.of(sound, sample_rate), floor - 0.2)[0]))
    return _best(flat, list(atoms.values()), bend, weight / max(weight.max(), 1), count)


def _places(row: Filter):
    for frequency in [None] if row.frequency is None else FREQUENCIES:
        for width in [None] if row.width is None else WIDTHS:
            yield row, frequency, width


def _best(flat, atoms: list[list[_Atom]], bend, weight, count: int) -> list[np.ndarray]:
    """By weighted least squares for all combinations at once, a free level beside the gains.

    What any two atoms have in common is worked out once; a combination only looks it up.
    """
    every = [atom for row in atoms for atom in row]
    bends = np.stack([*(atom.bend for atom in every), np.ones_like(bend)])
    common, wanted = (bends * weight) @ bends.T, (bends * weight) @ bend
    ends = np.cumsum([0, *map(len, atoms)])
    chosen_from = [range(low, high) for low, high in zip(ends, ends[1:])]
    places = np.array([(*combination, len(every)) for combination in product(*chosen_from)])  # [combinations, filters]
    gram, right = common[places[:, :, None], places[:, None, :]], wanted[places]
    ridge = _RIDGE * np.trace(gram, axis1=1, axis2=2) / gram.shape[1]
    shares = np.linalg.solve(gram + ridge[:, None, None] * np.eye(gram.shape[1]), right[..., None])[..., 0]
    most = 0.5 / (GAIN - 0.5)
    shares[:, :-1] = np.clip(shares[:, :-1], -most, most)
    error = (np.einsum("ci,cij->cj", shares, gram) * shares).sum(axis=1) - 2 * (shares * right).sum(axis=1)
    taken: list[int] = []
    made: list[np.ndarray] = []
    spread = np.sqrt((np.square(bend) * weight).sum()) + 1e-9
    for place in np.argsort(error, kind="stable"):
        if len(taken) == count:
            break
        here = shares[place] @ bends[places[place]]
        if all(np.sqrt((np.square(here - other) * weight).sum()) / spread > _APART for other in made):
            taken.append(int(place))
            made.append(here)
    return [_put(flat, [every[index] for index in places[place, :-1]], shares[place]) for place in taken]


def _put(flat: np.ndarray, atoms: list[_Atom], shares: np.ndarray) -> np.ndarray:
    positions = flat.copy()
    for atom, share in zip(atoms, shares):
        atom.put(positions, float(share))
    return positions
