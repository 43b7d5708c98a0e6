"""Training configurations: the TOML file of `dawbridge train METHOD FILE`, checked by a pydantic model.

A method's own configuration extends `SongsConfig`, or `TrainingConfig` where it needs no songs. Files with every key
explained lie in `presets/training/`.
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

from dawbridge.errors import InputError, reason_of
from dawbridge.session.file import validated
from dawbridge.session.frozen_model import FrozenModel

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


def _folders(given: object) -> object:
    """One folder or several."""
    return (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else given


Folders = Annotated[tuple[str, ...], BeforeValidator(_folders)]


class TrainingConfig(FrozenModel):
    """What every training has. device: "auto", "cpu", "cuda" or another name that torch knows."""

    seed: Annotated[int, Field(ge=0)] = 1
    device: str = "auto"


class SongsConfig(TrainingConfig):
    """What every training on windows of songs has.

    songs: folders of songs (see `datasets.folder`); relative ones are seen from the configuration's own folder
    windows_per_song: analysis windows cut from each song
    window_s, lead_s: length of a window, and what is rendered before it so that effects have settled, in seconds
    """

    songs: Folders
    windows_per_song: Count = 12
    window_s: Annotated[float, Field(ge=0.5, le=60)] = 5.0
    lead_s: Annotated[float, Field(ge=0, le=10)] = 1.0


Config = TypeVar("Config", bound=TrainingConfig)


def read_training_config(path: Path, model_for: Callable[[Mapping[str, Any]], type[Config]]) -> Config:
    """The configuration in a TOML file, its `songs` made absolute. model_for: the file's keys → the model they fit.

    Raises InputError that names the file and the key.
    """
    where = f"training configuration {path}"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{where}: cannot be read ({reason_of(error)}); check the path and the file") from None
    config = validated(model_for(data), data, where)
    if not isinstance(config, SongsConfig):
        return config
    songs = tuple(str(path.parent.resolve() / folder) for folder in config.songs)
    return config.model_copy(update={"songs": songs})
