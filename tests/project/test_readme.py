"""Every README is true: its commands and Python blocks run, and what it names (files, scripts, options) exists.

Each README gets a fresh copy of the same small song and runs in it from top to bottom, as a reader would. The song's
`session.json` is the JSON session that one of the READMEs shows.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

from dawbridge.audio import Audio, write_audio
from dawbridge.cli.main import app
from dawbridge.paths import find_plugin_file

ROOT = next(folder for folder in Path(__file__).resolve().parents if (folder / "pyproject.toml").is_file())
SHIPPED = ("dawbridge", "plugins", "presets", "examples", "tools", "tests")
READMES = sorted(
    [ROOT / "README.md", *(ROOT / ".github").glob("*.md")]
    + [path for name in SHIPPED for path in (ROOT / name).rglob("README.md") if "fixtures" not in path.parts]
)
RATE, SECONDS = 22050, 2.0
LONGEST_FRONT_PAGE = 150
# Not run: they set up, take minutes, or need root or a dataset. Their scripts and options must exist.
NOT_RUN = re.compile(r"(\S*python )?tools/|\S*python -m |\S*pip |dawbridge (demo|train) |(git|cd|cp|sudo|source|\.) ")
# Named in a README, and made by a command rather than kept in the repository.
MADE = (".plugins", ".venv")

# What each example prints, and the file that it leaves with the arguments in the README.
PRINTED = {
    "recover_a_mix": ("null against the mix", "Compressor"),
    "louder_vocal": ("null_db",),
    "one_device": (),
    "band_session": ("stems_that_sum_to_the_mix",),
}
LEFT = {
    "recover_a_mix": "by-example/session.json",
    "louder_vocal": "louder/mix.wav",
    "one_device": "squashed.wav",
    "band_session": "band-mixed/stems/hall.wav",
}

every_readme = pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.relative_to(ROOT)))


@dataclass(frozen=True)
class Block:
    """A fenced block of Markdown: `language` and its lines, as they run."""

    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The commands of a bash block."""
        return [line for line in self.text.splitlines() if line.strip() and not line.startswith("#")]


def blocks(readme: Path, *languages: str) -> list[Block]:
    """The fenced blocks in one of `languages`, in order."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", readme.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [Block(language, text) for language, text in found if language in languages]


def prose(readme: Path) -> str:
    """The text outside of fenced blocks."""
    return re.sub(r"^```.*?^```", "", readme.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def spans(readme: Path) -> list[str]:
    """What stands between backticks in the prose, each on one line."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(readme))]


def session_text() -> str:
    """The one JSON session that the READMEs show."""
    shown = [block.text for readme in READMES for block in blocks(readme, "json")]
    (text,) = (text for text in shown if '"sample_rate"' in text)
    return text


@pytest.fixture(scope="module")
def model_song(tmp_path_factory) -> Path:
    """A folder with `my-song/stems`, `my-song/mix.wav` (a beat and a tone, mixed by hand), and a session of them."""
    folder = tmp_path_factory.mktemp("song")
    rng = np.random.default_rng(3)
    time_s = np.arange(int(SECONDS * RATE)) / RATE
    beat = 0.5 * rng.standard_normal(len(time_s)) * np.exp(-12 * (time_s % 0.5))
    tone = 0.2 * np.sin(2 * np.pi * 220 * time_s) * (time_s > 0.4)
    for name, samples in {"beat": beat, "tone": tone}.items():
        write_audio(folder / "my-song/stems" / f"{name}.wav", Audio(samples[None], RATE))
    mix = np.stack([0.7 * beat + 0.4 * tone, 0.5 * beat + 0.8 * tone])
    write_audio(folder / "my-song/mix.wav", Audio(mix, RATE))
    (folder / "my-song/session.json").write_text(session_text(), encoding="utf-8")
    return folder


@pytest.fixture
def song(model_song, tmp_path) -> Path:
    """A copy of the song for one README."""
    return shutil.copytree(model_song, tmp_path / "reader")


