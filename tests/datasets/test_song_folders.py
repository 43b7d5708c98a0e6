"""A folder of songs: what is a song, what is its mix, and the errors that name the folder."""

import numpy as np
import pytest

from dawbridge.audio import Audio, write_audio
from dawbridge.datasets import SongFolder, find_songs
from dawbridge.errors import InputError


def put(folder, *names):
    for name in names:
        write_audio(folder / name, Audio(np.zeros((1, 8)), 44100))


def test_each_sub_folder_with_audio_is_a_song(tmp_path):
    put(tmp_path / "b song", "bass.wav", "Vox.wav", "Mixture.wav")
    put(tmp_path / "a song", "kick.wav")
    put(tmp_path / ".hidden", "kick.wav")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("no audio")
    first, second = find_songs(tmp_path)
    assert first == SongFolder("a song", (tmp_path / "a song" / "kick.wav",), None)
    folder = tmp_path / "b song"
    assert second == SongFolder("b song", (folder / "Vox.wav", folder / "bass.wav"), folder / "Mixture.wav")


def test_a_folder_that_holds_audio_is_one_song(tmp_path):
    put(tmp_path / "song", "kick.wav", "snare.wav", "real_master.wav")
    put(tmp_path / "song" / "alternative takes", "snare.wav")
    (song,) = find_songs(tmp_path / "song")
    assert (song.name, [path.stem for path in song.stems]) == ("song", ["kick", "snare"])
    assert song.mix == tmp_path / "song" / "real_master.wav"


def test_stems_may_lie_in_a_folder_of_that_name_beside_the_mix(tmp_path):
    put(tmp_path / "song", "mix.wav")
    put(tmp_path / "song" / "stems", "kick.wav", "remix.wav")
    for folder in (tmp_path, tmp_path / "song"):
        (song,) = find_songs(folder)
        assert song.name == "song" and song.mix == tmp_path / "song" / "mix.wav"
        assert [path.stem for path in song.stems] == ["kick", "remix"]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ((), "no song"),
        (("mix.wav", "mixture.wav"), "two mixes"),
        (("a.wav", "stems/a.wav"), "two files for track 'a'"),
    ],
)
def test_an_error_names_the_folder(tmp_path, names, reason):
    (tmp_path / "song").mkdir()
    put(tmp_path / "song", *names)
    with pytest.raises(InputError, match=reason) as caught:
        find_songs(tmp_path / "song")
    assert str(tmp_path / "song") in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="no such folder") as caught:
        find_songs(tmp_path / "nowhere")
    assert "nowhere" in str(caught.value)
