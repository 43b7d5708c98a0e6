"""`dawbridge translate`: what one plugin does, as settings of others."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dawbridge.cli.options import AsJson, Out, Quiet, Seed, Workers, print_result, progress_of
from dawbridge.units import format_value

if TYPE_CHECKING:
    from dawbridge.api import Translated


def translate(
    to: Annotated[str, typer.Option(help="The device one has, or several joined by +, in chain order.")],
    out: Out,
    presets: Annotated[
        list[Path] | None, typer.Argument(help="A .vstpreset, .fxp or .json; several make a chain.")
    ] = None,
    before: Annotated[Path | None, typer.Option(help="Audio before it (with a preset: what to send through).")] = None,
    after: Annotated[Path | None, typer.Option(help="The same audio after it, where there is no preset.")] = None,
    budget: Annotated[int | None, typer.Option(min=0, help="Strip renders (default: 2500).")] = None,
    seed: Seed = 0,
    workers: Workers = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Find the settings of TO that sound nearest to PRESETS, or to AFTER, and write its presets."""
    from dawbridge.api import translate as run

    found = run(presets or (), to, out, before, after, budget, seed, workers, progress_of(quiet or as_json))
    print_result(found.metrics, as_json, "\n".join(_lines(found)))


def _lines(found: "Translated") -> list[str]:
    metrics = found.metrics
    lines = [_row_line(row) for row in metrics["parameters"]]
    bands = metrics["octave_bands"]
    lines.append("octave, Hz    " + "".join(f"{_hertz(band['centre_hz']):>7}" for band in bands))
    lines.append("difference, dB" + "".join(f"{_figure(band['null_db']):>7}" for band in bands))
    lines += [f"note: {note}" for note in metrics["notes"]]
    return [*lines, _outcome(metrics), f"presets: {found.folder / 'presets'}"]


def _row_line(row: dict[str, Any]) -> str:
    remark = "  (default)" if row["is_default"] else ""
    if row["device"] == "channel" and row["value"]:
        remark = "  (of the channel: set it beside the preset)"
    return f"{row['device']:18} {row['parameter']:22} {format_value(row['value'], row['unit']):>12}{remark}"


def _outcome(metrics: dict[str, Any]) -> str:
    null_db, unprocessed = metrics["null_db"], metrics["baselines"]["unprocessed"]["null_db"]
    where = ", ".join(map(_hertz, metrics["residual_lies_at_hz"]))
    difference = f"difference {null_db:.1f} dB (without any effect {unprocessed:.1f} dB), most of it around {where} Hz"
    if metrics["is_near"]:
        return difference
    if metrics["is_spent"]:
        return f"{metrics['to']} did not come near with {metrics['budget_renders']} strip renders: {difference}"
    return f"{metrics['to']} cannot do this: {difference}"


def _hertz(hertz: float) -> str:
    return f"{hertz / 1000:.0f}k" if hertz >= 1000 else f"{hertz:.0f}"


def _figure(null_db: float | None) -> str:
    return "–" if null_db is None else f"{null_db:.0f}"