def run(folder: Path, *command: str) -> str:
    """What the command printed; it must end with exit code 0."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def run_line(folder: Path, line: str) -> None:
    """Run one line of a bash block, unless it is one of NOT_RUN."""
    if NOT_RUN.match(line):
        return
    first, *words = shlex.split(line, comments=True)
    if first == "dawbridge":
        words = [_plugin_here(word) for word in words]
        run(folder, sys.executable, "-m", "dawbridge", *words)
    else:
        assert first == "python" and words[0].startswith("examples/"), f"a test cannot run {line!r}"
        printed, name = run(folder, sys.executable, str(ROOT / words[0]), *words[1:]), Path(words[0]).stem
        assert all(text in printed for text in PRINTED[name]) and (folder / LEFT[name]).is_file(), line


def _plugin_here(word: str) -> str:
    """Where the plugin is on this machine, for the path at which Debian has it."""
    found = find_plugin_file(Path(word).name) if word.startswith("/usr/lib/vst") else None
    return str(found or word)


@every_readme
def test_commands_and_python_run(readme, song, zam_plugins):
    for block in blocks(readme, "bash", "python", "json"):
        if block.language == "python":
            run(song, sys.executable, "-c", block.text)
        elif block.language == "bash":
            for line in block.commands:
                run_line(song, line)
        elif "devices" in json.loads(block.text):
            (song / "my-chain.json").write_text(block.text, encoding="utf-8")
    made = [word for word in paths_named(readme) if (song / word.split("/")[0]).is_dir()]
    assert not [word for word in made if not (song / word).exists()], "named, and not written by a command"
    listed = [row for path in song.glob("*/losses.json") for row in json.loads(path.read_text(encoding="utf-8"))]
    for block in blocks(readme, "json"):
        if isinstance(shown := json.loads(block.text), list):
            assert all(row in listed for row in shown), f"losses that no command gave: {shown}"


def options_of_commands() -> dict[str, set[str]]:
    """Every `dawbridge` command, `plugins list` among them, and its long options."""
    found: dict[str, set[str]] = {}

    def add(name: str, command: Any) -> None:
        found[name] = {text for parameter in command.params for text in (*parameter.opts, *parameter.secondary_opts)}
        for sub_name, sub in getattr(command, "commands", {}).items():
            add(f"{name} {sub_name}".strip(), sub)

    add("", typer.main.get_command(app))
    return found


def named_options(line: str) -> list[str]:
    """The long options in a command line."""
    return re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)


def commands_named(readme: Path) -> Iterator[str]:
    """Every line of the bash blocks, and every command that stands between backticks."""
    for block in blocks(readme, "bash"):
        yield from block.commands
    yield from (span for span in spans(readme) if re.match(r"(\S*python )?tools/\w|dawbridge [a-z]", span))


@every_readme
def test_scripts_commands_and_options_exist(readme):
    known = options_of_commands()
    for line in commands_named(readme):
        if tool := re.match(r"(?:\S*python )?(tools/[\w.]+|examples/\w+\.py)", line):
            script = ROOT / tool[1]
            assert script.exists(), line
            text = script.read_text(encoding="utf-8") if script.is_file() else ""
            assert all(option in text or option == "--help" for option in named_options(line)), line
        elif line.startswith("dawbridge "):
            words = re.findall(r"[a-z]+(?= |$)", line.removeprefix("dawbridge "))
            name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
            assert name in known, line
            assert set(named_options(line)) <= known[name] | {"--help"}, line


@every_readme
def test_every_option_in_the_prose_exists(readme):
    scripts = [path for path in (ROOT / "tools").iterdir() if path.is_file()]
    known = " ".join(path.read_text(encoding="utf-8") for path in scripts)
    known += " ".join(option for options in options_of_commands().values() for option in options)
    for option in (option for span in spans(readme) for option in named_options(span)):
        assert option in known or option == "--help", f"no command takes {option}"


@every_readme
def test_links_lead_to_files_and_headings(readme):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(readme)):
        if target.startswith(("http:", "https:")):
            continue
        name, _, heading = target.partition("#")
        file = (readme.parent / name).resolve() if name else readme
        assert file.exists(), target
        if heading:
            assert heading in headings(file), target


def headings(readme: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", prose(readme), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def paths_named(readme: Path) -> list[str]:
    """The words between backticks that are paths, wildcards included."""
    words = [word for words in spans(readme) for word in words.split()]
    return [word for word in words if "/" in word and re.fullmatch(r"[\w.*-]+(/[\w.*-]+)*/?", word)]


@every_readme
def test_every_path_and_module_named_exists(readme):
    if readme.name == "CHANGELOG.md":
        return  # it also names what is gone
    for path in (path for path in paths_named(readme) if not path.startswith(MADE)):
        bases = [base for base in (readme.parent, ROOT) if (base / path.split("/")[0]).exists()]
        assert not bases or any(next(base.glob(path.rstrip("/")), None) for base in bases), path
    for span in spans(readme):
        if re.fullmatch(r"dawbridge(\.\w+)+", span):
            parent, _, name = span.rpartition(".")
            assert find_spec(parent) and (find_spec(span) or hasattr(import_module(parent), name)), span
        elif re.fullmatch(r"\w+\.(py|dsp)", span):
            assert any(next((ROOT / folder).rglob(span), None) for folder in SHIPPED), span


def test_the_front_page_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= LONGEST_FRONT_PAGE


def test_every_readme_says_where_it_belongs():
    for readme in READMES:
        if readme.name == "README.md" and readme.parent != ROOT:
            assert re.search(r"\]\((\.\./)+README\.md\)", readme.read_text(encoding="utf-8")), readme


def test_every_script_is_described():
    for folder, names in {"examples": "*.py", "tools": "*"}.items():
        text = (ROOT / folder / "README.md").read_text(encoding="utf-8")
        scripts = [path for path in (ROOT / folder).glob(names) if path.is_file() and path.suffix in ("", ".py")]
        assert not [path.name for path in scripts if f"{folder}/{path.name}" not in text]


def test_every_example_is_run():
    lines = [line for block in blocks(ROOT / "examples/README.md", "bash") for line in block.commands]
    run_there = {Path(line.split()[1]).stem for line in lines if line.startswith("python ")}
    assert run_there == {path.stem for path in (ROOT / "examples").glob("*.py")} == set(PRINTED)


def test_examples_are_short():
    for path in (ROOT / "examples").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 40, path.name
