"""Barchiesi and Reiss, "Reverse engineering of a mix" (2010), from its description in the papers that cite it.

Linear processing is a FIR filter per track and side by least squares, dynamics a gain envelope per track by least
squares. Ours to choose: the lengths, that both are fitted in turn, and what holds the filters (`filters`) and the
envelopes (`envelopes`). In other seconds than those analysed the filters that were fitted alone are the mixing.
On three mixes of 8 or 9 tracks and 10 s, 128 and 256 taps without envelopes came to -9.8 to -14.5 dB, with them to
-11.1 to -16.2 dB; 512 gained 0.7 dB over 128 and took eight times as long.
"""

from dataclasses import dataclass

import numpy as np

from dawbridge.audio import Audio
from dawbridge.methods.inversion.song import Song
from inversion_bench.competitors.envelopes import at_every_sample, fit_envelopes
from inversion_bench.competitors.filters import filtered, fit_filters
from inversion_bench.competitors.interface import Answer, Task

TAPS_S, HOP_S = 256 / 44100, 0.025
MOST_UNKNOWNS = 4096  # of one side: with many tracks the filters become shorter
TURNS = 3


@dataclass(frozen=True)
class Unmixed:
    """song: what was analysed. taps: [2 sides, K, T], fitted alone. moved_taps: the same, after the envelopes.
    gains: [K, nodes], one every `hop_samples`."""

    song: Song
    taps: np.ndarray
    moved_taps: np.ndarray
    gains: np.ndarray
    hop_samples: int

    def mix_of(self, song: Song) -> Audio:
        """The same tracks mixed: with the envelopes where it is what was analysed."""
        tracks, taps = _tracks(song), self.taps
        if self._is_analysed(song):
            tracks, taps = _moved(tracks, self.gains, self.hop_samples), self.moved_taps
        total = sum(_through(stereo, taps[:, k]) for k, stereo in enumerate(tracks))
        return Audio(total.astype(np.float32), song.mix.sample_rate)

    def _is_analysed(self, song: Song) -> bool:
        pairs = list(zip(song.audio, self.song.audio, strict=True))
        return song is self.song or all(np.array_equal(one.samples, other.samples) for one, other in pairs)


def barchiesi_reiss(task: Task) -> Answer:
    """No render, no parameters."""
    return Answer(mix_of=unmix(task.song).mix_of)


def unmix(song: Song) -> Unmixed:
    """Filters and envelopes of all tracks."""
    rate, count, length = song.mix.sample_rate, len(song.audio), song.mix.length_samples
    taps_count, hop = max(1, min(round(TAPS_S * rate), MOST_UNKNOWNS // count)), round(HOP_S * rate)
    tracks, target = _tracks(song), song.mix.samples
    gains = np.ones((count, -(-length // hop) + 1))
    alone = taps = _fit(tracks, target, taps_count)
    for _ in range(TURNS):
        moved = _moved(tracks, gains, hop)
        stems = np.stack([_through(stereo, taps[:, k]) for k, stereo in enumerate(moved)])
        gains *= fit_envelopes(stems, target, hop)
        taps = _fit(_moved(tracks, gains, hop), target, taps_count)
    return Unmixed(song, alone, taps, gains, hop)


def _tracks(song: Song) -> np.ndarray:
    """[K, 2, n]: the dry tracks, mono ones on both sides."""
    return np.stack([audio.stereo().samples for audio in song.audio])


def _moved(tracks: np.ndarray, gains: np.ndarray, hop_samples: int) -> np.ndarray:
    return tracks * at_every_sample(gains, hop_samples, tracks.shape[-1])[:, None]


def _fit(tracks: np.ndarray, target: np.ndarray, taps_count: int) -> np.ndarray:
    return np.stack([fit_filters(tracks[:, side], target[side], taps_count) for side in (0, 1)])


def _through(stereo: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """[2, n] through a filter [2, T] of each side."""
    return np.stack([filtered(samples, own) for samples, own in zip(stereo, taps)])
