"""Files and folders appear whole or not at all."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dawbridge import files
from dawbridge.errors import InputError, OutputError
from dawbridge.files import (
    MARKER,
    check_out_folder,
    whole_folder,
    write_bytes,
    write_text,
    written_folders,
)


def test_writing_makes_folders_and_leaves_nothing_beside(tmp_path):
    write_text(tmp_path / "a" / "b.txt", "é")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "é".encode()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_a_file_that_cannot_be_written_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "x", tmp_path / "folder", tmp_path / ("n" * 300)):
        with pytest.raises(OutputError, match="cannot be written") as error:
            write_bytes(path, b"data")
        assert ".part" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


# Whole folders

FILL_AND_HANG = """
import sys, time
from pathlib import Path
from dawbridge import files

def hang(*_):
    print("hangs", flush=True)
    time.sleep(600)

out, moment = Path(sys.argv[1]), sys.argv[2]
if moment == "in the swap":  # the earlier result has been moved away, and the new one is not there yet
    replace = files.Path.replace
    files.Path.replace = lambda self, to: hang() if self.suffix == ".part" and self.is_dir() else replace(self, to)
if moment == "after the swap":
    rmtree = files.shutil.rmtree
    files.shutil.rmtree = lambda path, **how: hang() if path.suffix == ".old" else rmtree(path, **how)
with files.whole_folder(out) as folder:
    (folder / "half.txt").write_text("half")
    if moment == "while it is filled":
        hang()
