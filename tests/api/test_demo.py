"""The demo, short: the same way with fewer renders. Long: as a user runs it."""

import importlib
import json

import pytest

from dawbridge.session import read_session

demo_room = importlib.import_module("dawbridge.api.demo")


def check(out, text: str, chain: str) -> dict:
    """What every demo leaves behind; the metrics."""
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["chain"] == chain
    assert metrics["mae"] < metrics["baselines"]["plain_sum"]["mae"]
    for name in ("report.html", "mix.wav", "daw/ardour/losses.json", "demo/song.mid", "demo/mystery.wav"):
        assert (out / name).is_file(), name
    truth, found = read_session(out / "demo/truth.json"), read_session(out / "session.json")
    assert [t.name for t in truth.tracks] == [t.name for t in found.tracks]
    assert 6 <= len(truth.tracks) <= 8
    assert "true" in text and "found" in text and str(out / "report.html") in text
    return metrics


def test_short_demo_with_real_plugins(tmp_path, zam_plugins, monkeypatch):
    monkeypatch.setattr(demo_room, "RENDERS_PER_TRACK", 50)
    text = demo_room.demo(tmp_path / "out", workers=2)
    check(tmp_path / "out", text, "zam")
    assert "not installed" not in text


def test_short_demo_without_plugins_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(demo_room, "RENDERS_PER_TRACK", 50)
    monkeypatch.setattr(demo_room, "find_plugin_file", lambda name: None)
    text = demo_room.demo(tmp_path / "out", workers=2)
    check(tmp_path / "out", text, "console")
    assert "ZamEQ2 is not installed: the demo runs on the built-in devices." in text


@pytest.mark.long
def test_whole_demo(tmp_path, zam_plugins):
    metrics = check(tmp_path / "out", demo_room.demo(tmp_path / "out"), "zam")
    assert metrics["null_db"] < -15
