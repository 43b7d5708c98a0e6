"""What the network is trained on: one window's mixes of rendered stems, with the parameters they were made
of.

A mix is the sum of its stems: S renders of each of K tracks give S^K mixes. Their spectra and transfer
features are made once a round and reused in its epochs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from dawbridge.features.least_squares import LeastSquaresExtractor, LeastSquaresFeatures
from dawbridge.features.mel import log_mel
from dawbridge.methods.inversion.learning.layout import Layout
from dawbridge.methods.inversion.learning.weights import Network
from dawbridge.search.problem import Candidate, Problem

MIXES_AT_ONCE = 8


@dataclass(frozen=True)
class Examples:
    """M mixes of one window: spectra [M, 2, N, 80] and transfer features, stored as float16 where they are
    large; wanted [M, K, n_outputs] in -1…1, where `counts` [K, n_outputs] is 1; the tracks' spectra [K, 2,
    N, 80]."""

    mixes: Tensor
    global_features: Tensor
    frame_features: Tensor
    wanted: Tensor
    counts: Tensor
    tracks: Tensor

    def __len__(self) -> int:
        return len(self.mixes)

    def loss(self, network: nn.Module, indices: np.ndarray, device: torch.device) -> Tensor:
        """Mean square error of the network's answers for the examples of these indices."""
        rows = torch.as_tensor(indices)
        features = LeastSquaresFeatures(
            self.global_features[rows].to(device), self.frame_features[rows].float().to(device)
        )
        answer = network(self.mixes[rows].float().to(device), self.tracks.to(device), features)
        square = (answer - self.wanted[rows].to(device)).square() * self.counts.to(device)
        return square.sum() / (self.counts.sum() * len(rows))


class ProblemWindow:
    """One window of a problem as the network sees it: the tracks heard in it, and the mix that is to be
    explained."""

    def __init__(self, problem: Problem, layout: Layout, number: int):
        self.problem, self.layout, self.number = problem, layout, number
        self.tracks = tuple(k for k in problem.audible if problem.heard[k, number])
        lead = problem.windows[number].lead_samples
        dry = [problem.dry[k, number][:, lead:] for k in self.tracks]
        stereo = [np.repeat(x, 2, axis=0) if x.shape[0] == 1 else x for x in dry]
        self.dry = torch.from_numpy(np.stack(stereo))
        self.extractor = LeastSquaresExtractor(self.dry, problem.sample_rate)

    @cached_property
    def spectra(self) -> Tensor:
        """[K, 2, N, 80]: the tracks'."""
        return log_mel(self.dry, self.problem.sample_rate)

    def predict(self, network: Network, device: torch.device) -> dict[int, np.ndarray]:
        """Track → the network's answer for the mix, in -1…1."""
        target = torch.from_numpy(self.problem.target[self.number])[None]
        features = LeastSquaresFeatures(*(part.to(device) for part in self.extractor(target)))
        mix, tracks = None, None
        if network.reads_spectra:
            mix, tracks = log_mel(target, self.problem.sample_rate).to(device), self.spectra.to(device)
        answer = network(mix, tracks, features)[0].double().cpu().numpy()
        return {k: answer[index, self.layout.of(k)] for index, k in enumerate(self.tracks)}

    def examples(
        self, draws: dict[int, np.ndarray], stems: list[np.ndarray], count: int, rng: np.random.Generator
    ) -> Examples:
        """`count` combinations of the stems that were rendered of `draws`."""
        chosen = self._chosen(draws, count, rng)
        parts = [(log_mel(heard, self.problem.sample_rate).half(), *self.extractor(heard))
                 for heard in _mixes(stems, chosen)]  # fmt: skip
        mixes, global_features, frame_features = (torch.cat(column) for column in zip(*parts))
        return Examples(mixes, global_features, frame_features.half(), *self._wanted(draws, chosen), self.spectra)

    def feature_examples(
        self, draws: dict[int, np.ndarray], stems: list[np.ndarray], count: int, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """The same for a network that reads no spectra: (features of the whole window [count, K, GLOBAL_FEATURES],
        wanted [count, K, n_outputs]); every track has every output."""
        chosen = self._chosen(draws, count, rng)
        global_features = torch.cat([self.extractor.global_features(heard) for heard in _mixes(stems, chosen)])
        return global_features, self._wanted(draws, chosen)[0]

    def _chosen(self, draws: dict[int, np.ndarray], count: int, rng: np.random.Generator) -> np.ndarray:
        """[K, count]: which draw of each track goes into which mix."""
        samples = len(draws[self.tracks[0]])
        return np.stack([_repeated_orders(samples, count, rng) for _ in self.tracks])

    def _wanted(self, draws: dict[int, np.ndarray], chosen: np.ndarray) -> tuple[Tensor, Tensor]:
        """`wanted` and `counts` of Examples."""
        wanted = torch.zeros(chosen.shape[1], len(self.tracks), self.layout.size)
        counts = torch.zeros(len(self.tracks), self.layout.size)
        for index, k in enumerate(self.tracks):
            wanted[:, index, self.layout.of(k)] = torch.from_numpy(draws[k][chosen[index]] * 2 - 1).float()
            counts[index, self.layout.of(k)] = 1
        return wanted, counts

    def stems(self, draws: dict[int, np.ndarray]) -> list[np.ndarray]:
        """Every track of the window rendered at its draws [S, P] in 0..1: per track [S, 2, n]."""
        candidates = [Candidate(k, self.number, positions) for k in self.tracks for positions in draws[k]]
        rendered = self.problem.render(candidates)
        return [np.stack([next(rendered) for _ in draws[k]]) for k in self.tracks]


def _mixes(stems: list[np.ndarray], chosen: np.ndarray) -> Iterator[Tensor]:
    """The mixes [B, 2, n] of the chosen stems, MIXES_AT_ONCE at a time."""
    for first in range(0, chosen.shape[1], MIXES_AT_ONCE):
        part = chosen[:, first : first + MIXES_AT_ONCE]
        mixes = np.zeros((part.shape[1], *stems[0].shape[1:]), dtype=np.float32)
        for stem, rows in zip(stems, part):
            for mix, row in zip(mixes, rows):
                mix += stem[row]
        yield torch.from_numpy(mixes)


def _repeated_orders(samples: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` of `samples` rows, each as often as the others."""
    return np.concatenate([rng.permutation(samples) for _ in range(-(-count // samples))])[:count]
