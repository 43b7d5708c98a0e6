"""The developers' scripts parse, are executable, and are quick where there is nothing to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def is_bash(path: Path) -> bool:
    """Whether the file says that it is a bash script."""
    return path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env bash")


SCRIPTS = [path for path in sorted([*(ROOT / "tools").iterdir(), ROOT / ".ci/run"]) if is_bash(path)]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_parses_and_can_be_run(script: Path):
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert os.access(script, os.X_OK)


def test_the_promised_scripts_are_there():
    assert {"setup", "fetch_plugins", "demo", "test", "check", "run"} <= {path.name for path in SCRIPTS}


def test_fetching_plugins_again_fetches_nothing(zam_plugins, tmp_path: Path):
    calls = tmp_path / "calls"
    for program in ("apt-get", "apt-cache"):
        (tmp_path / program).write_text(f'#!/bin/sh\necho "$0 $@" >>{calls}\n')
        (tmp_path / program).chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT / "tools/fetch_plugins"], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert not calls.exists(), "every package is in place"


def test_fetching_plugins_without_apt_says_so_and_succeeds(tmp_path: Path):
    for program in ("bash", "dirname", "env"):
        (tmp_path / program).symlink_to(Path("/usr/bin") / program)
    done = subprocess.run(
        ["/usr/bin/env", "bash", ROOT / "tools/fetch_plugins"],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert "built-in devices" in done.stderr


def test_an_unknown_option_is_an_error_with_the_usage():
    done = subprocess.run([ROOT / "tools/fetch_plugins", "--nonsense"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--ardour" in done.stderr


@pytest.mark.parametrize(
    ("reason", "ci", "status"),
    [
        ("plugin missing: run tools/fetch_plugins", "true", 1),
        ("plugin missing: run tools/fetch_plugins", "", 0),
        ("shared data: not there", "true", 0),
    ],
)
def test_a_skip_fails_the_build_server_alone(tmp_path: Path, reason: str, ci: str, status: int):
    shutil.copy(ROOT / "tests/conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        f"def test_skips(): pytest.skip({reason!r})\n"
        "@pytest.mark.xfail\n"
        "def test_expected_failure(): assert False\n"
    )
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-c", ROOT / "pyproject.toml", "--rootdir", tmp_path]
    done = subprocess.run(
        [*pytest_here, tmp_path],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"CI": ci},
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert ("should have run" in done.stdout) == bool(status)
