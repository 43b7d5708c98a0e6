"""How a general inversion network is trained: the TOML file of `dawbridge train inversion`."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from dawbridge.errors import InputError
from dawbridge.methods.inversion.sampling import SamplingConfig
from dawbridge.session.data import Data
from dawbridge.session.file import validated

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]


class TrainConfig(Data):
    """See presets/training for files with every key explained.

    songs: a folder of songs (see datasets/folder.py), where relative: as seen from the configuration's folder
    windows_per_song, windows_held_out: analysis windows cut from each song, and how many of them only measure
    windows_per_round: how many of the others, drawn anew, a round is made of
    whole_songs_0to1: chance that a window keeps all its tracks; else some are left out (two stay)
    level_jitter_db: each raw track is made louder or softer by up to this much
    """

    songs: str
    chain: str = "console"
    seed: Annotated[int, Field(ge=0)] = 1
    network: Literal["small", "paper"] = "small"
    device: str = "auto"
    windows_per_song: Count = 12
    windows_held_out: Annotated[int, Field(ge=0)] = 1
    windows_per_round: Count = 12
    window_s: Annotated[float, Field(ge=0.5, le=60)] = 5.0
    lead_s: Annotated[float, Field(ge=0, le=10)] = 1.0
    whole_songs_0to1: Annotated[float, Field(ge=0, le=1)] = 0.5
    level_jitter_db: Annotated[float, Field(ge=0, le=24)] = 6.0
    rounds: Count = 20
    samples: Annotated[int, Field(ge=2)] = 16
    mixes: Count = 64
    epochs: Count = 3
    batch: Count = 8
    sigma_first: Positive = 0.5
    sigma_decay: Annotated[float, Field(gt=0, le=1)] = 0.99
    learning_rate: Positive = 2e-3
    last_learning_rate: Positive = 1e-4
    betas: tuple[float, float] = (0.5, 0.999)

    def sampling(self) -> SamplingConfig:
        """The loop's part of the configuration."""
        return SamplingConfig(
            rounds=self.rounds,
            samples=self.samples,
            mixes=self.mixes,
            epochs=self.epochs,
            batch=self.batch,
            sigma_first=self.sigma_first,
            sigma_decay=self.sigma_decay,
            learning_rate=self.learning_rate,
            last_learning_rate=self.last_learning_rate,
            betas=self.betas,
        )


def read_train_config(path: Path) -> TrainConfig:
    """The configuration, with `songs` made absolute. Raises InputError that names the file and the key."""
    where = f"training configuration {path}"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{where}: cannot be read ({error})") from None
    config = validated(TrainConfig, data, where)
    return config.model_copy(update={"songs": str(path.parent.resolve() / config.songs)})
