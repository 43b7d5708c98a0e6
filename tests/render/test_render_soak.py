"""Over many renders and plugin loads nothing grows and nothing stays behind: `tools/soak` counts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STANDING = ("descriptors", "processes", "threads", "files")


def soak(*options: str) -> list[dict]:
    """The rows that `tools/soak` prints."""
    command = [sys.executable, ROOT / "tools" / "soak", "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def growth(rows: list[dict], part: str) -> float:
    """As a share of the first row."""
    return rows[-1][part] / rows[0][part] - 1.0


def check_nothing_stays(rows: list[dict]) -> None:
    """Each row stands where the first does."""
    for row in rows:
        assert {name: row[name] for name in STANDING} == {name: rows[0][name] for name in STANDING}


def test_three_hundred_renders_and_sixty_loads(zam_plugins):
    options = "--renders 300 --loads 60 --warm-up 150 --every 50 --plugins zam_eq2,zam_comp_x2,dragonfly_plate"
    rows = soak(*options.split())
    assert rows[-1]["renders"] >= 300 and rows[-1]["loads"] >= 60
    check_nothing_stays(rows)
    assert growth(rows, "parent_mib") < 0.05 and growth(rows, "workers_mib") < 0.1


@pytest.mark.long
def test_ten_thousand_renders_and_a_thousand_loads(zam_plugins):
    rows = soak("--renders", "10000", "--loads", "1000")
    assert rows[-1]["renders"] >= 10_000 and rows[-1]["loads"] >= 1_000
    check_nothing_stays(rows)
    assert growth(rows, "parent_mib") < 0.05 and growth(rows, "workers_mib") < 0.05
