"""train: a method's network over a folder of songs."""

from pathlib import Path

from dawbridge.errors import InputError
from dawbridge.files import stands_already
from dawbridge.progress import Progress

METHODS = ("inversion",)


def train(
    method: str,
    config: Path | str,
    out: Path | str,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train by the TOML file `config` into the folder `out`; the weights' file. Raises InputError for bad input.

    What was finished when an interruption came stays in `out`, for `resume`.
    """
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}; known are {', '.join(METHODS)}")
    from dawbridge.methods.inversion.learning.train import read_train_config
    from dawbridge.methods.inversion.learning.train import train as train_inversion

    progress = progress or Progress()
    try:
        return train_inversion(read_train_config(Path(config)), Path(out), resume, workers, progress)
    except KeyboardInterrupt:
        if stands_already(Path(out)):
            progress.say(f"{out}: what is in it was finished; --resume goes on from there")
        raise
