"""`dawbridge train inversion`: one network for any song, by sampling-training over windows of a folder of
songs.

In: a SamplingTrainConfig. Out, in a folder: `checkpoint.safetensors` after every round (training resumes from it
exactly), `log.jsonl` with a line per round, and at the end `weights.safetensors`. Each round draws windows,
gives each a hidden mix (or takes the song's own), and runs the loop of sampling.py over them.
"""

import json
import os
import time
from pathlib import Path

import numpy as np
import torch

from dawbridge.datasets import find_all_songs
from dawbridge.datasets.song_windows import SongWindow
from dawbridge.errors import InputError
from dawbridge.files import write_text
from dawbridge.methods.inversion.learning.examples import Examples, ProblemWindow
from dawbridge.methods.inversion.learning.layout import make_layout
from dawbridge.methods.inversion.learning.sampling import SamplingTraining
from dawbridge.methods.inversion.learning.train_config import (
    LeastSquaresTrainConfig,
    SamplingTrainConfig,
    read_train_config,
)
from dawbridge.methods.inversion.learning.train_least_squares import EXAMPLES, train_least_squares
from dawbridge.methods.inversion.learning.training_problems import (
    check_chain_for_training,
    no_stems,
    pose_window,
    song_windows,
)
from dawbridge.methods.inversion.learning.weights import chain_facts
from dawbridge.networks import InversionConfig, InversionNetwork
from dawbridge.networks.torch_device import find_torch_device
from dawbridge.progress import Progress
from dawbridge.render import Farm
from dawbridge.session.chain import Chain, read_chain
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.training import read_checkpoint, write_checkpoint, write_network

__all__ = ["SamplingTrainConfig", "read_train_config", "train"]

CHECKPOINT, LOG, WEIGHTS = "checkpoint.safetensors", "log.jsonl", "weights.safetensors"
NETWORKS = {"small": InversionConfig.small, "paper": InversionConfig.paper}
HELD_OUT_SAMPLES, HELD_OUT_MIXES = 8, 16


