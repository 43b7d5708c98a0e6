"""A plugin that fails: named, tried once more in a new process, quarantined; the other strips' work is kept."""

import functools
import json

import numpy as np
import pytest
import soundfile

from command_line import call
from dawbridge.api import rendering
from dawbridge.paths import user_cache_folder
from dawbridge.render.farm.farm import Farm
from dawbridge.render.farm.quarantine import entries
from dawbridge.session import Bus, Device, Session, Track, write_session
from strip_jobs import RATE, noise

pytest_plugins = ("fault_plugins",)

LENGTH = 4800
REASONS = {
    "CRASH_ON_LOAD": "crashed (SIGABRT)",
    "CRASH": "crashed (SIGABRT)",
    "CRASH_LATE": "crashed (SIGABRT)",
    "HANG": "gave no answer within 4 s",
    "HANG_ON_LOAD": "gave no answer within 4 s",
    "NOT_A_NUMBER": "gave NaN or Inf in the block at sample 0",
    "NAN_LATE": "gave NaN or Inf in the block at sample 1536",
    "DELAY_GROWS": "changes its latency while it runs (100, 100, 200 samples)",
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch, request):
    """A cache of the test's own, and how often a plugin was loaded."""
    monkeypatch.setenv("DAWBRIDGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FAULT_LOG", str(tmp_path / "loads"))
    if "HANG" in request.node.name:  # and 0.4 s per device; what ends by itself may take its time
        monkeypatch.setattr(rendering, "Farm", functools.partial(Farm, limit_s=3.2))


@pytest.fixture
def dawbridge(capsys, monkeypatch):
    """A function: arguments → the answer."""
    return lambda *arguments: call(capsys, monkeypatch, *arguments)


@pytest.fixture
def loads(tmp_path):
    """A function → the process of each load of a faulty plugin so far."""
    return lambda: (tmp_path / "loads").read_text().split() if (tmp_path / "loads").exists() else []


@pytest.fixture
def write_song(tmp_path):
    """A function (devices of the bad track) → the path of a session: two good tracks, a bus, and a bad track."""

    def write(*devices: Device, file_name: str = "session.json"):
        folder = tmp_path / "song"
        folder.mkdir(exist_ok=True)
        rows = []
        for number, chain in enumerate([("eq", "compressor"), ("reverb",), None]):
            if not (audio := folder / f"{number}.wav").exists():  # written again, it would hold another date
                soundfile.write(audio, noise(LENGTH, seed=number).T, RATE, subtype="FLOAT")
            own = devices if chain is None else tuple(Device(device=name) for name in chain)
            name = "bad" if chain is None else f"good {number}"
            rows.append(Track(name=name, audio=f"{number}.wav", devices=own, output="all" if number else "master"))
        bus = Bus(name="all", devices=(Device(device="gain"),))
        session = Session(sample_rate=RATE, length_samples=LENGTH, tracks=tuple(rows), buses=(bus,))
        write_session(session, folder / file_name)
        return folder / file_name

    return write


def cached() -> dict[str, int]:
    """The strips in the cache: name → inode, which is another one where a strip was rendered anew."""
    folder = user_cache_folder() / "strips"
    return {path.name: path.stat().st_ino for path in folder.iterdir()} if folder.exists() else {}


@pytest.mark.parametrize("fault", REASONS)
def test_a_fault_is_named_tried_again_and_quarantined(fault, add_faulty, write_song, dawbridge, loads, tmp_out):
    name, label = add_faulty(fault), f"The fault_{fault.lower()}"
    path = write_song(Device(device="gain"), Device(device=name))
    arguments = "render", path, "--out", tmp_out, "--workers", 2, "--quiet"
    assert dawbridge(*arguments).refusal(3) == f"dawbridge: plugin '{label}' {REASONS[fault]}, twice\n"
    assert not tmp_out.exists()
    assert len(set(loads())) == 2, "once, and once more in a new process"
    check_listed(dawbridge, name, REASONS[fault])
    check_refused_at_once(dawbridge, arguments, label, REASONS[fault], loads)
    answer = dawbridge("plugins", "list", "--retry")
    assert answer.out.startswith(f"tried again: {label} (") and f"which {REASONS[fault]}\n" in answer.out
    assert entries() == [] and "quarantined: it" not in answer.out
    assert dawbridge(*arguments).refusal(3).endswith(f"'{label}' {REASONS[fault]}, twice\n")
    assert len(set(loads())) == 4


def check_listed(dawbridge, name: str, reason: str) -> None:
    lines = dawbridge("plugins", "list").out.splitlines()
    (line,) = [line for line in lines if "quarantined" in line]
    assert line.startswith(f"{name} ") and line.endswith(f"quarantined: it {reason}; --retry gives it another try")


def check_refused_at_once(dawbridge, arguments, label: str, reason: str, loads) -> None:
    before = loads(), cached()
    said = dawbridge(*arguments).refusal(3)
    assert f"track 'bad' device 2: plugin '{label}' is quarantined: it {reason}; " in said
    assert "'dawbridge plugins list --retry' lets it try again" in said
    assert (loads(), cached()) == before, "nothing was loaded or rendered"


