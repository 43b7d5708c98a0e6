"""`dawbridge render`: one session, or many with a JSON line each."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from dawbridge.cli.options import AllowMissing, AsJson, Out, Quiet, Workers, print_result, progress_of

BLOCK_SIZES = (16, 8192)


def render(
    sessions: Annotated[list[str], typer.Argument(help="Session files, ours or a DAW's; a glob in quotes will do.")],
    out: Out,
    stems: Annotated[bool, typer.Option("--stems", help="Write every track's and bus's stem too.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="TRACK/DEVICE/PARAMETER=VALUE", help="Change a value; may be given often."),
    ] = None,
    file_format: Annotated[str, typer.Option("--format", help="wav, flac or aiff.")] = "wav",
    bits: Annotated[int, typer.Option(help="16 or 24 (dithered), or 32 (float).")] = 32,
    loudness: Annotated[float | None, typer.Option(help="Bring the mix to this loudness in LUFS, by one gain.")] = None,
    true_peak: Annotated[float | None, typer.Option(help="Keep the mix below this true peak in dBTP.")] = None,
    block_size: Annotated[
        int, typer.Option(min=BLOCK_SIZES[0], max=BLOCK_SIZES[1], help="The host's block in samples.")
    ] = 512,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Keep strips on disk for the next render.")] = True,
    workers: Workers = None,
    allow_missing: AllowMissing = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Render sessions to audio: one into OUT, several into a folder each in OUT, with a JSON line each."""
    from dawbridge.api.rendering import RenderOptions, expand, render_many
    from dawbridge.api.rendering import render as render_one
    from dawbridge.audio import AudioFormat

    form = AudioFormat(file_format, bits)
    options = RenderOptions(stems, tuple(settings or ()), form, loudness, true_peak, allow_missing, block_size, cache)
    paths = expand(sessions)
    if len(paths) == 1 and sessions == [str(paths[0])]:
        summary = render_one(paths[0], out, options, workers, progress_of(quiet or as_json))
        print_result(summary, as_json, _text(summary, out / f"mix.{form.suffix}"))
        return 0
    rows = render_many(paths, out, options, workers, progress_of(quiet), lambda row: print(json.dumps(row), flush=True))
    return max((row.get("exit_code", 0) for row in rows), default=0)


def _text(summary: dict[str, Any], mix: Path) -> str:
    counts = f"{summary['tracks']} tracks" + (f", {summary['buses']} buses" if summary["buses"] else "")
    notes = [*(f"left out: {name}" for name in summary["bypassed"]), *summary["notes"]]
    return "\n".join([f"{mix}: {counts}, peak {summary['peak']:.3f}", *(f"  {note}" for note in notes)])
