"""The residual of a recovered mix: how much of it each track explains, octave by octave, and how much no track does.

The residual (mix less recovered mix) and the tracks' stems are compared as waveforms, in chunks of about 15 s, as one
complex signal per octave (`octave_signals`). A track's share is whatever is made of the track's own waveform:

- through any short filter: a least-squares fit on the stem and copies of it, moved by a few samples of the octave
  (a wrong gain, pan, EQ, a delay of some milliseconds), the same over the chunk
- with a gain that moves: on what that leaves, a fit in blocks of a quarter of a second, longer where an octave is too
  narrow for so many tracks (a compressor)
- as a tail: how much more of what is left after that correlates with the stem of up to a second before than it would by
  chance (a reverb); the tail's own shape need not be known

A fit of so many copies explains something by chance. That amount is subtracted (by the leverage of each sample, so that
a sound which merely plays at the same time as a track is not explained by it), and a share that is not clearly above
chance is 0. Noise, distortion products and sounds that no track holds are counted as "no track". Tracks whose stems are
alike share what either explains.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.fft import fft, ifft
from scipy.optimize import nnls

from dawbridge.audio import Audio
from dawbridge.features.octave_signals import Chunk, Octave, chunks, octave_signal

MOST_CHUNKS = 8
MOST_COLUMNS, MOST_TAPS, TAPS_AHEAD = 128, 15, 2
VALUES_PER_COLUMN = 8
BLOCK_S, TAIL_S, TAIL_FALLS_IN_S = 0.25, 1.0, 0.3
RIDGE, CLEARLY = 1e-4, 4.0
SECOND_SIDE, SILENT, MOST_TAILS = 1e-3, 1e-12, 8
_ROWS_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class Residual:
    """energy: of each part, in squares of samples [tracks + 1, octaves], "no track" last; mix_energy: [octaves]."""

    centres_hz: tuple[float, ...]
    energy: np.ndarray
    mix_energy: np.ndarray

    def level_db(self) -> np.ndarray:
        """[tracks + 1, octaves]: each part's level relative to the whole mix; -inf where there is none."""
        with np.errstate(divide="ignore"):
            return 10 * np.log10(self.energy / max(float(self.mix_energy.sum()), 1e-30))


def residual_by_track(mix: Audio, recovered: Audio, stems: Sequence[Audio]) -> Residual:
    """The shares of each track in `mix` - `recovered`, both stereo. `stems`: the recovered tracks after their channels.

    All have one length and rate; stems are mono or stereo. Shares are never negative, and they add up to the residual.
    In a song of more than two minutes, MOST_CHUNKS chunks are analysed, spread evenly.
    """
    sides = [stem.stereo().samples for stem in stems]
    difference, tables, wholes = mix.samples - recovered.samples, [], []
    centres: tuple[float, ...] = ()
    for chunk in _spread(list(chunks(mix.length_samples, mix.sample_rate))):
        octaves = chunk.octaves(mix.sample_rate)
        whole, residual = (chunk.spectrum(samples) for samples in (mix.samples, difference))
        spectra = [chunk.spectrum(samples) for samples in sides]
        tables.append([_shares(_in(octave, residual), [_in(octave, s) for s in spectra], octave) for octave in octaves])
        wholes.append([_energy(_in(octave, whole)) for octave in octaves])
        centres = tuple(octave.centre_hz for octave in octaves)
    if not tables:
        return Residual((), np.zeros((len(stems) + 1, 0)), np.zeros(0))
    # [tracks, octaves] of each of three: explained, its spread by chance, squared, and all there is
    explained, spread, left = np.moveaxis(np.sum(tables, axis=0), 2, 0).swapaxes(1, 2)
    explained[explained < CLEARLY * np.sqrt(spread)] = 0.0
    total = left[-1]
    explained[:-1] *= np.minimum(1.0, total / np.maximum(explained[:-1].sum(axis=0), 1e-300))
    explained[-1] = np.maximum(total - explained[:-1].sum(axis=0), 0.0)
    return Residual(centres, explained, np.sum(wholes, axis=0))


