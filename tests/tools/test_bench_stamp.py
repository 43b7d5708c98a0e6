"""The stamp of a benchmark's figures: the checkout's own commit, and whether its tracked files differ from it."""

import re
import subprocess
from pathlib import Path

import pytest

from bench_parts.stamp import code_of, made_by, stamp


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    done = subprocess.run(["git", "-C", folder, *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A repository of one file and one commit."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "code.py").write_text("1\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def test_a_clean_checkout_is_stamped_with_its_commit(checkout):
    (checkout / "table.md").write_text("not tracked\n")
    made = stamp(checkout)
    assert git(checkout, "rev-parse", "HEAD").startswith(made["commit"]) and made["is_dirty"] is False
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", made["date"])


def test_a_tracked_file_that_differs_makes_it_dirty(checkout):
    (checkout / "code.py").write_text("2\n")
    made = stamp(checkout)
    assert made["is_dirty"] and made_by(made) == f"{made['commit']} changed {made['date']}"


def test_a_commit_within_a_run_does_not_change_what_is_loaded(checkout):
    first = stamp(checkout)["commit"]
    git(checkout, "commit", "--quiet", "--allow-empty", "--message", "second")
    assert stamp(checkout) | {"date": ""} == {"commit": first, "date": "", "is_dirty": True}


def test_another_repository_s_variables_do_not_count(checkout, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert stamp(checkout)["commit"]


def test_outside_git_there_is_no_commit(checkout, tmp_path):
    (checkout / "unpacked").mkdir()
    for folder in (tmp_path, checkout / "unpacked"):
        made = stamp(folder)
        assert made["commit"] is None and made["is_dirty"] is False
        assert code_of(made) == code_of(None) == "not recorded"
