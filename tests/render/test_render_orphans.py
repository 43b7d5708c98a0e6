"""Nothing is left behind: no process, no half-written folder, no file descriptor, however a render ends."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawbridge.api.rendering import RenderOptions, render
from dawbridge.errors import PluginError
from dawbridge.render.farm.farm import Farm
from dawbridge.session import Device, Session, Track, write_session
from living import have_ended, is_alive, lasting_threads, wait_until, workers_of
from strip_jobs import RATE, job, noise

pytest_plugins = ("fault_plugins",)

ROOT = Path(__file__).resolve().parents[2]
PARENT = """
import sys, time
from strip_jobs import job
from dawbridge.render.farm.farm import Farm
farm = Farm(2)
futures = [farm.submit(job(name)) for name in sys.argv[1:]]
while len(farm.worker_pids) < len(futures):
    time.sleep(0.01)
print(*farm.worker_pids, flush=True)
futures[-1].result()
"""


@pytest.fixture
def write_song(tmp_path):
    """A function (device names) → the path of a session of two noisy tracks, one through these devices."""

    def write(*devices: str) -> Path:
        folder = tmp_path / "song"
        folder.mkdir(exist_ok=True)
        soundfile.write(folder / "noise.wav", noise().T, RATE, subtype="FLOAT")
        chain = tuple(Device(device=name) for name in devices)
        tracks = (Track(name="good", audio="noise.wav"), Track(name="bad", audio="noise.wav", devices=chain))
        session = Session(sample_rate=RATE, length_samples=4800, tracks=tracks)
        write_session(session, folder / "session.json")
        return folder / "session.json"

    return write


def listing(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# The output folder


@pytest.mark.parametrize("fault", ["CRASH", "NOT_A_NUMBER"])
def test_a_failed_render_leaves_no_folder(add_faulty, write_song, tmp_out, fault):
    path = write_song(add_faulty(fault))
    with pytest.raises(PluginError, match=f"fault_{fault.lower()}"):
        render(path, tmp_out, workers=1)
    assert sorted(entry.name for entry in tmp_out.parent.iterdir()) == ["binaries", "data", "song"]


def test_a_failed_render_leaves_the_earlier_result(add_faulty, write_song, tmp_out):
    render(write_song(), tmp_out, RenderOptions(with_stems=True), workers=1)
    before = listing(tmp_out)
    assert "mix.wav" in before and "stems/bad.wav" in before
    with pytest.raises(PluginError, match="fault_crash"):
        render(write_song(add_faulty("CRASH")), tmp_out, workers=1)
    assert listing(tmp_out) == before
    render(write_song("gain"), tmp_out, workers=1)
    assert "stems/bad.wav" not in listing(tmp_out)


def test_a_missing_plugin_fails_or_is_named(own_plugins, write_song, tmp_out):
    own_plugins("absent")  # a table, and no binary
    path = write_song("absent")
    with pytest.raises(PluginError, match="track 'bad' device 1: plugin 'The absent' is missing") as error:
        render(path, tmp_out)
    assert error.value.exit_code == 3 and not tmp_out.exists()
    summary = render(path, tmp_out, RenderOptions(allows_missing=True), workers=1)
    assert summary["bypassed"] == ["The absent on track 'bad'"]
    assert json.loads((tmp_out / "metrics.json").read_text())["bypassed"] == summary["bypassed"]
    np.testing.assert_allclose(soundfile.read(tmp_out / "mix.wav", dtype="float32")[0].T, 2 * noise())


# The command line


def run_dawbridge(*arguments) -> subprocess.Popen:
    command = [sys.executable, "-m", "dawbridge", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


ENDINGS = [(signal.SIGINT, 0.0, 130), (signal.SIGINT, 1.0, 130), (signal.SIGTERM, 1.0, 143), (signal.SIGHUP, 1.0, 129)]


@pytest.mark.parametrize(("ending", "pause_s", "code"), ENDINGS)
def test_ctrl_c_and_its_like_end_all(add_faulty, write_song, tmp_out, ending, pause_s, code):
    process = run_dawbridge("render", write_song(add_faulty("HANG")), "--out", tmp_out, "--workers", 2)
    assert wait_until(lambda: workers_of(process.pid))
    time.sleep(pause_s)
    workers = workers_of(process.pid)
    process.send_signal(ending)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == code
    assert out == "" and errors.splitlines()[-1] == "dawbridge: interrupted; nothing was written"
    assert "Traceback" not in errors
    assert have_ended(workers)
    assert sorted(entry.name for entry in tmp_out.parent.iterdir()) == ["binaries", "data", "song"]


def test_a_faulty_plugin_ends_the_command_with_one_line(add_faulty, write_song, tmp_out):
    path = write_song(add_faulty("CRASH"))
    process = run_dawbridge("render", path, "--out", tmp_out, "--quiet")
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "")
    assert errors == "dawbridge: plugin 'The fault_crash' crashed (SIGABRT), twice\n"


# The parent dies


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_parent_even_hung_ones(add_faulty, ending):
    names = ["gain", add_faulty("HANG")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests" / "support")))}
    command = [sys.executable, "-c", PARENT, *names]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 2
        time.sleep(1.0)  # the plugin now hangs
        assert all(map(is_alive, pids))
        process.send_signal(ending)
        process.wait()
    assert have_ended(pids)


def test_a_worker_whose_parent_is_another_process_ends_at_once():
    command = [sys.executable, "-m", "dawbridge.render.farm.worker", "1"]
    process = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert (process.returncode, process.stdout) == (1, b"")


# Leaks


def test_two_hundred_strips_open_nothing_more(zam_plugins):
    chains = (("eq",), ("zam_eq2",), ("gain", ("dragonfly_plate", {"algorithm": 0.0})), ())
    with Farm(2) as farm:

        def render_all(count: int) -> None:
            jobs = [job(*chains[n % 4], samples=noise(480, seed=n), wants_states=True) for n in range(count)]
            assert len(list(farm.render(jobs))) == count

        def counts() -> tuple:
            gc.collect()  # pipes of processes that earlier tests let go
            own = len(os.listdir("/proc/self/fd")), lasting_threads()
            theirs = [len(os.listdir(f"/proc/{pid}/{kind}")) for pid in pids for kind in ("fd", "task")]
            return own, theirs

        render_all(16)
        pids = sorted(farm.worker_pids)
        before = counts()
        render_all(200)
        assert (counts(), sorted(farm.worker_pids), farm.failures) == (before, pids, [])


def test_farms_give_back_what_they_took(add_faulty):
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    with Farm(1) as farm:
        list(farm.render([job("gain")]))
    before, threads = descriptors(), lasting_threads()
    name = add_faulty("CRASH")
    for _ in range(2):
        with Farm(2) as farm:
            with pytest.raises(PluginError):
                list(farm.render([job(name), job(name)]))
    assert (descriptors(), lasting_threads()) == (before, threads)
