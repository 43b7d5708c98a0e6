"""A file lock holds while its process runs, and not a moment longer."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dawbridge.file_lock import lock_path, locked_folder, try_lock, wait_for_lock

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
from dawbridge.file_lock import locked_folder
with locked_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    print(folder, flush=True)
    time.sleep(600)
"""
COUNT = """
import sys
from pathlib import Path
from dawbridge.file_lock import wait_for_lock
number = Path(sys.argv[1])
for _ in range(100):
    with wait_for_lock(number.with_suffix(".lock"), 60):
        number.write_text(str(int(number.read_text()) + 1))
"""


def start(code: str, *arguments) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_one_holder_at_a_time(tmp_path):
    path = tmp_path / "a.lock"
    with try_lock(path):
        assert try_lock(path) is None
    assert not path.exists()
    try_lock(path).release()


def test_a_lock_file_that_lies_there_is_not_locked(tmp_path):
    path = tmp_path / "a.lock"
    path.write_text("")
    with try_lock(path):
        assert try_lock(path) is None


def test_where_there_is_no_folder_there_is_no_lock(tmp_path):
    with pytest.raises(FileNotFoundError):
        try_lock(tmp_path / "absent" / "a.lock")


def test_waiting_ends_with_the_lock_or_at_the_limit(tmp_path):
    path = tmp_path / "a.lock"
    held = try_lock(path)
    with pytest.raises(TimeoutError):
        wait_for_lock(path, 0.05)
    threading.Timer(0.1, held.release).start()
    wait_for_lock(path, 60).release()


def test_processes_that_take_turns_lose_nothing(tmp_path):
    number = tmp_path / "number"
    number.write_text("0")
    processes = [start(COUNT, number) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert number.read_text() == "300"


def test_a_folder_is_there_until_the_end(tmp_path):
    with pytest.raises(KeyboardInterrupt), locked_folder(tmp_path / "runs") as one:
        with locked_folder(tmp_path / "runs") as other:
            (other / "deep").mkdir()
            assert one != other and one.is_dir() and try_lock(lock_path(one)) is None
        assert one.is_dir() and not other.exists()
        raise KeyboardInterrupt
    assert not list((tmp_path / "runs").iterdir())


def test_what_dead_processes_left_goes_and_what_running_ones_have_stays(tmp_path):
    with start(HOLD, tmp_path) as living, start(HOLD, tmp_path) as dead:
        try:
            kept, left = (Path(process.stdout.readline().strip()) for process in (living, dead))
            dead.send_signal(signal.SIGKILL)
            dead.wait()
            (tmp_path / f"{os.getppid()}-0").mkdir()  # a number that came back is no sign of life
            assert (left / "half").exists()
            with locked_folder(tmp_path) as folder:
                there = {kept, lock_path(kept), folder, lock_path(folder)}
                assert set(tmp_path.iterdir()) == there
            assert (kept / "half").read_text() == "half"
        finally:
            living.kill()
            dead.kill()
