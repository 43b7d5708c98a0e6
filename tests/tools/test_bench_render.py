"""tools/bench_render in its quick form: the results agree, and the table is whole. No time is judged."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from render_bench.agreement import check_null, check_same, null_db
from render_bench.memory import held_by_tree
from render_bench.table import HEAD, Row, markdown

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/bench_render"
BOUNDS = {"CPU time": 1.10, "again": 0.15, "strip": 1.10, "memory": 1.0, "pedalboard": 1.0, "Ardour": 0.33}


def bench(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, TOOL, *map(str, arguments)], capture_output=True, text=True, timeout=600)


def test_the_quick_bench_measures_every_row(zam_plugins, tmp_path):
    done = bench("--quick", "--rounds", 1, "--floors", "--json", tmp_path / "found.json", "--folder", tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.partition("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == list(HEAD)
    assert {len(row) for row in cells} == {len(HEAD)}
    found = json.loads((tmp_path / "found.json").read_text())
    assert [row["measure"] for row in found["rows"]] == [row[0] for row in cells[2:]]
    for word, bound in BOUNDS.items():
        assert any(word in row["measure"] and row["at_most"] == bound for row in found["rows"]), word
    for row in found["rows"]:
        assert row["skipped"] or 0 < row["ratio"] == row["ours"] / row["reference"]
    assert found["machine"]["dawdreamer"] in done.stdout and found["floors"] in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["found.json"], "it leaves something behind"


def test_an_unknown_measure_is_refused():
    done = bench("--only", "speed")
    assert done.returncode == 2 and "session,strip,hosts,memory" in done.stderr


@pytest.mark.parametrize(("ratio", "verdict"), [(1.1, "pass"), (1.11, "FAIL")])
def test_a_row_passes_up_to_its_bound(ratio, verdict):
    assert Row("it", ratio, 1.0, 1.10).verdict == verdict


def test_a_skipped_row_tells_why():
    assert markdown([Row("it", at_most=0.33, skipped="Ardour missing")]).endswith(
        "| it |  |  |  | 0.33 | skipped | Ardour missing |"
    )


def write(path: Path, samples) -> Path:
    soundfile.write(path, samples, 44100, subtype="FLOAT")
    return path


@pytest.mark.parametrize("other", [1e-5, float("nan")])
def test_results_that_differ_end_the_bench(tmp_path, other):
    ours = write(tmp_path / "a.wav", np.full((64, 2), 0.5))
    theirs = write(tmp_path / "b.wav", np.full((64, 2), 0.5 + other))
    for check in (check_same, check_null):
        with pytest.raises(SystemExit, match="nothing was measured"):
            check(ours, theirs, "it")
        check(ours, ours, "it")


def test_results_of_another_length_and_silence_end_the_bench(tmp_path):
    ours = write(tmp_path / "a.wav", np.full((64, 2), 0.5))
    shorter = write(tmp_path / "b.wav", np.full((63, 2), 0.5))
    silence = write(tmp_path / "c.wav", np.zeros((64, 2)))
    for pair in ((ours, shorter), (silence, silence)):
        with pytest.raises(SystemExit):
            check_same(*pair, "it")


def test_the_time_of_children_and_of_orphans_counts():
    """In a process of its own: the bench waits for every child there is."""
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; start = {{}}; start([sys.executable, '-c', {busy!r}])"
    code = (
        "import sys; from render_bench.processes import adopt_orphans, run; adopt_orphans()\n"
        "for start in ('subprocess.run', 'subprocess.Popen'):\n"
        f"    print(run([sys.executable, '-c', {parent!r}.format(start)]).cpu_s)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT / "tools")
    waited_for, orphan = map(float, done.stdout.split())
    assert 0.3 < waited_for < 3.0 and 0.3 < orphan < 3.0, done


def test_memory_without_a_name_counts():
    code = "import os\nf = os.memfd_create('it')\nos.write(f, bytes(2**26))\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        held = held_by_tree(process.pid)
        assert held.unnamed == 2**26 and 0 < held.own + held.files < 2**25
        process.stdin.close()


def test_the_null_of_equal_samples_is_the_lowest():
    samples = np.ones((2, 8), np.float32)
    assert null_db(samples, samples) == -400.0
    assert null_db(samples, 1.1 * samples) == pytest.approx(-20.0, abs=1e-5)
