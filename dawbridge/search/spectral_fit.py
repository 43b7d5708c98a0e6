"""Filters from spectra alone: the settings of all of a track's filters that explain a difference of two spectra.

In: positions of a track and the sound that it should have. Out: positions with other filter settings, best first.

The effects of filters in series add up in decibels. So each filter is rendered by itself at a few frequencies and
widths, and its effect on every mel band is noted. Then every combination of settings is computed without rendering,
with its gains by least squares. All filters are found together, for far fewer renders than a full grid would take.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch

from dawbridge.features.mel import log_mel
from dawbridge.search.filter_roles import Filter

# Bands of the spectrum. Bands and frames more than FLOOR_BELOW_PEAK (in log_mel's unit of 60 dB) below the loudest are
# left out.
MELS, FLOOR_BELOW_PEAK = 48, 1.0
# Frequencies and widths of a filter that are rendered, in 0..1.
FREQUENCIES = np.linspace(0.05, 0.95, 13)
WIDTHS = (0.25, 0.75)
# The gain (0..1; 0.5 is flat) at which they are rendered.
GAIN = 0.85
# Ridge of the least squares, as a share of a combination's mean product.
_RIDGE = 1e-3
# Combinations whose effects differ by less than this share of the wanted difference count as one.
_APART = 0.15


@dataclass(frozen=True)
class Spectrum:
    """Log-mel bands [frames, mels] of a sound, the power of both channels added; in units of 60 dB."""

    bands: np.ndarray

    @classmethod
    def of(cls, samples: np.ndarray, sample_rate: int) -> "Spectrum":
        with torch.no_grad():
            sides = log_mel(torch.from_numpy(np.ascontiguousarray(samples)), sample_rate, MELS).numpy()
        return cls(np.logaddexp(*(sides * 6 * np.log(10))) / (6 * np.log(10)))

    def distance(self, other: "Spectrum") -> float:
        """Mean difference of the bands above this one's floor, after both are brought to one level."""
        floor = self.bands.max() - FLOOR_BELOW_PEAK
        own, is_heard = np.maximum(self.bands, floor), self.bands > floor
        gap = other.bands - own
        level = float(np.median(gap[is_heard])) if is_heard.any() else 0.0
        return float(np.abs(np.maximum(other.bands - level, floor) - own).mean())

    def difference(self, other: "Spectrum", floor: float) -> tuple[np.ndarray, np.ndarray]:
        """(mean difference to `other` per band, in how many frames both are above `floor`): [mels] each."""
        is_heard = (self.bands > floor) & (other.bands > floor)
        count = is_heard.sum(axis=0)
        return ((other.bands - self.bands) * is_heard).sum(axis=0) / np.maximum(count, 1), count


@dataclass(frozen=True)
class _Setting:
    """A filter at one frequency and width; None where those are fixed."""

    row: Filter
    frequency: float | None
    width: float | None

    def apply_to(self, positions: np.ndarray, share: float) -> None:
        """Write it into `positions`; share: of the effect that it has at GAIN."""
        positions[self.row.gain] = np.clip(0.5 + share * (GAIN - 0.5), 0.02, 0.98)
        if self.row.frequency is not None:
            positions[self.row.frequency] = self.frequency
        if self.row.width is not None:
            positions[self.row.width] = self.width


@dataclass(frozen=True)
class _Response:
    """What a setting does to the bands [mels] at GAIN."""

    setting: _Setting
    effect: np.ndarray


def fit_filters_to_spectrum(
    base: np.ndarray,
    filters: tuple[Filter, ...],
    target: np.ndarray,
    sample_rate: int,
    render: Callable[[list[np.ndarray]], list[np.ndarray]],
    count: int,
) -> list[np.ndarray]:
    """The `count` likeliest positions, best first: `base` with its filters set for the spectrum of `target` [2, n].

    render: positions → sounds [2, n]
    """
    if not filters:
        return []
    flat = base.copy()
    flat[[row.gain for row in filters]] = 0.5
    settings = [setting for row in filters for setting in _settings(row)]
    trials = [flat.copy() for _ in settings]
    for trial, setting in zip(trials, settings):
        setting.apply_to(trial, 1.0)
    (flat_sound, *sounds), wanted = render([flat, *trials]), Spectrum.of(target, sample_rate)
    before, floor = Spectrum.of(flat_sound, sample_rate), wanted.bands.max() - FLOOR_BELOW_PEAK
    difference, weight = before.difference(wanted, floor - 0.2)
    responses: dict[Filter, list[_Response]] = {row: [] for row in filters}
    for setting, sound in zip(settings, sounds):
        effect, _ = before.difference(Spectrum.of(sound, sample_rate), floor - 0.2)
        responses[setting.row].append(_Response(setting, effect))
    return _best(flat, list(responses.values()), difference, weight / max(weight.max(), 1), count)


def _settings(row: Filter) -> Iterator[_Setting]:
    for frequency in [None] if row.frequency is None else FREQUENCIES:
        for width in [None] if row.width is None else WIDTHS:
            yield _Setting(row, frequency, width)


def _best(
    flat: np.ndarray, responses: list[list[_Response]], wanted: np.ndarray, weight: np.ndarray, count: int
) -> list[np.ndarray]:
    """By weighted least squares of all combinations at once, with a free level beside the gains.

    responses: per filter; wanted, weight: [mels]. The products of any two responses are computed once; a combination
    only looks them up.
    """
    every = [response for rows in responses for response in rows]
    effects = np.stack([*(response.effect for response in every), np.ones_like(wanted)])
    products, fits = (effects * weight) @ effects.T, (effects * weight) @ wanted
    ends = np.cumsum([0, *map(len, responses)])
    chosen_from = [range(low, high) for low, high in zip(ends, ends[1:])]
    combinations = np.array([(*chosen, len(every)) for chosen in product(*chosen_from)])  # [combinations, filters + 1]
    gram, right = products[combinations[:, :, None], combinations[:, None, :]], fits[combinations]
    ridge = _RIDGE * np.trace(gram, axis1=1, axis2=2) / gram.shape[1]
    shares = np.linalg.solve(gram + ridge[:, None, None] * np.eye(gram.shape[1]), right[..., None])[..., 0]
    most = 0.5 / (GAIN - 0.5)
    shares[:, :-1] = np.clip(shares[:, :-1], -most, most)
    error = (np.einsum("ci,cij->cj", shares, gram) * shares).sum(axis=1) - 2 * (shares * right).sum(axis=1)
    taken: list[int] = []
    made: list[np.ndarray] = []
    spread = np.sqrt((np.square(wanted) * weight).sum()) + 1e-9
    for index in np.argsort(error, kind="stable"):
        if len(taken) == count:
            break
        effect = shares[index] @ effects[combinations[index]]
        if all(np.sqrt((np.square(effect - other) * weight).sum()) / spread > _APART for other in made):
            taken.append(int(index))
            made.append(effect)
    return [_applied(flat, [every[i].setting for i in combinations[index, :-1]], shares[index]) for index in taken]


def _applied(flat: np.ndarray, settings: list[_Setting], shares: np.ndarray) -> np.ndarray:
    positions = flat.copy()
    for setting, share in zip(settings, shares):
        setting.apply_to(positions, float(share))
    return positions
