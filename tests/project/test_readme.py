"""Every command in the README and every example runs, on a song of two short tracks."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dawbridge.audio import Audio, write_audio

ROOT = Path(__file__).resolve().parents[2]
RATE = 22050
# Shown by tests of their own: they set up, take minutes, or need a dataset.
ELSEWHERE = ("python ", "tools/", "git ", "cd ", "dawbridge demo", "dawbridge train", "source ", "pip ")


def commands() -> list[str]:
    """The lines of the README's bash blocks, in order."""
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line and not line.startswith("#")]


def session_text() -> str:
    """The README's own session."""
    texts = re.findall(r"```json\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (text,) = (text for text in texts if "sample_rate" in text)
    return text


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    """A folder with `my-song/stems`, `my-song/mix.wav` (a beat and a tone, mixed by hand), and a session of them."""
    folder = tmp_path_factory.mktemp("readme")
    rng, seconds = np.random.default_rng(3), 2.0
    time_s = np.arange(int(seconds * RATE)) / RATE
    beat = 0.5 * rng.standard_normal(len(time_s)) * np.exp(-12 * (time_s % 0.5))
    tone = 0.2 * np.sin(2 * np.pi * 220 * time_s) * (time_s > 0.4)
    for name, samples in {"beat": beat, "tone": tone}.items():
        write_audio(folder / "my-song/stems" / f"{name}.wav", Audio(samples[None], RATE))
    mix = np.stack([0.7 * beat + 0.4 * tone, 0.5 * beat + 0.8 * tone])
    write_audio(folder / "my-song/mix.wav", Audio(mix, RATE))
    (folder / "my-song/session.json").write_text(session_text(), encoding="utf-8")
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    """The finished process; its code must be 0."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
    return done


def test_every_command_of_the_readme_runs(song, zam_plugins):
    lines = [line for line in commands() if not line.startswith(ELSEWHERE)]
    assert len(lines) >= 5
    for line in lines:
        words = shlex.split(line, comments=True)
        assert words[0] == "dawbridge", line
        run(song, sys.executable, "-m", "dawbridge", *words[1:])


def test_tools_named_in_the_readme_exist():
    for name in re.findall(r"tools/(\w+)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert (ROOT / "tools" / name).is_file(), name


def test_examples_run(song, zam_plugins):
    example = {path.stem: str(path) for path in (ROOT / "examples").glob("*.py")}
    python = sys.executable
    stems, mix = "my-song/stems", "my-song/mix.wav"
    found = run(song, python, example.pop("recover_a_mix"), stems, mix, "by-example", "60").stdout
    assert "null against the mix" in found and "Compressor" in found
    louder = run(song, python, example.pop("louder_vocal"), "by-example/session.json", "tone", "3", "louder").stdout
    assert "null_db" in louder
    run(song, python, example.pop("one_device"), mix, "squashed.wav", "zam_comp_x2", "threshold_db=-30", "ratio=8")
    assert (song / "squashed.wav").exists()
    band = run(song, python, example.pop("band_session"), "band", "band-mixed").stdout
    assert "stems_that_sum_to_the_mix" in band and (song / "band-mixed/stems/hall.wav").exists()
    assert not example, "an example without a test"


def test_examples_are_short():
    for path in (ROOT / "examples").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 40, path.name