def test_the_other_strips_are_kept(add_faulty, write_song, dawbridge, tmp_out):
    bad = write_song(Device(device=add_faulty("CRASH_LATE")))
    dawbridge("render", bad, "--out", tmp_out, "--workers", 1, "--quiet").refusal(3)
    kept = cached()
    assert len(kept) == 2, "both good tracks"
    assert dawbridge("render", write_song(), "--out", tmp_out, "--workers", 1, "--quiet").code == 0
    after = cached()
    assert kept.items() <= after.items(), "rendered once"
    assert len(after) == len(kept) + 3, "the bad track without its device, the bus, the master"


def test_a_quarantined_plugin_may_be_left_out_by_name(add_faulty, write_song, dawbridge, loads, tmp_out, tmp_path):
    bad = write_song(Device(device="gain", values={"gain_db": -6.0}), Device(device=add_faulty("CRASH")))
    dawbridge("render", bad, "--out", tmp_out, "--quiet").refusal(3)
    before = loads()
    answer = dawbridge("render", bad, "--out", tmp_out, "--json", "--allow-missing")
    assert answer.code == 0 and loads() == before
    assert json.loads(answer.out)["bypassed"] == ["The fault_crash on track 'bad'"]
    answer = dawbridge("render", bad, "--out", tmp_out, "--quiet", "--allow-missing")
    assert answer.out.splitlines()[1:] == ["  left out: The fault_crash on track 'bad'"]
    without = write_song(Device(device="gain", values={"gain_db": -6.0}), file_name="without.json")
    assert dawbridge("render", without, "--out", tmp_path / "without", "--quiet").code == 0
    assert (tmp_out / "mix.wav").read_bytes() == (tmp_path / "without" / "mix.wav").read_bytes()


def test_a_plugin_in_three_tracks_is_not_tried_for_each(add_faulty, write_song, dawbridge, loads, tmp_out):
    path, name = write_song(), add_faulty("CRASH")
    row = json.loads(path.read_text())
    for track in row["tracks"]:
        track["devices"].append({"device": name})
    path.write_text(json.dumps(row))
    dawbridge("render", path, "--out", tmp_out, "--quiet", "--workers", 1).refusal(3)
    assert len(set(loads())) <= 3, "the second track's first try may be under way by then"
    assert len(entries()) == 1


def test_of_many_sessions_those_without_it_are_rendered(add_faulty, write_song, dawbridge, tmp_out):
    good, name = write_song(file_name="good.json"), add_faulty("NAN_LATE")
    bad = [write_song(Device(device=name), file_name=f"bad{n}.json") for n in (1, 2)]
    answer = dawbridge("render", bad[0], good, bad[1], "--out", tmp_out, "--quiet")
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert answer.code == 3 and [row.get("exit_code", 0) for row in rows] == [3, 0, 3]
    assert "gave NaN" in rows[0]["error"] and "is quarantined: it gave NaN" in rows[2]["error"]
    assert [path.name for path in tmp_out.iterdir()] == ["good"]


def test_a_crash_that_does_not_come_again_is_no_reason(add_faulty, write_song, dawbridge, loads, tmp_out, monkeypatch):
    monkeypatch.setenv("FAULT_MARK", str(tmp_out.parent / "crashed"))
    path = write_song(Device(device=add_faulty("CRASH_ONCE")))
    assert dawbridge("render", path, "--out", tmp_out, "--quiet").code == 0
    assert len(set(loads())) == 2 and entries() == []


def test_an_update_of_the_plugin_is_tried(add_faulty, own_plugins, write_song, dawbridge, loads, tmp_out):
    name = add_faulty("CRASH")
    path = write_song(Device(device=name))
    dawbridge("render", path, "--out", tmp_out, "--quiet").refusal(3)
    good = own_plugins(add_faulty("NOTHING")).read_bytes()
    binary = own_plugins(name)
    binary.unlink()
    binary.write_bytes(good)
    assert dawbridge("render", path, "--out", tmp_out, "--quiet").code == 0


# Faults that a render survives


@pytest.mark.parametrize("fault", ["DELAY", "DELAY_LATE"])
def test_a_latency_told_late_is_made_up_for(fault, add_faulty, write_song, dawbridge, tmp_out, tmp_path):
    path = write_song(Device(device=add_faulty(fault)))
    answer = dawbridge("render", path, "--out", tmp_out, "--json", "--stems")
    assert answer.code == 0 and json.loads(answer.out)["latencies_samples"] == {"bad": 100}
    assert dawbridge("render", write_song(), "--out", tmp_path / "without", "--quiet").code == 0
    assert np.abs(read(tmp_out) - read(tmp_path / "without")).max() < 1e-6


def test_a_plugin_that_ignores_reset_is_named_and_changes_nothing(add_faulty, write_song, dawbridge, tmp_path):
    path = write_song(Device(device=add_faulty("SOUNDS_ON")))
    row = json.loads(path.read_text())
    for track in row["tracks"]:
        track["devices"] = [{"device": "fault_sounds_on"}]
    path.write_text(json.dumps(row))
    mixes = []
    for workers in (1, 3):
        out = tmp_path / f"out {workers}"
        answer = dawbridge("render", path, "--out", out, "--json", "--no-cache", "--workers", workers)
        assert answer.code == 0
        mixes.append(read(out))
        if workers == 1:
            note = "The fault_sounds_on: sounds on after a reset, so each render gets a fresh instance"
            assert json.loads(answer.out)["notes"] == [note]
    np.testing.assert_array_equal(*mixes)


def read(out) -> np.ndarray:
    return soundfile.read(out / "mix.wav", dtype="float32")[0]
