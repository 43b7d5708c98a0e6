"""What a recovery must beat: the sum of the tracks, random parameters, and the best gain and pan per track."""

import numpy as np

from dawbridge.audio import Audio
from dawbridge.features.loudness import at_loudness_of
from dawbridge.methods.inversion.song import Song
from dawbridge.session.parameter_space import ParameterSpace


def plain_sum(song: Song) -> Audio:
    """The sum of all tracks, at the mix's loudness."""
    return at_loudness_of(song.plain_sum, song.mix)


def random_positions(spaces: tuple[ParameterSpace, ...], rng: np.random.Generator) -> list[np.ndarray]:
    """Positions per track, each free parameter uniform in 0..1."""
    return [rng.uniform(size=space.size) for space in spaces]


def best_gain_and_pan(song: Song) -> Audio:
    """The nearest to the mix that any faders and pans come, by least squares."""
    return with_gains(song, best_gains(song))


def best_gains(song: Song) -> np.ndarray:
    """[2, K]: per output channel the least-squares gains of all tracks.

    A mono track has one gain per side, a stereo track one per side on its own channel of that side.
    """
    sides = [([_side(audio, side) for audio in song.audio], song.mix.samples[side]) for side in (0, 1)]
    return np.stack([_least_squares(columns, wanted) for columns, wanted in sides])


def with_gains(song: Song, gains: np.ndarray) -> Audio:
    """The song's tracks added with `gains` [2, K]."""
    total = np.zeros_like(song.mix.samples)
    for side in (0, 1):
        for gain, audio in zip(gains[side].astype(np.float32), song.audio):
            total[side] += gain * _side(audio, side)
    return Audio(total, song.mix.sample_rate)


def _side(audio: Audio, side: int) -> np.ndarray:
    return audio.samples[min(side, audio.channels - 1)]


def _least_squares(columns: list[np.ndarray], wanted: np.ndarray) -> np.ndarray:
    gram = np.array([[np.dot(a, b) for b in columns] for a in columns], dtype=np.float64)
    right = np.array([np.dot(a, wanted) for a in columns], dtype=np.float64)
    return np.linalg.lstsq(gram, right, rcond=1e-7)[0]
