"""Songs cut into analysis windows, lazily: a song is looked through in blocks, and only windows are held as audio.

In: a SongFolder. Out: SongWindow, a reference to a few seconds of it (which tracks sound there), whose audio is read
when it is asked for. Parts are cut after resampling, so they equal the same samples of the whole file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawbridge.audio import read_audio, read_length, read_part
from dawbridge.datasets.song import SongFolder
from dawbridge.datasets.windows import FRAME_S, AnalysisWindow, choose_windows, frame_power, is_active

BLOCK_FRAMES = 256  # frames of FRAME_S that are held as audio while a song's activity is measured


@dataclass(frozen=True)
class WindowAudio:
    """tracks: [C, lead + n] each, of those that sound in the window; mix: the song's own [2, n], None without one."""

    tracks: tuple[np.ndarray, ...]
    mix: np.ndarray | None


@dataclass(frozen=True)
class SongWindow:
    """One window of a song; `heard`: the indices of the tracks that sound in it."""

    song: SongFolder
    sample_rate: int
    window: AnalysisWindow
    heard: tuple[int, ...]

    @property
    def track_names(self) -> tuple[str, ...]:
        """Of the tracks that sound."""
        return tuple(self.song.track_names[index] for index in self.heard)

    def read(self) -> WindowAudio:
        """The window's audio, with silence where a file has ended. Raises InputError for audio that cannot be read."""
        lead, start, length = self.window.lead_samples, self.window.start_samples, self.window.length_samples
        paths, rate = (self.song.stems[index] for index in self.heard), self.sample_rate
        tracks = tuple(read_part(path, rate, start - lead, lead + length).samples for path in paths)
        mix = None if self.song.mix is None else read_part(self.song.mix, rate, start, length).stereo().samples
        return WindowAudio(tracks, mix)


def cut_windows(song: SongFolder, count: int, window_s: float, lead_s: float) -> list[SongWindow]:
    """At least `count` windows of the song where it is long enough, chosen so that every track that sounds is heard in
    one of them (`datasets.windows`); none for a song without stems.

    Raises InputError for audio that cannot be read.
    """
    if not song.stems:
        return []
    rate, _ = _rate_and_length(song.mix or song.stems[0])
    length = max(_length_at(rate, path) for path in ([song.mix] if song.mix else song.stems))
    active = np.stack([file_activity(path, rate, length) for path in song.stems])
    windows, heard = choose_windows(active, length, rate, window_s, lead_s, count)
    rows = ((window, np.flatnonzero(heard[:, index])) for index, window in enumerate(windows))
    return [SongWindow(song, rate, window, tuple(map(int, tracks))) for window, tracks in rows if tracks.size]


def file_activity(path: Path, sample_rate: int, length_samples: int) -> np.ndarray:
    """Whether each frame of FRAME_S sounds: [frames] bool, over `length_samples` at `sample_rate`.

    The same as `windows.activity` of the whole file, but no more than BLOCK_FRAMES frames are in memory at once.
    """
    return is_active(np.concatenate(list(_frame_power(path, sample_rate, length_samples))))


def _frame_power(path: Path, sample_rate: int, length_samples: int) -> Iterator[np.ndarray]:
    """The mean square of each frame, block by block."""
    block = round(FRAME_S * sample_rate) * BLOCK_FRAMES
    for first in range(0, length_samples, block):
        part = read_part(path, sample_rate, first, min(block, length_samples - first))
        yield frame_power(part.samples, sample_rate)


def _rate_and_length(path: Path) -> tuple[int, int]:
    """Sample rate and samples of a file."""
    if (found := read_length(path)) is not None:
        return found.sample_rate, found.length_samples
    audio = read_audio(path)  # raises the InputError that says why it is none
    return audio.sample_rate, audio.length_samples


def _length_at(sample_rate: int, path: Path) -> int:
    """Samples of the file at another rate, rounded as the resampler rounds: halves up."""
    rate, length = _rate_and_length(path)
    return (2 * length * sample_rate + rate) // (2 * rate)
