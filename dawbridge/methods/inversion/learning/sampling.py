"""Sampling-training (Zhou, Yu and Wu 2024, section 3.2): predict, sample, render, train on the pairs, repeat.

In round t the network's prediction for the reference mix is sampled with sigma = sigma_first · decay^t, the
samples are rendered by the farm, and the same network is trained on (mix of the samples → their parameters)
by the mean square error. Ours: since a mix is the sum of its stems, a few renders per track are combined
into many mixes; samples are reflected at the ends of 0..1; the learning rate falls from round to round, and
rises over the first steps.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from dawbridge.methods.inversion.learning.examples import Examples, ProblemWindow
from dawbridge.methods.inversion.learning.layout import Layout
from dawbridge.methods.inversion.learning.weights import Network
from dawbridge.search.problem import Problem

WARM_UP_STEPS = 20


@dataclass(frozen=True)
class SamplingConfig:
    """The loop's sizes. The paper: 50 or 100 rounds, 10 epochs, batches of 4, Adam 5e-4 (0.5, 0.999).

    samples: renders per track, window and round; mixes: their combinations trained on, per window and round;
    sigma is in units of the 0..1 range
    """

    rounds: int = 8
    samples: int = 16
    mixes: int = 64
    epochs: int = 3
    batch: int = 8
    sigma_first: float = 0.4
    sigma_decay: float = 0.85
    learning_rate: float = 2e-3
    last_learning_rate: float = 3e-4
    betas: tuple[float, float] = (0.5, 0.999)

    def sigma(self, round_index: int) -> float:
        return self.sigma_first * self.sigma_decay**round_index

    def rate(self, round_index: int) -> float:
        """Learning rate of a round: a geometric line from the first to the last."""
        share = round_index / max(1, self.rounds - 1)
        return self.learning_rate * (self.last_learning_rate / self.learning_rate) ** share


class SamplingTraining:
    """The loop over one or more songs, a round at a time, so that the caller can save, show and stop."""

    def __init__(
        self,
        network: Network,
        problems: Sequence[tuple[Problem, Layout]],
        config: SamplingConfig,
        rng: np.random.Generator,
    ):
        self.network, self.config, self.rng = network, config, rng
        self.device = next(network.parameters()).device
        self.optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate, betas=config.betas)
        self.steps = 0
        self.use(problems)

    def use(self, problems: Sequence[tuple[Problem, Layout]]) -> None:
        """Go on with these songs."""
        self.songs = [_Song(problem, layout) for problem, layout in problems]

    def predict(self, song: int = 0) -> list[np.ndarray]:
        """Positions in 0..1 per track of a song, the mean over the windows in which the track is heard."""
        return self.songs[song].predict(self.network, self.device)

    def run_round(self, round_index: int, progress: Callable[[int], None] = lambda steps: None) -> float:
        """One round over all songs; the mean loss. `progress` is told of each finished training step."""
        made = self._sampled(round_index)
        losses = []
        cuda = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=cuda):
            # Dropout draws from torch's generator; the caller's decides it, and torch's own state stays.
            torch.manual_seed(int(self.rng.integers(2**62)))
            for _ in range(self.config.epochs):
                for examples, rows in self._batches(made):
                    losses.append(self._train_step(examples, rows, self.config.rate(round_index)))
                    progress(1)
        return float(np.mean(losses)) if losses else 0.0

    def steps_per_round(self) -> int:
        """Training steps in a round."""
        batches = -(-self.config.mixes // self.config.batch)
        return sum(self.config.epochs * batches * len(song.windows) for song in self.songs)

    def _sampled(self, round_index: int) -> list[Examples]:
        """The examples of every window. One window's stems are rendered while another's are made into
        mixes."""
        pending = []
        for song in self.songs:
            draws = song.draw(song.predict(self.network, self.device), self.config, round_index, self.rng)
            pending += [(window, draws) for window in song.windows]
        made = []
        with ThreadPoolExecutor(1) as ahead:
            coming = [ahead.submit(window.stems, draws) for window, draws in pending[:1]]
            for index, (window, draws) in enumerate(pending):
                stems = coming.pop().result()
                coming = [ahead.submit(other.stems, theirs) for other, theirs in pending[index + 1 : index + 2]]
                made.append(window.examples(draws, stems, self.config.mixes, self.rng))
        return made

    def _batches(self, made: list[Examples]) -> list[tuple[Examples, np.ndarray]]:
        """Every example once, in batches of one window each, in a new order."""
        batches = []
        for examples in made:
            order = self.rng.permutation(len(examples))
            batches += [(examples, order[i : i + self.config.batch]) for i in range(0, len(order), self.config.batch)]
        return [batches[index] for index in self.rng.permutation(len(batches))]

    def _train_step(self, examples: Examples, rows: np.ndarray, rate: float) -> float:
        self.network.train()
        self.steps += 1
        for group in self.optimizer.param_groups:
            group["lr"] = rate * min(1.0, self.steps / WARM_UP_STEPS)
        loss = examples.loss(self.network, rows, self.device)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        return float(loss.detach())


class _Song:
    def __init__(self, problem: Problem, layout: Layout):
        self.problem = problem
        heard = [number for number in range(len(problem.windows)) if problem.heard[problem.audible, number].any()]
        self.windows = [ProblemWindow(problem, layout, number) for number in heard]

    def predict(self, network: Network, device: torch.device) -> list[np.ndarray]:
        network.eval()
        positions = self.problem.defaults()
        answers: dict[int, list[np.ndarray]] = {}
        with torch.no_grad():
            for window in self.windows:
                for k, answer in window.predict(network, device).items():
                    answers.setdefault(k, []).append(answer)
        for k, rows in answers.items():
            positions[k] = (np.mean(rows, axis=0) + 1) / 2
        return positions

    def draw(
        self, positions: list[np.ndarray], config: SamplingConfig, round_index: int, rng: np.random.Generator
    ) -> dict[int, np.ndarray]:
        """Track → [samples, P] around the prediction."""
        draws = {}
        for k in self.problem.audible:
            noise = rng.normal(0, config.sigma(round_index), (config.samples, len(positions[k])))
            draws[k] = _reflected(positions[k] + noise)
        return draws


def _reflected(positions: np.ndarray) -> np.ndarray:
    """Back into 0..1 by reflection at both ends, so that no mass gathers there."""
    return np.abs(np.mod(positions + 1, 2) - 1)
