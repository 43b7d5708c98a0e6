"""A claim holds while its process lives, and not a moment longer."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dawbridge.file_lock import claim, claimed_folder, lock_of, wait_for_claim

ROOT = Path(__file__).resolve().parents[1]
HOLD = """
import sys, time
from pathlib import Path
from dawbridge.file_lock import claimed_folder
with claimed_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    print(folder, flush=True)
    time.sleep(600)
"""
COUNT = """
import sys
from pathlib import Path
from dawbridge.file_lock import wait_for_claim
number = Path(sys.argv[1])
for _ in range(100):
    with wait_for_claim(number.with_suffix(".lock"), 60):
        number.write_text(str(int(number.read_text()) + 1))
"""


def start(code: str, *arguments) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_one_holder_at_a_time(tmp_path):
    path = tmp_path / "a.lock"
    with claim(path):
        assert claim(path) is None
    assert not path.exists()
    claim(path).release()


def test_a_lock_file_that_lies_there_is_no_claim(tmp_path):
    path = tmp_path / "a.lock"
    path.write_text("")
    with claim(path):
        assert claim(path) is None


def test_where_there_is_no_folder_there_is_no_claim(tmp_path):
    with pytest.raises(FileNotFoundError):
        claim(tmp_path / "absent" / "a.lock")


def test_waiting_ends_with_the_claim_or_with_patience(tmp_path):
    path = tmp_path / "a.lock"
    held = claim(path)
    with pytest.raises(TimeoutError):
        wait_for_claim(path, 0.05)
    threading.Timer(0.1, held.release).start()
    wait_for_claim(path, 60).release()


def test_processes_that_take_turns_lose_nothing(tmp_path):
    number = tmp_path / "number"
    number.write_text("0")
    processes = [start(COUNT, number) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert number.read_text() == "300"


def test_a_folder_is_there_until_the_end(tmp_path):
    with pytest.raises(KeyboardInterrupt), claimed_folder(tmp_path / "runs") as one:
        with claimed_folder(tmp_path / "runs") as other:
            (other / "deep").mkdir()
            assert one != other and one.is_dir() and claim(lock_of(one)) is None
        assert one.is_dir() and not other.exists()
        raise KeyboardInterrupt
    assert not list((tmp_path / "runs").iterdir())


def test_what_the_dead_left_goes_and_what_the_living_have_stays(tmp_path):
    with start(HOLD, tmp_path) as living, start(HOLD, tmp_path) as dead:
        try:
            kept, left = (Path(process.stdout.readline().strip()) for process in (living, dead))
            dead.send_signal(signal.SIGKILL)
            dead.wait()
            (tmp_path / f"{os.getppid()}-0").mkdir()  # a number that came back is no sign of life
            assert (left / "half").exists()
            with claimed_folder(tmp_path) as folder:
                there = {kept, lock_of(kept), folder, lock_of(folder)}
                assert set(tmp_path.iterdir()) == there
            assert (kept / "half").read_text() == "half"
        finally:
            living.kill()
            dead.kill()
