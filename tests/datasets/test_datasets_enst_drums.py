"""ENST-Drums: its layout is known, takes that are not whole are told and left out."""

import pytest

import dataset_folders
from dataset_folders import MICROPHONES, TAKES
from dawbridge.audio import read_audio
from dawbridge.datasets import enst_drums, find_songs, layout_of
from dawbridge.errors import InputError
from dawbridge.methods.inversion.learning.train_config import SamplingTrainConfig
from dawbridge.methods.inversion.learning.training_problems import song_windows


@pytest.fixture
def root(tmp_path):
    return dataset_folders.enst_drums(tmp_path / "ENST-drums-public", seconds=0.1)


def test_takes_of_all_drummers_with_their_microphones_and_wet_mix(root):
    told = []
    songs = find_songs(root, told.append)
    assert layout_of(root) == "enst_drums" and not told
    assert [song.name for song in songs] == [f"drummer_{n}_{take}" for n in (1, 2) for take in TAKES]
    assert [song.group for song in songs] == ["drummer_1"] * 2 + ["drummer_2"] * 2
    for song in songs:
        assert song.track_names == MICROPHONES and song.mix.parent.name == "wet_mix"
        assert {path.stem for path in (*song.stems, song.mix)} == {song.name.removeprefix(f"{song.group}_")}
    assert read_audio(songs[0].mix).channels == 2


def test_the_dry_mix_by_choice(root):
    assert {song.mix.parent.name for song in enst_drums.find_songs(root, mix="dry_mix")} == {"dry_mix"}
    with pytest.raises(InputError, match="legal are wet_mix, dry_mix"):
        enst_drums.find_songs(root, mix="accompaniment")


def test_a_drummer_may_have_a_microphone_of_his_own(root):
    for take in TAKES:
        dataset_folders.write(
            root / "drummer_2/audio/tom_3" / f"{take}.wav", read_audio(find_songs(root)[0].mix).samples.T
        )
    counts = {song.group: len(song.stems) for song in find_songs(root)}
    assert counts == {"drummer_1": 6, "drummer_2": 7}


def test_takes_that_are_not_whole_are_told_and_left_out(root):
    audio = root / "drummer_1" / "audio"
    (audio / "tom_1" / f"{TAKES[0]}.wav").unlink()
    (audio / "wet_mix" / f"{TAKES[1]}.wav").write_bytes(b"")  # a download that broke off
    told = []
    assert {song.group for song in find_songs(root, told.append)} == {"drummer_2"}
    assert told == [
        f"drummer_1_{TAKES[0]}: left out, without tom_1",
        f"drummer_1_{TAKES[1]}: left out, without wet_mix",
    ]


def test_a_microphone_that_every_drummer_has_is_missed(root):
    for drummer in (1, 2):
        for path in (root / f"drummer_{drummer}/audio/kick").iterdir():
            path.unlink()
    told = []
    with pytest.raises(InputError, match="no take with its wet_mix.*give the folder of drummer_1"):
        find_songs(root, told.append)
    assert len(told) == 4 and all(line.endswith("without kick") for line in told)


def test_hidden_files_and_folders_are_none(root):
    (root / "drummer_1/audio/kick" / f"._{TAKES[0]}.wav").write_bytes(b"\0\5\26\7")
    (root / "drummer_1/audio/.AppleDouble").mkdir()
    (root / "._drummer_3").write_bytes(b"")
    told = []
    assert len(find_songs(root, told.append)) == 4 and not told


def test_training_windows_name_the_microphones(tmp_path):
    """The files of a take are all called alike."""
    root = dataset_folders.enst_drums(tmp_path / "root", drummers=1)
    config = SamplingTrainConfig(songs=str(root), windows_per_song=1, window_s=1.0, lead_s=0.1)
    windows = song_windows(find_songs(root)[0], config)
    assert windows and all(set(window.track_names) <= set(MICROPHONES) for window in windows)
    assert all(window.read().mix is not None for window in windows)
