"""Where the tracks start on the mix's timeline, by the phase correlation of their plain sum with the mix.

Phase correlation (generalised cross-correlation with the phase transform, Knapp and Carter 1976) gives every
frequency the same vote. A mix that is a filtered sum has a peak of a sample's width at its offset, whatever the
filters' level; bars of a loop, each like the other, are told apart by what stands at the ends. Where only some
tracks stand apart from the rest, what explains more of the mix's energy wins.
"""

from collections.abc import Iterable

import numpy as np
from scipy import fft

# A place must stand out this much against the rest of the correlation, and against place 0 with its neighbours:
# a filter's phase moves the peak by a sample or two, and a loop cut by whole bars fits in more than one place.
BEATS_NOISE = 16.0
BEATS_ZERO = 2.0
NEIGHBOURS = 2
LOWEST_HZ, HIGHEST_SHARE = 60.0, 0.45
# Bins that hold next to nothing have no phase worth a vote.
FLOOR = 1e-3
# A sound cut off at the end of a file is a click, and clicks would find each other. (Not so at the start: a loop's
# first hit stands there, and tells which bar is the first.)
FADE_S = 0.02
# Of single tracks: how far they may be off, and how clearly their place must stand out. An equaliser turns the phase of
# a bass by sixty degrees and more, and so moves its peak by a millisecond; delays in songs had ten times what is at 0.
MOST_LATE_S = 0.06
TRACK_BEATS_NOISE, TRACK_BEATS_ZERO = 8.0, 2.5
SMOOTHED_HZ = 40.0
LEAST_S = 0.5  # of sound, below which no place is clear
# Samples that a track is late beside the others (early: below 0), and 1, or -1 where it is inverted.
Place = tuple[int, int]


def find_offset(tracks_sum: np.ndarray, mix: np.ndarray, sample_rate: int) -> int:
    """Sample of the mix at which the tracks' first sample lies; 0 where no other place is clear.

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
    """Size of their product where they overlap: how much of the mix the tracks explain at that place."""
    first = max(lag, 0)
    last = max(first, min(lag + len(tracks_sum), len(mix)))
    return abs(float(np.dot(mix[first:last], tracks_sum[first - lag : last - lag])))


def _faded_out(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """A copy in float32 that ends in silence."""
    faded = np.array(samples, dtype=np.float32)
    length = min(round(FADE_S * sample_rate), len(faded))
    faded[len(faded) - length :] *= np.linspace(1, 0, length, dtype=np.float32)
    return faded


def find_track_offsets(tracks: Iterable[np.ndarray], mix: np.ndarray, sample_rate: int) -> list[Place | None]:
    """The place of every track in the mix; None where unclear.

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
    return [_track_offset(fft.rfft(track, size), sides, power, size, sample_rate) for track in tracks]


def own_places(offset: int, places: list[Place | None], sample_rate: int) -> tuple[int, list[Place]]:
    """(where the tracks start, place of each on that), from `find_offset` and `find_track_offsets` at it.

    A start that most tracks do not share is that of the loudest, which is late by itself: then they start with the mix.
    """
    clear, reach = [place for place in places if place is not None], round(MOST_LATE_S * sample_rate)
    is_shared = 2 * sum(late == 0 for late, _ in clear) > len(clear)
    if not clear or is_shared or any(abs(offset + late) > reach for late, _ in clear):
        return offset, [place or (0, 1) for place in places]
    on_time = lambda late: 0 if abs(late) <= NEIGHBOURS else late  # noqa: E731
    return 0, [(0, 1) if place is None else (on_time(offset + place[0]), place[1]) for place in places]


def _track_offset(track: np.ndarray, sides, power: np.ndarray, size: int, sample_rate: int) -> Place | None:
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
    return lag, 1 if near[peak] > 0 else -1


def _around_zero(correlation: np.ndarray, reach: int) -> np.ndarray:
    """Lags -reach…reach."""
    return np.concatenate([correlation[-reach:], correlation[: reach + 1]])


def _smooth(power: np.ndarray, width: int) -> np.ndarray:
    total = np.cumsum(np.pad(power, (width // 2 + 1, width - width // 2), mode="edge"))
    return (total[width:] - total[:-width])[: len(power)] / width
