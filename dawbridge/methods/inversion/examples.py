"""What the network is trained on: one window's mixes of rendered stems, with the parameters they were made
of.

A mix is the sum of its stems: S renders of each of K tracks give S^K mixes. Their spectra and transfer
features are made once a round and reused in its epochs.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dawbridge.features.mel import log_mel
from dawbridge.features.transfer import TrackTransfer, Transfer
from dawbridge.methods.inversion.layout import Layout
from dawbridge.methods.inversion.problem import Candidate, Problem

MIXES_AT_ONCE = 8


@dataclass(frozen=True)
class Examples:
    """M mixes of one window: spectra [M, 2, N, 80] and transfer features, stored as float16 where they are
    large; wanted [M, K, n_outputs] in -1…1, where `counts` [K, n_outputs] is 1; the tracks' spectra [K, 2,
    N, 80]."""

    mixes: Tensor
    whole: Tensor
    course: Tensor
    wanted: Tensor
    counts: Tensor
    tracks: Tensor

    def __len__(self) -> int:
        return len(self.mixes)

    def loss(self, network, rows, device) -> Tensor:
        """Mean square error of the network's answers for these rows."""
        rows = torch.as_tensor(rows)
        transfer = Transfer(self.whole[rows].to(device), self.course[rows].float().to(device))
        answer = network(self.mixes[rows].float().to(device), self.tracks.to(device), transfer)
        square = (answer - self.wanted[rows].to(device)).square() * self.counts.to(device)
        return square.sum() / (self.counts.sum() * len(rows))


class SongWindow:
    """One window of a problem as the network sees it: the tracks heard in it, and the mix that is to be
    explained."""

    def __init__(self, problem: Problem, layout: Layout, number: int):
        self.problem, self.layout, self.number = problem, layout, number
        self.tracks = tuple(k for k in problem.audible if problem.heard[k, number])
        lead = problem.windows[number].lead_samples
        dry = [problem.dry[k, number][:, lead:] for k in self.tracks]
        stereo = [np.repeat(x, 2, axis=0) if x.shape[0] == 1 else x for x in dry]
        samples = torch.from_numpy(np.stack(stereo))
        self.spectra = log_mel(samples, problem.sample_rate)  # [K, 2, N, 80]
        self.transfer = TrackTransfer(samples, problem.sample_rate)
        target = torch.from_numpy(problem.target[number])[None]
        self.mix, self.mix_transfer = log_mel(target, problem.sample_rate), self.transfer(target)

    def predict(self, network, device) -> dict[int, np.ndarray]:
        """Track → the network's answer for the mix, in -1…1."""
        transfer = Transfer(*(part.to(device) for part in self.mix_transfer))
        answer = network(self.mix.to(device), self.spectra.to(device), transfer)[0].double().cpu().numpy()
        return {k: answer[place, self.layout.of(k)] for place, k in enumerate(self.tracks)}

    def examples(self, draws: dict[int, np.ndarray], stems: list[np.ndarray], count: int, rng) -> Examples:
        """`count` combinations of the stems that were rendered of `draws`."""
        samples = len(draws[self.tracks[0]])
        chosen = np.stack([_repeated_orders(samples, count, rng) for _ in self.tracks])  # [K, count]
        parts = [self._features(stems, chosen[:, i : i + MIXES_AT_ONCE]) for i in range(0, count, MIXES_AT_ONCE)]
        mixes, whole, course = (torch.cat(column) for column in zip(*parts))
        wanted = torch.zeros(count, len(self.tracks), self.layout.size)
        counts = torch.zeros(len(self.tracks), self.layout.size)
        for place, k in enumerate(self.tracks):
            wanted[:, place, self.layout.of(k)] = torch.from_numpy(draws[k][chosen[place]] * 2 - 1).float()
            counts[place, self.layout.of(k)] = 1
        return Examples(mixes, whole, course, wanted, counts, self.spectra)

    def stems(self, draws: dict[int, np.ndarray]) -> list[np.ndarray]:
        """Every track of the window rendered at its draws [S, P] in 0..1: per track [S, 2, n]."""
        candidates = [Candidate(k, self.number, positions) for k in self.tracks for positions in draws[k]]
        rendered = self.problem.render(candidates)
        return [np.stack([next(rendered) for _ in draws[k]]) for k in self.tracks]

    def _features(self, stems: list[np.ndarray], chosen: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        mixes = np.zeros((chosen.shape[1], *stems[0].shape[1:]), dtype=np.float32)
        for stem, rows in zip(stems, chosen):
            for mix, row in zip(mixes, rows):
                mix += stem[row]
        heard = torch.from_numpy(mixes)
        transfer = self.transfer(heard)
        return log_mel(heard, self.problem.sample_rate).half(), transfer.whole, transfer.course.half()


def _repeated_orders(samples: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` of `samples` rows, each as often as the others."""
    return np.concatenate([rng.permutation(samples) for _ in range(-(-count // samples))])[:count]
