"""Sampling-training (Zhou, Yu and Wu 2024, section 3.2): predict, sample, render, train on the pairs, repeat.

In round t the network's prediction for the reference mix is sampled with sigma = sigma_first · decay^t, the samples
are rendered by the farm, and the same network is trained on (mix of the samples → their parameters) by the mean
square error. Ours: since a mix is the sum of its stems, each epoch draws a new combination of the rendered stems, so
that S renders per track give S^K mixes; samples are reflected at the ends of 0..1, and rounds in which a track keeps
its prediction exactly do not occur.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from dawbridge.features.mel import log_mel
from dawbridge.methods.inversion.layout import Layout
from dawbridge.methods.inversion.problem import Candidate, Problem
from dawbridge.networks import InversionNetwork


@dataclass(frozen=True)
class SamplingConfig:
    """The loop's sizes. The paper: 50 or 100 rounds, 10 epochs, batches of 4, Adam 5e-4 (0.5, 0.999).

    samples: mixes drawn per song and round; sigma is in units of the 0..1 range
    """

    rounds: int = 10
    samples: int = 16
    epochs: int = 10
    batch: int = 8
    sigma_first: float = 0.4
    sigma_decay: float = 0.85
    learning_rate: float = 5e-4
    last_learning_rate: float = 5e-4
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
        network: InversionNetwork,
        problems: list[tuple[Problem, Layout]],
        config: SamplingConfig,
        rng: np.random.Generator,
    ):
        self.network, self.config, self.rng = network, config, rng
        self.songs = [_Song(problem, layout) for problem, layout in problems]
        self.optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate, betas=config.betas)

    def predict(self, song: int = 0) -> list[np.ndarray]:
        """Positions in 0..1 per track of a song, the mean over the windows in which the track is heard."""
        return self.songs[song].predict(self.network)

    def run_round(self, round_index: int, progress: Callable[[int], None] = lambda steps: None) -> float:
        """One round over all songs; the mean loss. `progress` is told of each finished training step."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.rate(round_index)
        losses = []
        for song in self.songs:
            draws = song.draw(self.network, self.config.samples, self.config.sigma(round_index), self.rng)
            stems = song.render(draws)
            for _ in range(self.config.epochs):
                losses += self._train_epoch(song, draws, stems, progress)
            del stems
        return float(np.mean(losses))

    def steps_per_round(self) -> int:
        """Training steps in a round."""
        batches = -(-self.config.samples // self.config.batch)
        return sum(self.config.epochs * batches * len(song.windows) for song in self.songs)

    def _train_epoch(self, song: "_Song", draws, stems, progress) -> list[float]:
        losses = []
        self.network.train()
        for window in song.windows:
            order = np.stack([self.rng.permutation(self.config.samples) for _ in window.tracks])  # [K, S]
            for first in range(0, self.config.samples, self.config.batch):
                chosen = order[:, first : first + self.config.batch]  # [K, B]
                losses.append(self._train_step(song, window, draws, stems, chosen))
                progress(1)
        return losses

    def _train_step(self, song, window, draws, stems, chosen) -> float:
        mixes = sum(stems[k, window.number][rows].astype(np.float32) for k, rows in zip(window.tracks, chosen))
        features = log_mel(torch.from_numpy(mixes), song.problem.sample_rate)  # [B, 2, N, 80]
        answer = self.network(features, window.features)  # [B, K, n_outputs]
        loss = torch.zeros(())
        count = 0
        for place, (k, rows) in enumerate(zip(window.tracks, chosen)):
            wanted = torch.from_numpy(draws[k][rows]).float() * 2 - 1  # [B, P]
            loss = loss + (answer[:, place, song.layout.of(k)] - wanted).square().sum()
            count += wanted.numel()
        loss = loss / count
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        return float(loss.detach())


@dataclass(frozen=True)
class _SongWindow:
    """One window: which tracks sound in it, their spectra [K, 2, N, 80] and the reference mix's [1, 2, N, 80]."""

    number: int
    tracks: tuple[int, ...]
    features: torch.Tensor
    mix: torch.Tensor


class _Song:
    def __init__(self, problem: Problem, layout: Layout):
        self.problem, self.layout = problem, layout
        self.windows = [self._window(number) for number in range(len(problem.windows))]
        self.windows = [window for window in self.windows if window.tracks]

    def _window(self, number: int) -> _SongWindow:
        tracks = tuple(k for k in self.problem.audible if self.problem.heard[k, number])
        lead = self.problem.windows[number].lead_samples
        dry = [self.problem.dry[k, number][:, lead:] for k in tracks]
        stereo = [np.repeat(x, 2, axis=0) if x.shape[0] == 1 else x for x in dry]
        target = torch.from_numpy(self.problem.target[number])[None]
        rate = self.problem.sample_rate
        features = log_mel(torch.from_numpy(np.stack(stereo)), rate) if stereo else torch.empty(0)
        return _SongWindow(number, tracks, features, log_mel(target, rate))

    def predict(self, network: InversionNetwork) -> list[np.ndarray]:
        network.eval()
        positions = self.problem.defaults()
        answers: dict[int, list[np.ndarray]] = {}
        with torch.no_grad():
            for window in self.windows:
                answer = network(window.mix, window.features)[0]  # [K, n_outputs]
                for place, k in enumerate(window.tracks):
                    answers.setdefault(k, []).append(answer[place, self.layout.of(k)].double().numpy())
        for k, rows in answers.items():
            positions[k] = (np.mean(rows, axis=0) + 1) / 2
        return positions

    def draw(self, network, count: int, sigma: float, rng: np.random.Generator) -> dict[int, np.ndarray]:
        """Track → [count, P] samples around the prediction."""
        positions = self.predict(network)
        noise = {k: rng.normal(0, sigma, (count, self.problem.spaces[k].size)) for k in self.problem.audible}
        return {k: _reflected(positions[k] + noise[k]) for k in self.problem.audible}

    def render(self, draws: dict[int, np.ndarray]) -> dict[tuple[int, int], np.ndarray]:
        """(track, window) → [count, 2, n] float16: half the memory, and noise at -66 dB is of no account here."""
        places = [(k, w) for k in draws for w in self.problem.heard_in(k)]
        candidates = [Candidate(k, w, positions) for k, w in places for positions in draws[k]]
        stems, rendered = {}, self.problem.render(candidates)
        for k, w in places:
            stems[k, w] = np.stack([next(rendered).astype(np.float16) for _ in draws[k]])
        return stems


def _reflected(positions: np.ndarray) -> np.ndarray:
    """Back into 0..1 by reflection at both ends, so that no mass gathers there."""
    folded = np.abs(np.mod(positions + 1, 2) - 1)
    return folded
