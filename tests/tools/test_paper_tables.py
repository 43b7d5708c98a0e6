"""The paper's tables over small datasets: every cell measured, none run twice, what fails told and left out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import dataset_folders
from dataset_folders import SONGS
from dawbridge.errors import InputError
from dawbridge.progress import Progress
from inversion_bench.competitors import published
from inversion_bench.competitors.published_table import published_table
from inversion_bench.paper_tables import TableOptions, paper_tables

ROOT = Path(__file__).resolve().parents[2]
CHEAP = ("plain_sum", "gain_and_pan", "random")
GAIN = {"devices": [{"device": "gain", "free": {"gain_db": [-12, 12]}}], "channel": {"pan_lr": [-1, 1]}}

pytestmark = pytest.mark.usefixtures("one_thread")


class Told(Progress):
    """Keeps what was said."""

    def __init__(self):
        self.lines = []

    def say(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture(scope="module")
def medleydb(tmp_path_factory) -> Path:
    return dataset_folders.medleydb(tmp_path_factory.mktemp("data") / "MedleyDB")


@pytest.fixture(scope="module")
def gain_chain(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("chain") / "gain.json"
    path.write_text(json.dumps(GAIN))
    return str(path)


def row(text: str, competitor: str) -> list[str]:
    """The cells of the first line of that competitor."""
    (line, *_) = [line for line in text.splitlines() if f"`{competitor}`" in line and line.startswith("|")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def files(out: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (out / "cells").rglob("*")}


def test_the_tool_measures_all_cells_and_runs_none_twice(medleydb, tmp_path):
    command = [sys.executable, ROOT / "tools/paper_tables", medleydb, "--out", tmp_path / "out", "--songs", "2"]
    command += ["--competitors", ",".join((*CHEAP, "ours")), "--budget", "30", "--workers", "1"]
    first = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    before = files(tmp_path / "out")
    second = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    assert second.stdout == first.stdout and files(tmp_path / "out") == before
    assert (tmp_path / "out/tables.md").read_text() + "\n" == first.stdout
    for name in (*CHEAP, "ours"):
        assert row(first.stdout, name)[2] == "2", "each song once"
    mae = {name: float(row(first.stdout, name)[5]) for name in (*CHEAP, "ours")}
    assert max(mae["gain_and_pan"], mae["ours"]) < 0.01 < mae["plain_sum"] == 1 < mae["random"]
    assert row(first.stdout, "eami")[2:10] == ["0", "–", "–", "–", "–", "–", "–", "0.082"]
    assert row(first.stdout, "eami_none")[9:] == ["0.207", "5.643", "0.916", "0.745"]
    result = json.loads(next((tmp_path / "out").rglob("ours-30/result.json")).read_text())
    assert 0 < result["renders"] <= 90 and result["tracks"] == 3


def test_an_unknown_folder_is_one_line(tmp_path):
    command = [sys.executable, str(ROOT / "tools/paper_tables"), str(tmp_path), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "no song in it" in done.stderr and done.stderr.count("\n") == 1


def test_a_part_of_takes_of_drummers(tmp_path):
    root = dataset_folders.enst_drums(tmp_path / "ENST")
    options = TableOptions(seconds=1.5, seeds=(1, 2), competitors=CHEAP[:2], by_group=True, workers=1)
    text = paper_tables(root, tmp_path / "out", options)
    assert "2 songs of ENST, 1.5 s of each; seeds 1, 2" in text and "Table 2" not in text
    assert row(text, "plain_sum")[2] == "4" and row(text, "plain_sum")[9:11] == ["0.158", "3.458"]
    assert {path.name.split("_0")[0] for path in (tmp_path / "out/songs/1.5s").iterdir()} in (
        {"drummer_1"},
        {"drummer_2"},
    )


def test_songs_that_cannot_be_used_are_told(tmp_path, gain_chain):
    root = dataset_folders.medleydb(tmp_path / "root", (*SONGS, "Cy_Third"))
    (root / "Audio/Ann_FirstSong/Ann_FirstSong_MIX.wav").write_bytes(b"no audio")
    (root / "Audio/Cy_Third/Cy_Third_MIX.wav").unlink()
    told = Told()
    options = TableOptions(songs=3, competitors=("plain_sum", "network"), chain=gain_chain, workers=1)
    text = paper_tables(root, tmp_path / "out", options, told)
    assert row(text, "plain_sum")[2] == "1" and row(text, "network")[2] == "0"
    assert any("Cy_Third: left out, without Cy_Third_MIX" in line for line in told.lines)
    assert any("Ann_FirstSong, plain_sum" in line and "no readable audio" in line for line in told.lines)
    assert any("Ben_Second, network" in line and "none ship for this chain" in line for line in told.lines)


def test_a_network_of_the_training_songs_predicts_the_test_songs(medleydb, tmp_path, gain_chain):
    sizes = "rounds = 1\nwindows_per_song = 1\nwindow_s = 0.5\nlead_s = 0.1\nsamples = 2\nmixes = 2\nepochs = 1\n"
    (tmp_path / "train.toml").write_text('songs = "elsewhere"\ndevice = "cpu"\n' + sizes)
    options = TableOptions(competitors=("plain_sum",), chain=gain_chain, train=tmp_path / "train.toml", workers=1)
    text = paper_tables(medleydb, tmp_path / "out", options)
    assert row(text, "network")[0] == "Network of the training songs" and row(text, "network")[2] == "1"
    (trained,) = (tmp_path / "out/training/songs").iterdir()
    (tested,) = (tmp_path / "out/songs/whole").iterdir()
    assert {trained.name, tested.name} == set(SONGS)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"competitors": ("nobody",)}, "unknown competitor 'nobody'"),
        ({"seconds": 0.0}, "seconds=0.0 is no length"),
        ({"songs": -1}, "songs=-1 is below zero"),
        ({"most_tracks": 2}, "at most 2 tracks among 2"),
    ],
)
def test_bad_options_are_told_before_any_work(medleydb, tmp_path, options, reason):
    with pytest.raises(InputError, match=reason):
        paper_tables(medleydb, tmp_path / "out", TableOptions(**options))
    assert not (tmp_path / "out").exists()


def test_ratios_are_over_mixes_that_both_measured():
    def cell(mae):
        return {"mix": {"null_db": -1.0, "normalised": {"mae": mae, "mrsd": None}}, "renders": 7}

    cells = {"plain_sum": {("a", 1): cell(0.2), ("b", 1): cell(0.4)}, "eami": {("b", 1): cell(0.1)}}
    text = published_table(published.MEDLEYDB, published.MEDLEYDB[3], cells, {})
    assert row(text, "eami")[2:9] == ["1", "0.1000", "–", "0.250", "–", "-1.0", "7"]
    assert row(text, "plain_sum")[3:6] == ["0.3000", "–", "1.000"]
    assert row(text, "eami")[9:] == ["0.082", "3.423", "0.363", "0.452"]
