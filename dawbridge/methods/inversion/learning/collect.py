"""Examples for the quick network, collected once: the features of random mixes of many songs' windows.

In: a LeastSquaresTrainConfig. Out: one file per window in a folder. Each window has a random generator of its own, so
a collection that was stopped goes on where it was and gives the same examples.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch import Tensor

from dawbridge.datasets import find_all_songs
from dawbridge.datasets.song_windows import SongWindow
from dawbridge.errors import InputError
from dawbridge.methods.inversion.learning.examples import ProblemWindow
from dawbridge.methods.inversion.learning.layout import make_layout
from dawbridge.methods.inversion.learning.train_config import LeastSquaresTrainConfig, RenderedWindowsConfig
from dawbridge.methods.inversion.learning.training_problems import (
    no_stems,
    pose_window,
    song_windows,
)
from dawbridge.names import safe_file_name
from dawbridge.progress import Progress
from dawbridge.render import Farm
from dawbridge.session.chain import Chain
from dawbridge.training import read_weights, write_tensors

# The keys of the configuration that decide what is collected.
COLLECTED = set(RenderedWindowsConfig.model_fields) - {"songs", "device"}


@dataclass(frozen=True)
class Collected:
    """Of one song: features of tracks in mixes `whole` [N, GLOBAL_FEATURES], and their parameters in -1…1 `wanted`
    [N, n_outputs]."""

    song: str
    whole: Tensor
    wanted: Tensor


def collect(
    config: LeastSquaresTrainConfig, chain: Chain, folder: Path, farm: Farm, progress: Progress
) -> list[Collected]:
    """The examples of all songs' windows, from `folder` or else made and written there."""
    songs = find_all_songs(config.songs, progress.say)
    facts = {"collected": config.model_dump(mode="json", include=COLLECTED), "chain": chain.model_dump(mode="json")}
    progress.start("collecting examples", len(songs) * config.windows_per_song)
    collected = []
    for song in songs:
        # No song's own mix is looked at: what its parameters are nobody knows.
        windows = song_windows(replace(song, mix=None), config)
        for number, window in enumerate(windows):
            path = folder / f"{safe_file_name(song.name)}-{number}.safetensors"
            if not path.is_file():
                rng = np.random.default_rng([config.seed, crc32(song.name.encode()), number])
                write_tensors(path, _examples(window, chain, config, farm, rng), facts)
            tensors, found = read_weights(path)
            if found != facts:
                raise InputError(f"{path}: made with another configuration; give the same file, or another folder")
            collected.append(Collected(song.name, tensors["whole"].float(), tensors["wanted"]))
            progress.advance(1, song.name)
        progress.advance(config.windows_per_song - len(windows))
    if not collected:
        raise no_stems(config)
    return collected


def _examples(
    window: SongWindow, chain: Chain, config: LeastSquaresTrainConfig, farm: Farm, rng: np.random.Generator
) -> dict[str, Tensor]:
    problem = pose_window(window, chain, config, farm, rng)
    view = ProblemWindow(problem, make_layout(problem.spaces), 0)
    draws = {k: rng.random((config.samples, problem.spaces[k].size)) for k in problem.audible}
    with torch.no_grad():
        whole, wanted = view.feature_examples(draws, view.stems(draws), config.mixes, rng)
    return {"whole": whole.flatten(0, 1).half(), "wanted": wanted.flatten(0, 1)}
