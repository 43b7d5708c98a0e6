"""The command line: one function per verb, errors as one line and an exit code.

Exit codes: 0 done, 2 bad input or usage, 3 a plugin failed, 130 interrupted, 143 and 129 ended by SIGTERM and
SIGHUP, 1 anything else.
"""

import json
import sys
from collections.abc import Collection
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from dawbridge.cli.options import (
    AllowMissing,
    AsJson,
    Out,
    Quiet,
    Seed,
    Workers,
    losses_line,
    print_result,
    progress_of,
)
from dawbridge.cli.plugins import plugins_app
from dawbridge.cli.render import render
from dawbridge.cli.signals import signals_interrupt
from dawbridge.cli.translate import translate
from dawbridge.errors import DawbridgeError

if TYPE_CHECKING:
    from dawbridge.api import Recovered
    from dawbridge.formats import Loss

app = typer.Typer(
    name="dawbridge",
    help="From a mix back to its settings, and on into the DAW.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(plugins_app, name="plugins")

INTERRUPTED = 130
_UsageError: type = typer.BadParameter.__base__ or typer.BadParameter  # typer has no public name for it


@app.callback()
def options(debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False) -> None:
    """From a mix back to its settings, and on into the DAW."""


@app.command()
def demo(out: Out = Path("demo-out"), seed: Seed = 1, workers: Workers = None, quiet: Quiet = False) -> None:
    """A song, a mystery mix, its recovery and the export: no input needed."""
    from dawbridge.api.demo import demo as run

    print(run(out, seed=seed, workers=workers, progress=progress_of(quiet)))


@app.command()
def recover(
    stems: Annotated[Path, typer.Argument(help="Folder of raw tracks: WAV, FLAC, OGG or AIFF.")],
    mix: Annotated[Path, typer.Argument(help="The mixdown.")],
    out: Out,
    chain: Annotated[str, typer.Option(help="A chain's name, or a chain file.")] = "console",
    budget: Annotated[int | None, typer.Option(min=0, help="Strip renders in all (default: 1550 a track).")] = None,
    seed: Seed = 0,
    workers: Workers = None,
    formats: Annotated[str, typer.Option(help="Formats to write, separated by commas.")] = "presets,ardour",
    weights: Annotated[str | None, typer.Option(help="Start from trained weights: a name or a file.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Find the settings that make MIX of the tracks in STEMS, and write what a DAW opens."""
    from dawbridge.api import recover as run

    names = tuple(name.strip() for name in formats.split(",") if name.strip())
    progress = progress_of(quiet or as_json)
    found = run(stems, mix, out, chain, budget, seed, workers, names, weights, progress)
    print_result(found.metrics, as_json, _recovered_text(found))


app.command()(render)
app.command()(translate)


@app.command()
def export(
    session: Annotated[Path, typer.Argument(help="A session.json, .ardour, .dawproject or .rpp.")],
    format: Annotated[str, typer.Option(help="presets, ardour, dawproject or reaper.")],
    out: Out,
    workers: Workers = None,
    allow_missing: AllowMissing = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write a session for a DAW, and losses.json: what the format could not carry."""
    from dawbridge.api import export as run

    losses = run(session, format, out, workers, allow_missing, progress_of(quiet or as_json))
    data = {"out": str(out), "format": format, "losses": [asdict(loss) for loss in losses]}
    print_result(data, as_json, _losses_text(out, losses))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A DAW's session: .ardour, .dawproject or .rpp.")],
    out: Out,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Read a DAW's session into OUT: session.json, its audio, and losses.json: what a session cannot hold."""
    from dawbridge.api import import_session as run

    found = run(file, out, progress_of(quiet or as_json))
    counts = {"tracks": len(found.session.tracks), "buses": len(found.session.buses)}
    losses = {"losses": [asdict(loss) for loss in found.losses]}
    data = {"session": str(out / "session.json")} | counts | losses
    print_result(data, as_json, _losses_text(out, found.losses))


def _losses_text(out: Path, losses: "Collection[Loss]") -> str:
    rows = [f"  {loss.line}" for loss in losses]
    return "\n".join([losses_line(out, len(losses)), *rows])


@app.command()
def evaluate(
    ref: Annotated[Path, typer.Argument(help="The reference.")],
    est: Annotated[Path, typer.Argument(help="The estimate.")],
    normalise: Annotated[float, typer.Option(help="Loudness in LUFS for the normalised figures.")] = -25.0,
) -> None:
    """How close two audio files are: one JSON object."""
    from dawbridge.api import evaluate as run

    print(json.dumps(run(ref, est, normalise)))


@app.command()
def train(
    method: Annotated[str, typer.Argument(help="inversion.")],
    config: Annotated[Path, typer.Argument(help="A TOML file; see presets/training.")],
    out: Out,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in the folder.")] = False,
    workers: Workers = None,
    quiet: Quiet = False,
) -> None:
    """Train a method's network over a folder of songs, with checkpoints."""
    from dawbridge.api.train import train as run

    print(run(method, config, out, resume, workers, progress_of(quiet)))


@app.command()
def schema(
    kind: Annotated[str, typer.Argument(help="session, chain, inversion-metrics or translation-metrics.")],
) -> None:
    """The JSON Schema of session files, chain files, or a method's metrics.json."""
    from dawbridge.api.schemas import schema_path

    print(schema_path(kind).read_text(encoding="utf-8"), end="")


def _recovered_text(found: "Recovered") -> str:
    metrics, out = found.metrics, found.folder
    rows = {"recovered": metrics} | metrics["baselines"]
    lines = [f"{'':20}{'MAE':>12}{'MRSD':>12}{'null dB':>12}"]
    for name, row in rows.items():
        figures = (row[key] for key in ("mae", "mrsd", "null_db"))
        lines.append(f"{name:20}" + "".join(f"{'–' if f is None else format(f, '.4g'):>12}" for f in figures))
    lines += found.findings.warnings
    lines += [losses_line(out / folder, len(losses)) for folder, losses in found.losses.items()]
    return "\n".join([*lines, f"report: {out / 'report.html'}"])


def main() -> None:
    """Run the command line."""
    is_debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]  # it may stand after the verb
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal's letters cannot show is no failure
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with signals_interrupt() as received:
            code = app(arguments, standalone_mode=False, prog_name="dawbridge") or 0
    except Exception as error:
        if is_debug:
            raise
        code, message = _code_and_message(error)
        if message:
            print("dawbridge:", " ".join(message.splitlines()), file=sys.stderr)
    if code == INTERRUPTED:
        print(f"dawbridge: interrupted; {_what_stands()}", file=sys.stderr)
        code = 128 + received[0] if received else code
    sys.exit(code)


def _what_stands() -> str:
    """What an interruption left."""
    from dawbridge.files import written_folders

    folders = ", ".join(map(str, dict.fromkeys(written_folders())))
    return f"written before that: {folders}" if folders else "nothing was written"


def _code_and_message(error: Exception) -> tuple[int, str]:
    if isinstance(error, DawbridgeError):
        return error.exit_code, str(error)
    if isinstance(error, _UsageError):
        usage = cast(typer.BadParameter, error)
        verb = usage.ctx.command_path if usage.ctx else "dawbridge"
        text = usage.format_message()  # empty where the help was printed instead
        return usage.exit_code, text and f"{text} (see {verb} --help)"
    if isinstance(error, OSError) and error.filename:
        return 2, f"{error.filename}: {error.strerror}"
    return 1, f"{type(error).__name__}: {error} (--debug shows where)"
