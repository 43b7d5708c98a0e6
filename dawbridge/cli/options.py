"""Options that several verbs share, and how they speak."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dawbridge.progress import Progress, progress_for

Out = Annotated[Path, typer.Option(help="Folder to write; new, empty, or an earlier result.")]
Workers = Annotated[int | None, typer.Option(min=1, max=256, help="Render processes (default: one per core).")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
AllowMissing = Annotated[
    bool,
    typer.Option(
        "--allow-missing",
        help="Go on without plugins, audio and MIDI files that are not there; an export keeps plugins' states.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="The same seed gives the same session.")]


def progress_of(is_quiet: bool) -> Progress:
    """Progress on standard error, or none."""
    return progress_for(sys.stderr, is_quiet)


def print_result(data: dict[str, Any], as_json: bool, text: str) -> None:
    """The result for a script, or for a person."""
    print(json.dumps(data) if as_json else text)


def losses_line(folder: Path, count: int) -> str:
    """How many losses there are, and where their list is: in `folder`."""
    listed = f", listed in {folder / 'losses.json'}" if count else ""
    return f"{folder}: {count} {'loss' if count == 1 else 'losses'}{listed}"
