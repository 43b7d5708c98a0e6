"""Songs cut into windows lazily: the same windows and the same samples as of whole files, without holding a song."""

import numpy as np
import pytest
import soundfile

from dawbridge.audio import read_audio, read_part
from dawbridge.datasets import SongFolder, song_windows
from dawbridge.datasets.song_windows import cut_windows, file_activity
from dawbridge.datasets.windows import activity, choose_windows

RATE = 8000


def noise(seconds, rate=RATE, seed=0, channels=1):
    return 0.1 * np.random.default_rng(seed).standard_normal((round(seconds * rate), channels))


@pytest.fixture
def song(tmp_path):
    """A mono track with a long pause, a shorter stereo one at another rate, and a mix."""
    paused = noise(30.0)
    paused[RATE * 5 : RATE * 25] = 0
    soundfile.write(tmp_path / "paused.wav", paused, RATE, "FLOAT")
    soundfile.write(tmp_path / "wide.wav", noise(12.0, 11025, 1, 2), 11025, "FLOAT")
    soundfile.write(tmp_path / "mix.wav", noise(30.0, seed=2, channels=2), RATE, "FLOAT")
    stems = (tmp_path / "paused.wav", tmp_path / "wide.wav")
    return SongFolder("song", stems, tmp_path / "mix.wav")


@pytest.mark.parametrize("rate", [8000, 11025, 16000])
@pytest.mark.parametrize(("start", "length"), [(0, 500), (1, 999), (4321, 2000), (23_900, 400), (10**6, 10)])
def test_a_part_equals_the_same_samples_of_the_whole_file(tmp_path, rate, start, length):
    soundfile.write(tmp_path / "a.wav", noise(3.0, channels=2), RATE, "FLOAT")
    whole = read_audio(tmp_path / "a.wav", rate).placed(-start, length)
    part = read_part(tmp_path / "a.wav", rate, start, length)
    assert part.samples.shape == (2, length) and part.sample_rate == rate
    assert np.abs(part.samples - whole.samples).max() < 1e-6


def test_the_windows_are_those_of_whole_files(song, monkeypatch):
    monkeypatch.setattr(song_windows, "BLOCK_FRAMES", 7)
    tracks = [read_audio(path, RATE).placed(0, 30 * RATE) for path in song.stems]
    active = np.stack([activity(track.samples, RATE) for track in tracks])
    assert all((file_activity(p, RATE, 30 * RATE) == row).all() for p, row in zip(song.stems, active))
    expected, heard = choose_windows(active, 30 * RATE, RATE, 3.0, 1.0, 4)
    found = cut_windows(song, 4, 3.0, 1.0)
    assert [window.window for window in found] == [w for k, w in enumerate(expected) if heard[:, k].any()]
    for row in found:
        audio, window = row.read(), row.window
        assert audio.mix.shape == (2, window.length_samples)
        for index, samples in zip(row.heard, audio.tracks):
            first = window.start_samples - window.lead_samples
            whole = tracks[index].placed(-first, window.lead_samples + window.length_samples)
            assert np.abs(samples - whole.samples).max() < 1e-6


def test_no_more_than_a_block_of_a_song_is_read_at_once(song, monkeypatch):
    asked = []

    def counted(path, rate, start, length):
        asked.append(length)
        return read_part(path, rate, start, length)

    monkeypatch.setattr(song_windows, "read_part", counted)
    monkeypatch.setattr(song_windows, "BLOCK_FRAMES", 10)
    windows = cut_windows(song, 3, 2.0, 0.5)
    assert max(asked) <= 10 * RATE // 10
    asked.clear()
    windows[0].read()
    assert max(asked) <= round(2.5 * RATE)


def test_a_song_without_stems_has_no_windows(tmp_path):
    assert cut_windows(SongFolder("empty", (), None), 3, 2.0, 0.5) == []
