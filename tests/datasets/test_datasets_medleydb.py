"""MedleyDB: its layout is known wherever the songs lie, songs that are not whole are told and left out."""

import io
import json
import shutil

import pytest

import dataset_folders
from dataset_folders import SONGS
from dawbridge.datasets import find_songs, layout_of, medleydb
from dawbridge.errors import InputError
from dawbridge.methods.inversion.learning.train import read_train_config, train
from dawbridge.progress import Lines


@pytest.fixture
def root(tmp_path):
    return dataset_folders.medleydb(tmp_path / "MedleyDB", seconds=0.1)


def names(songs):
    return [song.name for song in songs]


def test_songs_with_raw_tracks_mix_and_artist(root):
    told = []
    songs = find_songs(root, told.append)
    assert layout_of(root) == "medleydb" and not told
    assert names(songs) == list(SONGS) and [song.group for song in songs] == ["Ann", "Ben"]
    for song in songs:
        assert song.mix.name == f"{song.name}_MIX.wav"
        assert song.track_names == tuple(f"{song.name}_RAW_{number}" for number in ("01_01", "01_02", "02_01"))


def test_stems_by_choice(root):
    for song in medleydb.find_songs(root, tracks="stems"):
        assert song.track_names == tuple(f"{song.name}_STEM_{number}" for number in ("01", "02"))
    with pytest.raises(InputError, match="legal are raw, stems"):
        medleydb.find_songs(root, tracks="mixes")


def test_songs_are_found_from_every_folder_above_them(root, tmp_path):
    assert names(find_songs(root / "Audio")) == list(SONGS)
    assert names(find_songs(root / "Audio" / SONGS[0])) == [SONGS[0]]
    both = tmp_path / "both"
    for place, song in zip(("V1", "V2"), SONGS):
        shutil.move(root / "Audio" / song, both / place / song)
    assert names(find_songs(both)) == list(SONGS)


@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        ("{0}_MIX.wav", "{0}_MIX"),
        ("{0}_RAW/{0}_RAW_01_02.wav", "{0}_RAW_01_02"),
        ("{0}_RAW/{0}_RAW_02_01.wav", "{0}_RAW_02_01"),
        ("{0}_RAW", "{0}_RAW"),
    ],
)
def test_a_song_that_is_not_whole_is_told_and_left_out(root, lost, reason):
    path = root / "Audio" / SONGS[0] / lost.format(SONGS[0])
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    told = []
    assert names(find_songs(root, told.append)) == [SONGS[1]]
    (line,) = told
    assert line.startswith(f"{SONGS[0]}: left out, without {reason.format(SONGS[0])}")


def test_without_metadata_every_stem_still_needs_a_raw_track(root):
    song = root / "Audio" / SONGS[0]
    (song / f"{SONGS[0]}_METADATA.yaml").unlink()
    assert names(find_songs(root)) == list(SONGS)
    (song / f"{SONGS[0]}_RAW" / f"{SONGS[0]}_RAW_02_01.wav").write_bytes(b"")
    told = []
    assert names(find_songs(root, told.append)) == [SONGS[1]]
    assert told == [f"{SONGS[0]}: left out, without {SONGS[0]}_RAW_02_01"]


def test_metadata_may_lie_in_a_folder_beside_the_audio(root):
    file = f"{SONGS[0]}_METADATA.yaml"
    (root / "Metadata").mkdir()
    shutil.move(root / "Audio" / SONGS[0] / file, root / "Metadata" / file)
    (root / "Audio" / SONGS[0] / f"{SONGS[0]}_RAW" / f"{SONGS[0]}_RAW_01_02.wav").unlink()
    told = []
    assert names(find_songs(root, told.append)) == [SONGS[1]] and len(told) == 1


def test_hidden_files_are_none(root):
    song = root / "Audio" / SONGS[0]
    for name in (f"._{SONGS[0]}_MIX.wav", f"{SONGS[0]}_RAW/._{SONGS[0]}_RAW_01_01.wav"):
        (song / name).write_bytes(b"\0\5\26\7")
    (root / "Audio" / ".DS_Store").write_bytes(b"")
    assert [len(song.stems) for song in find_songs(root)] == [3, 3]


def test_where_no_song_is_whole_the_layout_is_told(root):
    for song in SONGS:
        (root / "Audio" / song / f"{song}_MIX.wav").unlink()
    with pytest.raises(InputError, match="no song with its mix and all raw tracks; MedleyDB has Audio/Artist_Title/"):
        find_songs(root)


def test_another_folder_is_told_what_would_be_known(tmp_path):
    (tmp_path / "Audio" / "Empty_Song").mkdir(parents=True)
    with pytest.raises(InputError, match="no song in it.*ENST-Drums.*MedleyDB") as caught:
        find_songs(tmp_path)
    assert layout_of(tmp_path) is None and "\n" not in str(caught.value)


def test_a_network_is_trained_on_the_root(tmp_path, one_thread):
    root = dataset_folders.medleydb(tmp_path / "MedleyDB", (*SONGS, "Cy_Third"))
    (root / "Audio" / "Cy_Third" / "Cy_Third_MIX.wav").unlink()
    chain = {"devices": [{"device": "gain", "free": {"gain_db": [-12, 12]}}]}
    (tmp_path / "chain.json").write_text(json.dumps(chain))
    sizes = "rounds = 1\nwindows_per_song = 2\nwindow_s = 0.5\nlead_s = 0.1\nsamples = 2\nmixes = 2\nepochs = 1\n"
    names = f'songs = "MedleyDB"\nchain = {json.dumps(str(tmp_path / "chain.json"))}\ndevice = "cpu"\n'
    (tmp_path / "train.toml").write_text(names + sizes)
    lines = io.StringIO()
    train(read_train_config(tmp_path / "train.toml"), tmp_path / "trained", workers=1, progress=Lines(lines))
    assert (tmp_path / "trained" / "weights.safetensors").is_file()
    assert "Cy_Third: left out, without Cy_Third_MIX" in lines.getvalue()
