"""Where the tracks start on the mix's timeline, by the phase correlation of their sum with the mix.

In: mono tracks and the mix as arrays. Out: offsets in samples, and polarities.

Phase correlation (generalised cross-correlation with the phase transform, Knapp and Carter 1976) gives every
frequency the same vote. A mix that is a filtered sum has a peak of a sample's width at its offset, whatever the
filters' level; bars of a loop, each like the other, are told apart by their first and last hits. Where only some
tracks are off, the offset that explains more of the mix's energy wins.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy import fft

# A peak of the correlation counts where it is at least this many times the correlation's RMS, and this many times the
# value at lag 0: a loop cut by whole bars has several peaks. Chosen on the development mixes.
BEATS_NOISE = 16.0
BEATS_ZERO = 2.0
# Lags (samples) that count as lag 0: a filter's phase moves the peak by one or two samples.
NEIGHBOURS = 2
# The band that is correlated: from LOWEST_HZ to HIGHEST_SHARE of the sample rate. Chosen on the development mixes.
LOWEST_HZ, HIGHEST_SHARE = 60.0, 0.45
# Added to each bin's magnitude or power, as a share of the mean: the phase of nearly empty bins is noise.
FLOOR = 1e-3
# Fade-out (seconds) at the end of a file: a sound that is cut off there is a click, and two clicks would correlate.
# There is no fade-in: the first hit of a loop is there, and it tells which bar is the first.
FADE_S = 0.02
# The largest shift (seconds) of a single track beside the others.
MOST_LATE_S = 0.06
# A single track's peak must be this many times the RMS of its correlation, and this many times the value at lag 0. An
# equaliser turns the phase of a bass by sixty degrees and more, which moves its peak by a millisecond; the delays found
# in songs had peaks ten times the value at lag 0.
TRACK_BEATS_NOISE, TRACK_BEATS_ZERO = 8.0, 2.5
# Width (hertz) over which the mix's power is smoothed before it weights the correlation.
SMOOTHED_HZ = 40.0
# Seconds of sound below which no shift is looked for.
LEAST_S = 0.5


class TrackShift(NamedTuple):
    """How a track lies in the mix beside the other tracks.

    delay_samples: how much later (below 0: earlier); polarity: 1, or -1 where it is inverted
    """

    delay_samples: int
    polarity: int


NOT_SHIFTED = TrackShift(0, 1)


def find_offset(tracks_sum: np.ndarray, mix: np.ndarray, sample_rate: int) -> int:
    """Sample of the mix at which the tracks' first sample lies; 0 where no other offset is clear.

    Both are mono [n] and may differ in length. Exact to the sample for broad-band sound, but NEIGHBOURS samples and
    less read 0, and a filter's phase shifts a lone low tone by a few samples.
    """
    size = fft.next_fast_len(len(tracks_sum) + len(mix), real=True)
    spectrum = fft.rfft(_faded_out(tracks_sum, sample_rate), size)
    cross = fft.rfft(_faded_out(mix, sample_rate), size)
    cross *= np.conj(spectrum, out=spectrum)
    del spectrum  # whole songs: these arrays are the largest of all
    magnitude = np.abs(cross)
    if not magnitude.any():
        return 0
    magnitude += FLOOR * magnitude.mean() + np.finfo(np.float32).tiny
    cross /= magnitude
    cross[: round(LOWEST_HZ * size / sample_rate)] = 0
    cross[round(HIGHEST_SHARE * size) :] = 0
    correlation = np.abs(fft.irfft(cross, size, overwrite_x=True))
    lag = int(correlation.argmax())
    near_zero = max(correlation[: NEIGHBOURS + 1].max(), correlation[-NEIGHBOURS:].max())
    noise = np.sqrt(np.mean(np.square(correlation)))
    if correlation[lag] < BEATS_ZERO * near_zero or correlation[lag] < BEATS_NOISE * noise:
        return 0
    lag = lag if lag < len(mix) else lag - size
    return lag if _likeness(tracks_sum, mix, lag) > _likeness(tracks_sum, mix, 0) else 0


def _likeness(tracks_sum: np.ndarray, mix: np.ndarray, lag: int) -> float:
    """Magnitude of their dot product where they overlap: how much of the mix the tracks explain at that lag."""
    first = max(lag, 0)
    last = max(first, min(lag + len(tracks_sum), len(mix)))
    return abs(float(np.dot(mix[first:last], tracks_sum[first - lag : last - lag])))


def _faded_out(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """A copy in float32 that ends in silence."""
    faded = np.array(samples, dtype=np.float32)
    length = min(round(FADE_S * sample_rate), len(faded))
    faded[len(faded) - length :] *= np.linspace(1, 0, length, dtype=np.float32)
    return faded


def find_track_shifts(tracks: Iterable[np.ndarray], mix: np.ndarray, sample_rate: int) -> list[TrackShift | None]:
    """The shift of every track in the mix; None where unclear.

    tracks: mono [n] each; mix [2, n]; up to MOST_LATE_S either way. The cross-correlation is weighted by the mix's own
    power, in which the other tracks are noise (the maximum-likelihood weight of Knapp and Carter 1976), so that quiet
    tracks are found as well.
    """
    length = mix.shape[1]
    if length < LEAST_S * sample_rate:
        return [None for _ in tracks]
    size = fft.next_fast_len(2 * length, real=True)
    sides = [fft.rfft(side, size) for side in mix]
    power = _smooth(sum(np.square(np.abs(side)) for side in sides), round(SMOOTHED_HZ * size / sample_rate))
    power += FLOOR * power.mean() + np.finfo(np.float32).tiny
    power[: round(LOWEST_HZ * size / sample_rate)] = np.inf
    power[round(HIGHEST_SHARE * size) :] = np.inf
    return [_track_shift(fft.rfft(track, size), sides, power, size, sample_rate) for track in tracks]


def common_offset(offset: int, shifts: list[TrackShift | None], sample_rate: int) -> tuple[int, list[TrackShift]]:
    """(sample of the mix at which tracks start, shift of every track beside that).

    offset: from `find_offset`; shifts: from `find_track_shifts` of tracks put at `offset`. Where most tracks do not
    start at `offset`, it is the offset of the loudest track alone: then all tracks are taken to start with the mix.
    """
    clear, reach = [shift for shift in shifts if shift is not None], round(MOST_LATE_S * sample_rate)
    is_shared = 2 * sum(shift.delay_samples == 0 for shift in clear) > len(clear)
    if not clear or is_shared or any(abs(offset + shift.delay_samples) > reach for shift in clear):
        return offset, [shift or NOT_SHIFTED for shift in shifts]
    return 0, [NOT_SHIFTED if shift is None else _beside_mix(offset, shift) for shift in shifts]


def _beside_mix(offset: int, shift: TrackShift) -> TrackShift:
    """A shift beside `offset` as a shift beside the mix's start."""
    delay = offset + shift.delay_samples
    return TrackShift(0 if abs(delay) <= NEIGHBOURS else delay, shift.polarity)


