"""The wheel, built by way of an sdist and installed elsewhere, works without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SNIPPET = """
import json, sys
from pathlib import Path
import dawbridge
from dawbridge.paths import data_folder

site = Path(sys.argv[1]).resolve()
assert site in Path(dawbridge.__file__).resolve().parents, dawbridge.__file__
presets, plugins = data_folder("presets"), data_folder("plugins")
assert site in presets.resolve().parents and site in plugins.resolve().parents, (presets, plugins)
json.loads((presets / "chains" / "console.json").read_text())
assert list(plugins.glob("*.toml")), plugins
"""


def run(*command: str | Path, **options) -> str:
    """A command's standard output; what it said on failure is part of the assertion."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel was installed, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    # Without a flag, `build` makes the wheel from the sdist: both must be whole.
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index")
    run(*pip, "--target", folder / "site", wheel)
    return folder / "site"


@pytest.fixture
def elsewhere(site: Path, tmp_path: Path) -> dict:
    """Options for `run`: another folder, and the installed wheel before all else."""
    return {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(site)}}


def test_command_line_runs_from_the_wheel(elsewhere: dict):
    assert run(sys.executable, "-m", "dawbridge", "plugins", "list", **elsewhere).strip()


def test_wheel_carries_chains_and_plugin_tables(site: Path, elsewhere: dict):
    run(sys.executable, "-c", SNIPPET, site, **elsewhere)


def test_wheel_carries_every_data_file_of_the_package(site: Path):
    suffixes = {".py", ".cpp", ".css", ".dsp", ".h", ".j2", ".js", ".json", ".toml", ".typed"}
    expected = {path.relative_to(ROOT) for path in (ROOT / "dawbridge").rglob("*") if path.suffix in suffixes}
    installed = {path.relative_to(site) for path in site.rglob("*")}
    assert Path("dawbridge/py.typed") in expected
    assert expected <= installed, sorted(map(str, expected - installed))


def test_every_dependency_has_an_exact_pin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["test"]
    asked += project["build-system"]["requires"]
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonical(pin.split("==")[0]) for pin in pins if "==" in pin}
    assert {canonical(name) for name in asked} <= pinned


def canonical(requirement: str) -> str:
    """A requirement's bare name, as package indexes compare names."""
    return requirement.split(">")[0].strip().lower().replace("_", "-")
