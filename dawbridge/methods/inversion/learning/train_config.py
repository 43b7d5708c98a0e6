"""How a general inversion network is trained: the TOML file of `dawbridge train inversion`."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dawbridge.errors import InputError, reason_of
from dawbridge.methods.inversion.learning.sampling import SamplingConfig
from dawbridge.session.file import validated
from dawbridge.session.frozen_model import FrozenModel

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


def _folders(given):
    """One folder or several."""
    return (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else given


Folders = Annotated[tuple[str, ...], BeforeValidator(_folders)]


class WindowsConfig(FrozenModel):
    """What all trainings share. See presets/training for files with every key explained.

    songs: folders of songs (see datasets/folder.py), where relative: as seen from the configuration's folder
    windows_per_song: analysis windows cut from each song
    whole_songs_0to1: chance that a window keeps all its tracks; else some are left out (two stay)
    level_jitter_db: each raw track is made louder or softer by up to this much
    samples, mixes: renders of each track of a window, and how many mixes are made of them
    """

    songs: Folders
    chain: str = "console"
    seed: Annotated[int, Field(ge=0)] = 1
    device: str = "auto"
    windows_per_song: Count = 12
    window_s: Annotated[float, Field(ge=0.5, le=60)] = 5.0
    lead_s: Annotated[float, Field(ge=0, le=10)] = 1.0
    whole_songs_0to1: Share = 0.5
    level_jitter_db: Annotated[float, Field(ge=0, le=24)] = 6.0
    samples: Annotated[int, Field(ge=2)] = 16
    mixes: Count = 64


class TrainConfig(WindowsConfig):
    """Of sampling-training in rounds.

    windows_held_out: of a song's windows, how many only measure
    windows_per_round: how many of the others, drawn anew, a round is made of
    """

    network: Literal["small", "paper"] = "small"
    windows_held_out: Annotated[int, Field(ge=0)] = 1
    windows_per_round: Count = 12
    rounds: Count = 20
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


class TransferTrainConfig(WindowsConfig):
    """Of the quick network, on examples that are collected once.

    leave_one_out: songs; for each of them one more network is trained, on all songs but it
    features, blocks, dropout: see TransferConfig
    """

    network: Literal["transfer"]
    leave_one_out: tuple[str, ...] = ()
    epochs: Count = 16
    batch: Count = 256
    learning_rate: Positive = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    features: Count = 256
    blocks: Count = 2
    dropout: Share = 0.3


def read_train_config(path: Path) -> TrainConfig | TransferTrainConfig:
    """The configuration, with `songs` made absolute. Raises InputError that names the file and the key."""
    where = f"training configuration {path}"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{where}: cannot be read ({reason_of(error)}); check the path and the file") from None
    config = validated(TransferTrainConfig if data.get("network") == "transfer" else TrainConfig, data, where)
    return config.model_copy(update={"songs": tuple(str(path.parent.resolve() / folder) for folder in config.songs)})
