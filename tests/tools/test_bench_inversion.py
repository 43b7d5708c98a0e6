"""The inversion table: cells made one by one, taken up again, and judged as their numbers say."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dawbridge.audio import Audio, AudioFormat, write_audio
from inversion_bench.table import table

ROOT = Path(__file__).resolve().parents[2]
RATE, LENGTH_S = 16000, 24


@pytest.fixture(scope="module")
def excerpts(tmp_path_factory) -> Path:
    """A song of two tracks that last as long as what is cut out of an excerpt and a little more."""
    folder, rng = tmp_path_factory.mktemp("excerpts"), np.random.default_rng(4)
    for name in ("drums", "synth"):
        samples = 0.2 * rng.standard_normal((2, RATE * LENGTH_S)) * (np.arange(RATE * LENGTH_S) % RATE < RATE / 3)
        sound = Audio(samples.astype(np.float32), RATE)
        write_audio(folder / "lithium" / f"{name}.flac", sound, AudioFormat("flac", 24))
    return folder


def bench(excerpts: Path, out: Path, *more: str) -> subprocess.CompletedProcess:
    command = [sys.executable, ROOT / "tools/bench_inversion", "--cases", "console", "--songs", "lithium"]
    command += ["--seeds", "1", "--budget", "8", "--excerpts", excerpts, "--out", out, *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_cells_stand_and_are_not_made_again(excerpts, tmp_path):
    first = bench(excerpts, tmp_path, "--competitors", "gain_and_pan")
    assert first.returncode == 0, first.stderr
    cells = tmp_path / "cells/console/lithium-1"
    made = {path.parent.name: path.stat().st_mtime_ns for path in cells.glob("*/result.json")}
    assert set(made) == {"plain_sum-8", "gain_and_pan-8"}
    second = bench(excerpts, tmp_path, "--competitors", "gain_and_pan,ours")
    assert second.returncode == 0, second.stderr
    assert all((cells / name / "result.json").stat().st_mtime_ns == at for name, at in made.items())
    ours = json.loads((cells / "ours-8/result.json").read_text())
    assert ours["renders"] <= 16 and ours["null_again_db"] < -140, "another process renders the same"
    assert (tmp_path / "table.md").read_text() in second.stdout and "| ours (1) |" in second.stdout


def test_the_table_is_of_all_cells_that_stand(excerpts, tmp_path):
    for budget in ("8", "9"):
        assert bench(excerpts, tmp_path, "--competitors", "gain_and_pan", "--budget", budget).returncode == 0
    shown = bench(excerpts, tmp_path, "--table", "--songs", "caesium")
    assert shown.returncode == 0, shown.stderr
    assert all(f"| gain_and_pan (1), {budget} a track |" in shown.stdout for budget in ("8", "9"))


WRONG = [
    (("--cases", "nosuch"), "no case 'nosuch'; there are console, "),
    (("--table",), "no cells"),
    (("--songs", "helium"), "no song 'helium'; there are "),
    (("--competitors", "nobody"), "no competitor 'nobody'; there are plain_sum, "),
    (("--competitors", "network", "--weights", "nosuch-{song}"), "weights 'nosuch-lithium': neither a file nor one of"),
]


@pytest.mark.parametrize("more, words", WRONG)
def test_what_is_not_there_is_said_and_nothing_is_made(excerpts, tmp_path, more, words):
    refused = bench(excerpts, tmp_path / "out", *more)
    assert refused.returncode == 2 and words in refused.stderr and "Traceback" not in refused.stderr
    assert not (tmp_path / "out").exists()


def result(competitor: str, song: str, null_db: float, mae: float, mrsd: float) -> dict:
    figures = {"null_db": null_db, "normalised": {"mae": mae, "mrsd": mrsd}}
    spent = {"renders": 10, "rendered_s": 100, "seconds": 5}
    where = {"case": "foreign", "competitor": competitor, "song": song, "seed": 1, "budget": 7}
    return where | spent | {"mix": figures, "rest": {"null_db": null_db + 1}}


def test_ratios_are_to_the_same_mix_and_the_worst_is_shown():
    rows = [
        result("plain_sum", "a", 0.0, 1.0, 2.0), result("gain_and_pan", "a", -6.0, 0.5, 1.0),
        result("ours", "a", -40.0, 0.1, 0.5), result("plain_sum", "b", 0.0, 4.0, 1.0),
        result("ours", "b", -20.0, 0.8, 0.1),
    ]  # fmt: skip
    head, *lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table(rows).splitlines()
        if line.startswith("|") and "---" not in line
    ]
    (ours,) = [line for line in lines if line[0] == "ours (2)"]
    middle = dict(zip(head, ours))
    assert (middle["null dB"], middle["MAE/sum"], middle["MRSD/sum"]) == ("-30.0", "0.1500", "0.175")
    assert middle["MAE/gain&pan"] == "0.2000", "only the mix whose gain and pan stands"
    worst = [cell for name, cell in zip(head, ours) if name == "worst"]
    assert worst == ["-20.0", "0.2000", "0.250", "0.2000"]