def _spread(all_of_them: list[Chunk]) -> list[Chunk]:
    count = len(all_of_them)
    kept = min(count, MOST_CHUNKS)
    return [all_of_them[index * count // kept] for index in range(kept)]


def _in(octave: Octave, spectrum: np.ndarray) -> np.ndarray:
    return octave_signal(spectrum, octave)


def _energy(signal: np.ndarray) -> float:
    return float(np.vdot(signal, signal).real)


def _shares(residual: np.ndarray, stems: list[np.ndarray], octave: Octave) -> np.ndarray:
    """[tracks + 1, 3] of one octave of a chunk; the last row holds all there is, for "no track"."""
    table = np.zeros((len(stems) + 1, 3))
    table[-1, 2] = total = _energy(residual)
    signals = [_distinct(stem) for stem in stems]
    loudest = max(map(_energy, signals), default=0.0)
    heard = [k for k, row in enumerate(signals) if _energy(row) > SILENT * loudest]
    if total <= 0.0 or not heard:
        return table
    owner = np.repeat(heard, [len(signals[k]) for k in heard])
    rows = np.concatenate([signals[k] for k in heard])
    rows /= np.sqrt(np.square(np.abs(rows)).sum(axis=1, keepdims=True))
    most = min(MOST_COLUMNS, residual.shape[1] // VALUES_PER_COLUMN)
    taps = int(np.clip(most // len(rows), 1, MOST_TAPS))
    ahead = min(TAPS_AHEAD, (taps - 1) // 2)
    left = _explain(residual, rows, owner, range(-ahead, taps - ahead), table)
    block = max(round(BLOCK_S * octave.rate_hz), VALUES_PER_COLUMN * len(rows))
    edges = np.linspace(0, residual.shape[1], max(1, residual.shape[1] // block) + 1).astype(int)
    for first, last in zip(edges, edges[1:]):
        left[:, first:last] = _explain(left[:, first:last], rows[:, first:last], owner, range(1), table)
    _explain_tails(left, rows, owner, (taps - ahead, octave.rate_hz), table)
    return table


def _distinct(stem: np.ndarray) -> np.ndarray:
    """[1 or 2, N]: the principal components of left and right; one where they differ only in gain."""
    powers, turn = np.linalg.eigh((stem @ stem.conj().T).astype(np.complex128))
    kept = turn[:, powers >= SECOND_SIDE * max(powers[-1], 0.0)][:, ::-1]
    return (kept.conj().T @ stem).astype(np.complex64)


def _explain(residual: np.ndarray, rows: np.ndarray, owner: np.ndarray, taps: range, table: np.ndarray) -> np.ndarray:
    """What a fit on `rows` [S, N], moved by each of `taps`, leaves of `residual` [2, N]; shares go into `table`."""
    length, owners = residual.shape[1], np.tile(owner, len(taps))
    parts = [slice(first, first + _ROWS_AT_ONCE) for first in range(0, length, _ROWS_AT_ONCE)]
    gram, right = np.zeros((len(owners),) * 2, np.complex128), np.zeros((len(owners), 2), np.complex128)
    for part in parts:
        columns = _columns(rows, taps, part)
        gram += columns.conj() @ columns.T
        right += columns.conj() @ residual[:, part].T
    size = np.sqrt(np.maximum(gram.diagonal().real, 1e-20))
    inverse = np.linalg.inv(gram / np.outer(size, size) + RIDGE * np.eye(len(size))) / np.outer(size, size)
    weights, left = inverse @ right, np.empty_like(residual)
    chance, count = np.zeros(len(owners)), np.zeros(len(owners))
    for part in parts:
        columns = _columns(rows, taps, part)
        left[:, part] = residual[:, part] - weights.T.astype(np.complex64) @ columns
        leverage = ((inverse.T.astype(np.complex64) @ columns) * columns.conj()).real  # [columns, N]
        noise = np.square(np.abs(left[:, part])).sum(axis=0)
        noise /= np.maximum(1.0 - leverage.sum(axis=0), 0.1)
        chance += leverage @ noise
        count += leverage.sum(axis=1)
    for k in np.unique(owner):
        mine = owners == k
        table[k, 0] += (right[mine].conj() * weights[mine]).real.sum() - chance[mine].sum()
        table[k, 1] += chance[mine].sum() ** 2 / max(2 * count[mine].sum(), 1e-9)
    return left


def _columns(rows: np.ndarray, taps: range, part: slice) -> np.ndarray:
    """[taps x S, n]: `rows` later by each of `taps`, silent beyond the ends."""
    length = rows.shape[1]
    last = min(part.stop, length)
    columns = np.zeros((len(taps), len(rows), last - part.start), np.complex64)
    for column, tap in zip(columns, taps):
        low, high = max(part.start - tap, 0), min(last - tap, length)
        if high > low:
            column[:, low + tap - part.start : high + tap - part.start] = rows[:, low:high]
    return columns.reshape(-1, last - part.start)


def _explain_tails(
    left: np.ndarray, rows: np.ndarray, owner: np.ndarray, start: tuple[int, float], table: np.ndarray
) -> None:
    """The tails' shares of `left` [2, N] into `table`. start: (first lag, samples per second).

    A tail of random shape that falls by e in TAIL_FALLS_IN_S makes the squared correlations at its lags larger than
    chance does; by how much each track's are, with what tracks share of each other, gives the tails' energies.
    """
    first, rate_hz = start
    lags = np.arange(first, min(round(TAIL_S * rate_hz), left.shape[1] // 3))
    if not len(lags):
        return
    size = 2 * left.shape[1]
    weights = np.zeros(size)
    weights[lags] = np.exp(-lags / (TAIL_FALLS_IN_S * rate_hz))
    pairs = ifft(np.square(np.abs(fft(weights)))).real  # by the difference of two lags
    noise, sides = fft(np.square(np.abs(left)).sum(axis=0), size), fft(left, size)
    mains = {int(k): rows[np.flatnonzero(owner == k)[0]] for k in np.unique(owner)}  # of unit energy
    spectra = {k: fft(main, size) for k, main in mains.items()}
    excess, clear = {}, {}
    for k, own in spectra.items():
        found = sum(np.square(np.abs(ifft(side * own.conj()))) for side in sides)
        by_chance = ifft(noise * fft(np.square(np.abs(mains[k])), size).conj()).real
        excess[k] = float(weights @ (found - by_chance))
        # Complex noise as strong as this would make the sum of both sides' `found` vary by so much.
        spread = _energy(left) / left.shape[1] * np.sqrt(_alike(own, own, pairs) / 2)
        clear[k] = excess[k] / max(spread, 1e-30)
    chosen = sorted((k for k in clear if clear[k] > CLEARLY), key=lambda k: clear[k], reverse=True)[:MOST_TAILS]
    if chosen:
        alike = np.array([[_alike(spectra[j], spectra[k], pairs) for k in chosen] for j in chosen])
        strength, _ = nnls(alike, np.array([excess[k] for k in chosen]))
        explained = strength * weights.sum()
        explained *= min(1.0, _energy(left) / max(float(explained.sum()), 1e-300))
        table[chosen, 0] += explained


def _alike(one: np.ndarray, other: np.ndarray, pairs: np.ndarray) -> float:
    """How alike two tracks' tails are, from their spectra [2 N]."""
    return float(pairs @ np.square(np.abs(ifft(one * other.conj()))))
