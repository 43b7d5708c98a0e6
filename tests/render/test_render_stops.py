"""A render that is stopped or killed leaves nothing half done, and the next one takes up where it was."""

import json
import os
import signal
import subprocess
import sys

import pytest
import soundfile

from command_line import ROOT, run
from dawbridge.paths import user_cache_folder
from dawbridge.session import Bus, Device, Session, Track, write_session
from living import have_ended, wait_until, workers_of
from strip_jobs import RATE, noise

TRACKS = 12
LENGTH = 30 * RATE
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """A cache and a folder for temporary files of the test's own."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setenv("DAWBRIDGE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def song(tmp_path):
    """A long session of tracks through reverbs, one of them twice, and a bus."""
    (tmp_path / "song").mkdir()
    soundfile.write(tmp_path / "song" / "noise.wav", noise(LENGTH).T, RATE, subtype="FLOAT")
    chains = [(Device(device="reverb", values={"decay_s": 1.0 + n / 2}), Device(device="eq")) for n in range(TRACKS)]
    tracks = tuple(Track(name=f"{n}", audio="noise.wav", devices=chain, output="all") for n, chain in enumerate(chains))
    bus = Bus(name="all", devices=(Device(device="compressor"),))
    session = Session(sample_rate=RATE, length_samples=LENGTH, tracks=tracks, buses=(bus,))
    write_session(session, tmp_path / "song" / "session.json")
    return tmp_path / "song" / "session.json"


def start(*arguments) -> subprocess.Popen:
    command = [sys.executable, "-m", "dawbridge", "render", *map(str, arguments), "--workers", "2", "--quiet"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def cached() -> dict[str, int]:
    """The strips in the cache: name → inode, which is another one where a strip was rendered anew."""
    folder = user_cache_folder() / "strips"
    return {path.name: path.stat().st_ino for path in folder.iterdir()} if folder.exists() else {}


def in_memory(pid: int) -> list[str]:
    """Descriptors of the process that hold a strip in memory without a name."""
    links = [os.readlink(path) for path in map(f"/proc/{pid}/fd/{{}}".format, os.listdir(f"/proc/{pid}/fd"))]
    return [link for link in links if "dawbridge strip" in link]


def stop_in_the_middle(process: subprocess.Popen, ending: signal.Signals) -> str:
    """Send the signal when some strips are done and others are not; what it said on standard error."""
    assert wait_until(lambda: len(cached()) >= 3 or process.poll() is not None)
    assert in_memory(process.pid), "strips lie in shared memory"
    workers = workers_of(process.pid)
    assert len(workers) == 2 and process.poll() is None
    process.send_signal(ending)
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, out) == (CODES[ending], "")
    assert have_ended(workers)
    return errors


def check_nothing_is_left(folder, *names: str) -> None:
    """Beside the song, the cache and what is named."""
    assert sorted(path.name for path in folder.iterdir()) == sorted(["cache", "song", "temporary", *names])
    assert not any((folder / "temporary").rglob("*.strip"))
    assert not any((user_cache_folder() / "runs").iterdir())


@pytest.mark.parametrize("ending", CODES, ids=lambda ending: ending.name)
def test_a_stopped_render_leaves_nothing_and_the_next_takes_up(ending, song, tmp_out):
    process = start(song, "--out", tmp_out)
    errors = stop_in_the_middle(process, ending)
    assert not tmp_out.exists()
    if ending != signal.SIGKILL:  # which nothing can answer: what it leaves goes with the next run
        assert errors.splitlines() == ["dawbridge: interrupted; nothing was written"]
        check_nothing_is_left(tmp_out.parent)
    kept = cached()
    assert 3 <= len(kept) < TRACKS
    answer = run("render", song, "--out", tmp_out, "--workers", 2, "--quiet")
    assert (answer.code, answer.err) == (0, "")
    assert kept.items() <= cached().items(), "what was there was not rendered again"
    check_nothing_is_left(tmp_out.parent, "out")
    assert sorted(path.name for path in tmp_out.iterdir()) == [".dawbridge", "metrics.json", "mix.wav"]


def test_what_is_taken_up_is_the_same_to_the_sample(song, tmp_out, tmp_path):
    stop_in_the_middle(start(song, "--out", tmp_out), signal.SIGKILL)
    assert run("render", song, "--out", tmp_out, "--quiet").code == 0
    assert run("render", song, "--out", tmp_path / "again", "--quiet", "--no-cache").code == 0
    assert (tmp_out / "mix.wav").read_bytes() == (tmp_path / "again" / "mix.wav").read_bytes()


def test_an_earlier_result_outlives_a_render_that_is_killed(song, tmp_out):
    row = json.loads(song.read_text())
    song.write_text(json.dumps(row | {"tracks": [], "length_samples": 100}))
    assert run("render", song, "--out", tmp_out, "--quiet").code == 0
    before = {path.name: path.read_bytes() for path in tmp_out.iterdir()}
    song.write_text(json.dumps(row))
    for strip in (user_cache_folder() / "strips").iterdir():
        strip.unlink()
    stop_in_the_middle(start(song, "--out", tmp_out), signal.SIGKILL)
    assert {path.name: path.read_bytes() for path in tmp_out.iterdir()} == before


def test_of_many_sessions_those_that_are_done_stay(song, tmp_out):
    row = json.loads(song.read_text())
    short = song.with_name("short.json")
    short.write_text(json.dumps(row | {"length_samples": 4800}))
    process = start(short, song, "--out", tmp_out)
    assert json.loads(process.stdout.readline())["file"] == str(short)
    done = len(cached())
    assert wait_until(lambda: len(cached()) >= done + 2 or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, out) == (143, "")
    assert [path.name for path in tmp_out.iterdir()] == ["short"]
    assert "error" not in errors and (tmp_out / "short" / "mix.wav").exists()
