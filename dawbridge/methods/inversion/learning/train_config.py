"""How a general inversion network is trained: the models of the TOML file of `dawbridge train inversion`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from dawbridge.methods.inversion.learning.sampling import SamplingConfig
from dawbridge.training.config import Count, Positive, Share, SongsConfig, read_training_config


class RenderedWindowsConfig(SongsConfig):
    """What both trainings share: windows of songs, rendered through a chain at random settings.

    whole_songs_0to1: chance that a window keeps all its tracks; else some are left out (two stay)
    level_jitter_db: each raw track is made louder or softer by up to this much
    samples, mixes: renders of each track of a window, and how many mixes are made of them
    """

    chain: str = "console"
    whole_songs_0to1: Share = 0.5
    level_jitter_db: Annotated[float, Field(ge=0, le=24)] = 6.0
    samples: Annotated[int, Field(ge=2)] = 16
    mixes: Count = 64


class SamplingTrainConfig(RenderedWindowsConfig):
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


class LeastSquaresTrainConfig(RenderedWindowsConfig):
    """Of the quick network, on examples that are collected once.

    leave_one_out: songs; for each of them one more network is trained, on all songs but it
    features, blocks, dropout: see `networks.LeastSquaresConfig`
    """

    network: Literal["least_squares"]
    leave_one_out: tuple[str, ...] = ()
    epochs: Count = 16
    batch: Count = 256
    learning_rate: Positive = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    features: Count = 256
    blocks: Count = 2
    dropout: Share = 0.3


InversionTrainConfig = SamplingTrainConfig | LeastSquaresTrainConfig


def read_train_config(path: Path) -> InversionTrainConfig:
    """The configuration, with `songs` made absolute. Raises InputError that names the file and the key."""
    return read_training_config(path, _model_for)


def _model_for(data: Mapping[str, Any]) -> type[SamplingTrainConfig] | type[LeastSquaresTrainConfig]:
    return LeastSquaresTrainConfig if data.get("network") == "least_squares" else SamplingTrainConfig