def train(
    config: SamplingTrainConfig | LeastSquaresTrainConfig,
    out: Path,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train, and return the path of the weights. With `resume` go on after the last round in `out`.

    Raises InputError for songs, chains or devices that cannot be used, for a folder that holds a training
    already (without `resume`) or one of another configuration (with it).
    """
    _check_out(out, resume, config)
    workers, progress = workers or os.cpu_count() or 1, progress or Progress()
    if isinstance(config, LeastSquaresTrainConfig):
        return train_least_squares(config, out, workers, progress)
    chain = read_chain(config.chain)
    check_chain_for_training(chain)
    device = find_torch_device(config.device, "give device = auto, cpu or cuda")
    with Farm(workers) as farm:
        trainer = _Trainer(config, chain, device, farm, progress)
        first = trainer.resume(out) if resume else 0
        for number in range(first, config.rounds):
            trainer.round(number, out)
    path = out / WEIGHTS
    write_network(path, trainer.network, chain_facts(chain.of_track("")))
    return path


def _check_out(out: Path, resume: bool, config: SamplingTrainConfig | LeastSquaresTrainConfig) -> None:
    begun = EXAMPLES if isinstance(config, LeastSquaresTrainConfig) else CHECKPOINT
    if resume and not (out / begun).exists():
        raise InputError(f"{out}: no {begun} to resume from; start without --resume")
    if not resume and out.exists() and (not out.is_dir() or any(out.iterdir())):
        hint = "add --resume to go on with it, or " if (out / begun).exists() else ""
        raise InputError(f"{out}: is in use; {hint}give a new or empty folder")


class _Trainer:
    """The state between rounds: network, Adam, the random generator and the lines of the log."""

    def __init__(self, config: SamplingTrainConfig, chain: Chain, device: torch.device, farm: Farm, progress: Progress):
        self.config, self.chain, self.device, self.farm, self.progress = config, chain, device, farm, progress
        self.layout = make_layout((ParameterSpace(chain.of_track("")),))
        self.network = InversionNetwork.seeded(NETWORKS[config.network](self.layout.size), config.seed).to(device)
        self.rng = np.random.default_rng(config.seed)
        self.training = SamplingTraining(self.network, [], config.sampling(), self.rng)
        self.log: list[dict] = []
        self._read_songs()

    def _read_songs(self) -> None:
        songs = find_all_songs(self.config.songs, self.progress.say)
        self.progress.start("reading songs", len(songs))
        self.windows: list[SongWindow] = []
        held_out: list[SongWindow] = []
        rng = np.random.default_rng([self.config.seed, 1])
        for song in songs:
            windows = song_windows(song, self.config)
            order = rng.permutation(len(windows))
            held_out_count = min(self.config.windows_held_out, len(windows) - 1)
            held_out += [windows[index] for index in order[:held_out_count]]
            self.windows += [windows[index] for index in order[max(held_out_count, 0) :]]
            self.progress.advance(1, song.name)
        if not self.windows:
            raise no_stems(self.config)
        self.held_out = [self._held_out_examples(window, rng) for window in held_out]

    def _held_out_examples(self, window: SongWindow, rng: np.random.Generator) -> Examples:
        """Mixes of uniformly drawn parameters, of windows that are never trained on."""
        problem = pose_window(window, self.chain, self.config, self.farm, rng)
        draws = {k: rng.random((HELD_OUT_SAMPLES, problem.spaces[k].size)) for k in problem.audible}
        view = ProblemWindow(problem, make_layout(problem.spaces), 0)
        return view.examples(draws, view.stems(draws), HELD_OUT_MIXES, rng)

    def resume(self, out: Path) -> int:
        """Everything as it was after the last round in `out`; the round to go on with."""
        facts = read_checkpoint(out / CHECKPOINT, self.network, self.training.optimizer)
        if facts.get("config") != self._config_facts():
            raise InputError(f"{out}: a training of another configuration; give the same file, or another folder")
        self.rng.bit_generator.state = facts["rng"]
        self.training.steps = facts["steps"]
        self.log = facts["log"]
        return facts["rounds"]

    def _config_facts(self) -> dict:
        return json.loads(self.config.model_dump_json(exclude={"songs", "device"}))

    def round(self, number: int, out: Path) -> None:
        """One round, its line in the log, and the checkpoint."""
        began, strips = time.monotonic(), self.farm.rendered_strips
        count = min(self.config.windows_per_round, len(self.windows))
        chosen = [self.windows[index] for index in self.rng.permutation(len(self.windows))[:count]]
        problems = [pose_window(window, self.chain, self.config, self.farm, self.rng) for window in chosen]
        self.training.use([(problem, make_layout(problem.spaces)) for problem in problems])
        name = f"round {number + 1} of {self.config.rounds}"
        self.progress.start(name, self.training.steps_per_round())
        loss = self.training.run_round(number, self.progress.advance)
        line = {
            "round": number,
            "loss": loss,
            "held_out_loss": self.held_out_loss(),
            "sigma": self.training.config.sigma(number),
            "learning_rate": self.training.config.rate(number),
            "strip_renders": self.farm.rendered_strips - strips,
            "seconds": round(time.monotonic() - began, 1),
        }
        self.progress.advance(0, f"loss {loss:.4f}, held out {line['held_out_loss']}")
        self.log.append(line)
        self._save(number + 1, out)

    def held_out_loss(self) -> float | None:
        """The mean square error on the held-out windows, None where there are none."""
        self.network.eval()
        with torch.no_grad():
            losses = [float(e.loss(self.network, np.arange(len(e)), self.device)) for e in self.held_out]
        return float(np.mean(losses)) if losses else None

    def _save(self, rounds: int, out: Path) -> None:
        facts = {
            "config": self._config_facts(),
            "rounds": rounds,
            "steps": self.training.steps,
            "rng": self.rng.bit_generator.state,
            "log": self.log,
        }
        write_checkpoint(out / CHECKPOINT, self.network, self.training.optimizer, facts)
        write_text(out / LOG, "".join(json.dumps(line) + "\n" for line in self.log))
