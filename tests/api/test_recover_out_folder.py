"""The folder that `recover` writes into: what stands there is not lost, nor are the inputs."""

import resource

import numpy as np
import pytest

from command_line import files_of
from wav_files import write

pytest_plugins = ("song_fixtures",)


def test_a_folder_that_holds_something_else_stays_as_it_is(song_folder, recover):
    (song_folder / "out").mkdir()
    (song_folder / "out" / "thesis.txt").write_text("years of work")
    wanted = "out: holds something else, or a result changed since; give a new or empty folder"
    assert wanted in recover().refusal(2)
    assert files_of(song_folder / "out") == {"thesis.txt": b"years of work"}


def test_an_earlier_result_that_was_edited_stays_as_it_is(song_folder, recover):
    assert recover().code == 0
    (song_folder / "out" / "session.json").write_text("{}")
    before = files_of(song_folder / "out")
    assert "holds something else" in recover().refusal(2)
    assert files_of(song_folder / "out") == before


def test_a_file_in_the_folders_place(song_folder, recover):
    (song_folder / "out").write_text("mine")
    assert "out: a file stands there; give another folder" in recover().refusal(2)
    assert "cannot be written" in recover(out=song_folder / "out" / "deeper").refusal(2)
    assert (song_folder / "out").read_text() == "mine"


@pytest.mark.parametrize("place", [".", "stems", "../song", "stems/.."])
def test_the_result_may_not_stand_on_its_inputs(place, song_folder, recover):
    before = files_of(song_folder)
    assert "holds the input" in recover(out=song_folder / place).refusal(2)
    assert files_of(song_folder) == before


def test_a_refused_recovery_leaves_the_earlier_result(song_folder, recover):
    assert recover().code == 0
    before = files_of(song_folder / "out")
    write(song_folder / "mix.wav", np.zeros((100, 2)))
    assert "silent" in recover().refusal(2)
    assert files_of(song_folder / "out") == before


def test_a_full_disk_leaves_the_earlier_result_and_no_partial_files(song_folder, recover):
    """As a limit on the size of files: the system refuses more bytes at the same places as where a disk is full."""
    assert recover("--formats", "ardour").code == 0
    before = files_of(song_folder)
    for limit in (1000, len(before["out/mix.wav"]) - 1):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            answer = recover("--formats", "ardour", "--quiet")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "cannot be written ([Errno 27] File too large" in answer.refusal(2)
        assert files_of(song_folder) == before
