"""render, export and evaluate: a session's audio, its form for a DAW, and how close two files are."""

import json
import os
from pathlib import Path
from typing import Any

from dawbridge.api.handover import write_mix
from dawbridge.audio import read_audio
from dawbridge.errors import InputError
from dawbridge.features.metrics import evaluate as evaluate_audio
from dawbridge.files import whole_folder, write_text
from dawbridge.formats import Loss, get_format, write_losses
from dawbridge.progress import Progress
from dawbridge.render import Farm, render_session
from dawbridge.session import Rendered, Session, read_session

LOUDNESS_LUFS = (-70.0, 0.0)


def load_session(path: Path | str) -> Session:
    """The session in a `session.json`. Raises InputError that names the file and the field."""
    return read_session(Path(path))


def render(
    session: Path | str,
    out: Path | str,
    with_stems: bool = False,
    workers: int | None = None,
    allows_missing: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Render a session file into the folder `out` (mix.wav, stems/ on request, metrics.json); a summary."""
    path = Path(session)
    loaded = read_session(path)
    with whole_folder(Path(out), _inputs(path, loaded)) as folder:
        rendered = _render(loaded, path.parent, workers, allows_missing, progress or Progress())
        write_mix(folder, rendered, with_stems)
        summary = {
            "session": loaded.name,
            "tracks": len(loaded.tracks),
            "sample_rate": loaded.sample_rate,
            "length_samples": loaded.length_samples,
            "peak": rendered.mix.peak,
            "bypassed": list(rendered.bypassed),
        }
        write_text(folder / "metrics.json", json.dumps(summary, indent=1) + "\n")
    return summary


def export(
    session: Path | str,
    format_name: str,
    out: Path | str,
    workers: int | None = None,
    allows_missing: bool = False,
    progress: Progress | None = None,
) -> list[Loss]:
    """Write a session file as `format_name` into the folder `out`, with losses.json; what was lost."""
    path = Path(session)
    target = get_format(format_name)
    loaded = read_session(path)
    with whole_folder(Path(out), _inputs(path, loaded)) as folder:
        rendered = _render(loaded, path.parent, workers, allows_missing, progress or Progress())
        losses = target.write(loaded, rendered, folder)
        write_losses(losses, folder / "losses.json")
    return losses


def evaluate(reference: Path | str, estimate: Path | str, normalise_lufs: float | None = -25.0) -> dict[str, Any]:
    """The metrics of two audio files of one length and sample rate; `normalised` holds them at that loudness."""
    if normalise_lufs is not None and not LOUDNESS_LUFS[0] <= normalise_lufs <= LOUDNESS_LUFS[1]:
        legal = "{:g}…{:g} LUFS".format(*LOUDNESS_LUFS)
        raise InputError(f"normalise={normalise_lufs:g} outside {legal}; -25 is the paper's")
    return evaluate_audio(read_audio(Path(reference)), read_audio(Path(estimate)), normalise_lufs)


def _render(session: Session, folder: Path, workers, allows_missing: bool, progress: Progress) -> Rendered:
    progress.start(f"rendering {session.name}", len(session.tracks))
    with Farm(workers or os.cpu_count() or 1) as farm:
        rendered = render_session(
            session, folder, farm, allows_missing=allows_missing, progress=lambda name: progress.advance(1, name)
        )
    progress.close()
    return rendered


def _inputs(path: Path, session: Session) -> list[Path]:
    return [path, *(path.parent / track.audio for track in session.tracks)]