"""
MOMENTS = ["while it is filled", "in the swap", "after the swap"]


@pytest.fixture
def start_and_hang():
    """A function (folder, moment) → a process that fills the folder and stops at that moment."""
    started = []

    def start(out, moment="while it is filled"):
        command = [sys.executable, "-c", FILL_AND_HANG, str(out), moment]
        environment = os.environ | {"PYTHONPATH": str(files.Path(files.__file__).parents[1])}
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE))
        assert started[-1].stdout.readline() == b"hangs\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def fill(out, text="one"):
    with whole_folder(out) as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "mix.txt").write_text(text)


def test_a_folder_appears_when_it_is_done(tmp_path):
    out = tmp_path / "new" / "out"
    with whole_folder(out) as folder:
        (folder / "a").write_text("a")
        assert not out.exists()
    assert (out / "a").read_text() == "a"
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_an_empty_folder_and_an_earlier_result_are_replaced(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    fill(out, "one")
    fill(out, "two")
    assert (out / "deep" / "mix.txt").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, InputError])
def test_a_failure_leaves_what_was_there(tmp_path, failure):
    out = tmp_path / "out"
    fill(out, "one")
    with pytest.raises(failure), whole_folder(out) as folder:
        (folder / "half").write_text("")
        raise failure("no")
    assert (out / "deep" / "mix.txt").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_swap_that_is_interrupted_leaves_one_whole_result(place, tmp_path, monkeypatch):
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        write_text(folder / "a", "earlier")
    replace = Path.replace

    def interrupted(self, target):
        if target == out and self.suffix == ".part":
            if place == "after":
                replace(self, target)
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), whole_folder(out) as folder:
        write_text(folder / "a", "later")
    assert (out / "a").read_text() == ("earlier" if place == "before" else "later")
    assert out in written_folders()


def test_a_failed_swap_brings_the_earlier_result_back(tmp_path, monkeypatch):
    out = tmp_path / "out"
    fill(out, "one")
    replace = files.Path.replace

    def fail_for_parts(self, target):
        if self.name.endswith(".part") and self.is_dir():
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(files.Path, "replace", fail_for_parts)
    with pytest.raises(OutputError, match="cannot be written"):
        fill(out, "two")
    assert (out / "deep" / "mix.txt").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_a_killed_process_left_goes_with_the_next(tmp_path, start_and_hang, moment):
    out = tmp_path / "out"
    fill(out, "one")
    process = start_and_hang(out, moment)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(names_in(tmp_path)) > 1
    with pytest.raises(ValueError), whole_folder(out):
        assert len(names_in(tmp_path)) == 3, "the result, our folder, its lock"
        raise ValueError
    assert names_in(tmp_path) == ["out"]
    assert names_in(out) == ([MARKER, "half.txt"] if moment == "after the swap" else [MARKER, "deep"])
    fill(out, "two")
    assert (out / "deep" / "mix.txt").read_text() == "two" and names_in(tmp_path) == ["out"]


def test_what_a_living_process_fills_stays(tmp_path, start_and_hang):
    out = tmp_path / "out"
    process = start_and_hang(out)
    fill(out)
    assert (tmp_path / f".out.{process.pid}.part" / "half.txt").read_text() == "half"
    process.send_signal(signal.SIGKILL)
    process.wait()
    fill(out)
    assert names_in(tmp_path) == ["out"]


def test_a_number_that_came_back_is_no_sign_of_life(tmp_path):
    alive = os.getppid()
    for name in (f".out.{alive}.part", f".out.{os.getpid()}.part", f".other.{alive}.part", ".out.a.part"):
        (tmp_path / name).mkdir()
    fill(tmp_path / "out")
    assert names_in(tmp_path) == [f".other.{alive}.part", ".out.a.part", "out"]


def test_a_folder_that_cannot_be_made_names_no_partial_one():
    with pytest.raises(OutputError) as error, whole_folder(Path("/proc/x")):
        pass
    assert str(error.value) == "/proc/x: cannot be written ([Errno 2] No such file or directory); choose another folder"


def test_two_at_once_in_one_process_do_not_mix(tmp_path):
    with whole_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("a")
        with pytest.raises(OutputError, match="cannot be written"), whole_folder(tmp_path / "out"):
            pass
    assert (tmp_path / "out" / "a").read_text() == "a" and names_in(tmp_path) == ["out"]


@pytest.mark.parametrize("made", ["try_lock", "mkdir"])
def test_an_interruption_in_the_call_that_makes_a_file_leaves_nothing(tmp_path, monkeypatch, made):
    owner = {"try_lock": files, "mkdir": Path}[made]
    real = getattr(owner, made)

    def interrupted(path, *more, **options):
        real(path, *more, **options)
        if path.name.startswith(".out"):
            raise KeyboardInterrupt

    monkeypatch.setattr(owner, made, interrupted)
    with pytest.raises(KeyboardInterrupt), whole_folder(tmp_path / "out"):
        pass
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_locked_folders_are_filled_all_the_same(tmp_path, monkeypatch):
    def refuse(path):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(files, "try_lock", refuse)
    (tmp_path / ".out.1.part").mkdir()
    fill(tmp_path / "out")
    assert names_in(tmp_path) == [".out.1.part", "out"]


def test_a_failure_leaves_nothing_where_nothing_was(tmp_path):
    with pytest.raises(OutputError, match="disk full"), whole_folder(tmp_path / "out"):
        raise OSError("disk full")
    assert not list(tmp_path.iterdir())


def test_the_folder_one_stands_in_can_be_filled(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    fill(files.Path("."), "one")
    assert (tmp_path / "here" / "deep" / "mix.txt").read_text() == "one"


def occupy_with_a_file(out):
    out.write_text("mine")


def occupy_with_files(out):
    out.mkdir()
    (out / "song.wav").write_text("mine")


def occupy_with_a_foreign_marker(out):
    occupy_with_files(out)
    (out / MARKER).write_text("{}")


def add_to_a_result(out):
    fill(out)
    (out / "song.wav").write_text("mine")


def change_a_result(out):
    fill(out)
    (out / "deep" / "mix.txt").write_text("mine, and longer")


def take_from_a_result(out):
    fill(out)
    os.remove(out / "deep" / "mix.txt")


OCCUPIED = [
    occupy_with_a_file,
    occupy_with_files,
    occupy_with_a_foreign_marker,
    add_to_a_result,
    change_a_result,
    take_from_a_result,
]


@pytest.mark.parametrize("occupy", OCCUPIED)
def test_what_is_not_an_untouched_result_is_left_alone(tmp_path, occupy):
    out = tmp_path / "out"
    occupy(out)
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    with pytest.raises(OutputError, match="give a"):
        fill(out)
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


def test_a_folder_that_holds_an_input_is_refused(tmp_path):
    fill(tmp_path / "out")
    with pytest.raises(OutputError, match="holds the input"):
        check_out_folder(tmp_path / "out", [tmp_path / "out" / "deep" / "mix.txt"])
    check_out_folder(tmp_path / "out", [tmp_path / "elsewhere"])


def test_a_folder_below_a_file_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        fill(tmp_path / "file" / "out")
