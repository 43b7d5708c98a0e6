"""train: a method's network over a folder of songs."""

from pathlib import Path

from dawbridge.files import stands_already
from dawbridge.methods.registry import get_trainable
from dawbridge.progress import Progress


def train(
    method: str,
    config: Path | str,
    out: Path | str,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train by the TOML file `config` into the folder `out`; the file of weights. Raises InputError for bad input.

    What was finished when an interruption came stays in `out`, for `resume`.
    """
    progress = progress or Progress()
    try:
        return get_trainable(method).train(Path(config), Path(out), resume, workers, progress)
    except KeyboardInterrupt:
        if stands_already(Path(out)):
            progress.say(f"{out}: what is in it was finished; --resume goes on from there")
        raise