def _track_shift(
    track: np.ndarray, sides: list[np.ndarray], power: np.ndarray, size: int, sample_rate: int
) -> TrackShift | None:
    """track, sides: spectra of the track and of the mix's two channels; power: what their products are divided by."""
    reach = round(MOST_LATE_S * sample_rate)
    both = [fft.irfft(np.conj(track) * side / power, size) for side in sides]
    side = max(both, key=lambda row: float(np.abs(_around_zero(row, reach)).max()))
    near, noise = _around_zero(side, reach), float(np.sqrt(np.mean(np.square(side))))
    peak = int(np.abs(near).argmax())
    lag, height = peak - reach, abs(float(near[peak]))
    at_zero = float(np.abs(near[reach - NEIGHBOURS : reach + NEIGHBOURS + 1]).max())
    if height <= TRACK_BEATS_NOISE * noise:
        return None
    if abs(lag) <= NEIGHBOURS or height < TRACK_BEATS_ZERO * at_zero:
        peak, lag = reach, 0
        peak += int(np.abs(near[reach - NEIGHBOURS : reach + NEIGHBOURS + 1]).argmax()) - NEIGHBOURS
    return TrackShift(lag, 1 if near[peak] > 0 else -1)


def _around_zero(correlation: np.ndarray, reach: int) -> np.ndarray:
    """Lags -reach…reach."""
    return np.concatenate([correlation[-reach:], correlation[: reach + 1]])


def _smooth(power: np.ndarray, width: int) -> np.ndarray:
    total = np.cumsum(np.pad(power, (width // 2 + 1, width - width // 2), mode="edge"))
    return (total[width:] - total[:-width])[: len(power)] / width
