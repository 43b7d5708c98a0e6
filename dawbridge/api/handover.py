"""What every verb that makes a mix writes into its folder: session, audio, presets, DAW sessions, metrics, report."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dawbridge.audio import write_audio
from dawbridge.errors import OutputError
from dawbridge.files import write_text
from dawbridge.formats import Loss, get_format, write_losses
from dawbridge.names import safe_file_name
from dawbridge.report import Page, write_report
from dawbridge.session import Rendered, Session, write_session

PRESETS = "presets"


def copy_sources(session: Session, sources: Mapping[str, Path], folder: Path) -> Session:
    """Copy each track's audio file into `folder/audio`, so that the session still opens after it was moved."""
    (folder / "audio").mkdir(parents=True)
    tracks = []
    for track in session.tracks:
        source = sources[track.name]
        name = f"audio/{safe_file_name(track.name)}{source.suffix.lower()}"
        try:
            shutil.copyfile(source, folder / name)
        except OSError as error:
            raise OutputError(f"{folder / name}: cannot be written ({error}); free space") from None
        tracks.append(track.model_copy(update={"audio": name}))
    return session.with_tracks(tracks)


def hand_over(
    folder: Path, session: Session, rendered: Rendered, formats: tuple[str, ...], metrics: dict[str, Any], page: Page
) -> dict[str, list[Loss]]:
    """Write everything but the dry audio into `folder`; `page` gets the losses, and `metrics` is written as it is.

    What each format could not carry, by where in the folder it stands.
    """
    write_session(session, folder / "session.json")
    write_mix(folder, rendered)
    losses = {name: _export(name, session, rendered, folder) for name in dict.fromkeys((PRESETS, *formats))}
    write_metrics(folder, metrics)
    write_report(folder / "report.html", replace(page, losses=losses, metrics=metrics))
    return {place_of(name): rows for name, rows in losses.items()}


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Write `metrics.json`."""
    write_text(folder / "metrics.json", json.dumps(metrics, indent=1, allow_nan=False) + "\n")


def place_of(format_name: str) -> str:
    """Where in the folder the session stands in that format."""
    return PRESETS if format_name == PRESETS else f"daw/{format_name}"


def write_mix(folder: Path, rendered: Rendered, with_stems: bool = True) -> None:
    """`mix.wav`, and `stems/<track>.wav`, whose sum it is."""
    write_audio(folder / "mix.wav", rendered.mix)
    if with_stems:
        for name, stem in rendered.stems.items():
            write_audio(folder / "stems" / f"{safe_file_name(name)}.wav", stem)


def _export(name: str, session: Session, rendered: Rendered, folder: Path) -> list:
    place = folder / place_of(name)
    losses = get_format(name).write(session, rendered, place, folder)
    write_losses(losses, place / "losses.json")
    return losses
