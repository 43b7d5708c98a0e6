"""What a user's type checker sees: the verbs and their results have types, and wrong uses are errors."""

import subprocess
import sys
from pathlib import Path

import pytest

import dawbridge

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
from pathlib import Path

import dawbridge as db

found = db.recover("stems", Path("mix.wav"), "out", budget=200)
null_db: float | None = found.findings.null_db
names: list[str] = [track.name for track in found.session.tracks]
count: int = db.recover("stems", "mix.wav", "out", budget="many")
db.render(session=3, out="again")
db.automagic
"""


def test_the_package_says_that_it_has_types():
    assert (Path(dawbridge.__file__).parent / "py.typed").is_file()


@pytest.mark.long
def test_a_users_checker_finds_wrong_uses_and_no_others(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file=", "--no-incremental", "--follow-imports=silent", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)
    wrong = [line for line in done.stdout.splitlines() if ": error:" in line and "script.py" in line]
    assert [line.split(":")[1] for line in wrong] == ["9", "9", "10", "11"], done.stdout
