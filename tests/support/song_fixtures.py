"""A song in a folder for each test, and its recovery in this process."""

import shutil

import pytest

import tiny_song
from command_line import call
from wav_files import write

SECONDS = 1.0


@pytest.fixture(scope="session")
def plain_song(tmp_path_factory):
    """A folder with `stems/` (drum, noise) and `mix.wav`; each test works on a copy."""
    folder = tmp_path_factory.mktemp("plain")
    made = tiny_song.tracks(SECONDS)
    stems = tiny_song.write_tracks(folder / "stems", {name: made[name] for name in ("drum", "noise")})
    _, mix = tiny_song.mixed(stems)
    write(folder / "mix.wav", mix)
    return folder


@pytest.fixture
def song_folder(plain_song, tmp_path):
    """A copy of the test's own; not `song`, which render_fixtures has: modules of fixtures share their names."""
    return shutil.copytree(plain_song, tmp_path / "song")


@pytest.fixture
def recover(song_folder, capsys, monkeypatch):
    """A function: options → the answer of a recovery of the song into its `out`, without a search."""

    def recover(*options, **places):
        given = {"stems": song_folder / "stems", "mix": song_folder / "mix.wav", "out": song_folder / "out"} | places
        options = ("--out", given["out"], "--budget", 0, "--workers", 1, "--formats", "", *options)
        return call(capsys, monkeypatch, "recover", given["stems"], given["mix"], *options)

    return recover
