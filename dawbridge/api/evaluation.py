"""evaluate: how close two audio files are."""

from pathlib import Path
from typing import Any

from dawbridge.audio import read_audio
from dawbridge.errors import InputError
from dawbridge.features.metrics import evaluate as evaluate_audio

LOUDNESS_LUFS = (-70.0, 0.0)


def evaluate(reference: Path | str, estimate: Path | str, normalise_lufs: float | None = -25.0) -> dict[str, Any]:
    """The metrics of two audio files of one length and sample rate; `normalised` holds them at that loudness."""
    if normalise_lufs is not None and not LOUDNESS_LUFS[0] <= normalise_lufs <= LOUDNESS_LUFS[1]:
        legal = "{:g}…{:g} LUFS".format(*LOUDNESS_LUFS)
        raise InputError(f"normalise={normalise_lufs:g} outside {legal}; -25 is the paper's")
    return evaluate_audio(read_audio(Path(reference)), read_audio(Path(estimate)), normalise_lufs)
