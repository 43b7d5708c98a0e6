"""Songs to test on: charts that are valid and hang on the seed alone, drums in parts, and what is missing is said."""

import os
import re
import subprocess
import sys
from pathlib import Path

import mido
import pytest

from inversion_bench.cases import CASES, case_folders
from midi_bank.chart import SONGS, STYLES, chart
from midi_bank.playing import parts, what_is_missing

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/make_test_songs"
CHORD = r"[A-G]b?(m|7|m7|M7)?"


@pytest.mark.parametrize("name", STYLES)
def test_a_chart_is_one_that_mma_reads(name):
    seed_line, tempo_line, groove_line, *bars = chart(name, 3, 30.0).splitlines()
    tempo = int(tempo_line.removeprefix("Tempo "))
    assert seed_line == "RndSeed 3" and groove_line == f"Groove {STYLES[name].groove}"
    assert STYLES[name].tempo_bpm[0] <= tempo <= STYLES[name].tempo_bpm[1]
    assert len(bars) * 4 * 60 / tempo >= 30.0, "it lasts as long as it should"
    for number, bar in enumerate(bars, start=1):
        assert re.fullmatch(rf"{number} {CHORD}( / {CHORD})?", bar), bar


def test_a_chart_hangs_on_its_seed():
    assert chart("rock", 1, 30.0) == chart("rock", 1, 30.0)
    assert len({chart("rock", seed, 30.0).partition("Tempo")[2] for seed in range(5)}) == 5
    assert chart("rock", 1, 30.0).partition("\n1 ")[2] != chart("trance", 1, 30.0).partition("\n1 ")[2]


def test_a_part_has_its_own_notes_and_all_else_of_its_channel():
    events = [
        (0.0, mido.Message("control_change", channel=9, control=7, value=90)),
        (0.1, mido.Message("note_on", channel=9, note=36)),
        (0.2, mido.Message("note_on", channel=9, note=38)),
        (0.3, mido.Message("note_off", channel=9, note=36)),
        (0.4, mido.Message("note_on", channel=2, note=36)),
    ]
    found = parts(events, lambda message: f"{message.channel}-{message.note}")
    assert {name: [second for second, _ in own] for name, own in found.items()} == {
        "2-36": [0.4],
        "9-36": [0.0, 0.1, 0.3],
        "9-38": [0.0, 0.2],
    }


def test_unseen_cases_are_of_the_songs_that_the_tool_makes():
    unseen = {name: [*case_folders(case)] for name, case in CASES.items() if case.is_unseen}
    expected = [(song, 1) for song in SONGS]
    assert unseen == {"console_unseen": expected, "zam_strip_unseen": expected}


def run(tool: Path, *arguments: str | Path, **more) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, tool, *arguments], capture_output=True, text=True, timeout=120, **more)


def test_without_mma_one_line_says_how_to_get_it(tmp_path):
    refused = run(TOOL, "--out", tmp_path / "songs", env=os.environ | {"PATH": str(tmp_path)})
    assert refused.returncode == 2 and "apt install mma" in refused.stderr and "Traceback" not in refused.stderr
    assert not (tmp_path / "songs").exists()


def test_without_the_player_or_the_bank_one_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    assert "pip install pyfluidsynth" in what_is_missing(tmp_path, "a-bank")
    monkeypatch.setitem(sys.modules, "fluidsynth", os)
    assert "apt install a-bank" in what_is_missing(tmp_path / "bank.sf2", "a-bank")
    (tmp_path / "bank.sf2").touch()
    assert what_is_missing(tmp_path / "bank.sf2", "a-bank") is None


def test_an_unknown_song_is_refused(tmp_path):
    refused = run(TOOL, "--songs", "rock,opera", "--out", tmp_path / "songs")
    assert refused.returncode == 2 and f"no song 'opera'; there are {', '.join(STYLES)}" in refused.stderr


def test_the_bench_says_which_tool_makes_missing_songs(tmp_path):
    where = ("--unseen-songs", tmp_path / "songs", "--out", tmp_path / "out")
    refused = run(ROOT / "tools/bench_inversion", "--cases", "console_unseen", *where)
    assert refused.returncode == 2 and f"make it by tools/make_test_songs --out {tmp_path / 'songs'}" in refused.stderr
    assert not (tmp_path / "out").exists()
