"""Colonel and Reiss: gradient descent through differentiable effects.

*Reverse engineering of a recording mix with differentiable digital signal processing*, JASA 150 (2021), 608-619:
the effects are differentiable modules, their parameters follow the gradient of a multi-resolution spectral loss
between the mix and the target, for this one mix, without a network. Their modules are gain, pan, EQ and a reverb, no
dynamics; here they are the twins of the chain's own devices, its compressor included, so that what is found can be
rendered by the real chain. Only the abstract is open: the loss (MRSD, what the table measures), Adam's step and its
fall along a cosine, and the start at the defaults, off the ranges' ends, are ours. Steps: as many as the budget holds.
"""

import math

import numpy as np
import torch
from torch import Tensor

from dawbridge.features.spectral_loss import SpectralLoss
from dawbridge.search.problem import Problem
from inversion_bench.competitors.interface import Answer, Task
from inversion_bench.competitors.twin_mix import TwinMix

STEP, LAST_STEP = 0.2, 0.01  # in units of the logistic curve that holds positions in 0..1
OFF_THE_ENDS = 0.1  # where the curve is flat no gradient passes


def colonel_reiss(task: Task) -> Answer:
    """The positions of the least loss; a track's chain in one window, forth and back, counts as one strip render.

    Raises InputError for a chain with a device that has no twin.
    """
    search = _Search(task.problem)
    steps = search.affordable(task.budget)
    task.progress.start("gradient descent through the twins", steps)
    for step in range(steps):
        loss = search.step(LAST_STEP + (STEP - LAST_STEP) * (1 + math.cos(math.pi * step / steps)) / 2)
        task.progress.advance(note=f"loss {loss:.3f}")
    return Answer(search.best, renders=search.twins.renders, rendered_s=search.twins.rendered_s)


class _Search:
    def __init__(self, problem: Problem):
        self.problem, self.twins = problem, TwinMix(problem)
        self.best, self.least = problem.defaults(), math.inf
        inner = [np.clip(row, OFF_THE_ENDS, 1 - OFF_THE_ENDS) for row in self.best]
        self.logits = [torch.logit(torch.from_numpy(row)).requires_grad_(k in problem.audible)
                       for k, row in enumerate(inner)]  # fmt: skip
        self.adam = torch.optim.Adam([row for row in self.logits if row.requires_grad] or [torch.zeros(1)])
        self.losses = [SpectralLoss(torch.from_numpy(target)) for target in problem.target]
        self.fixed: list[Tensor] = []

    def affordable(self, budget: int) -> int:
        """How many steps so many strip renders hold; what never moves is rendered once."""
        heard = [(k, w) for k in range(self.problem.track_count) for w in self.problem.heard_in(k)]
        moving = sum(self.logits[k].requires_grad for k, _ in heard)
        return max(0, (budget - (len(heard) - moving)) // moving) if moving else 0

    def step(self, size: float) -> float:
        """One step of that size on all windows; the loss before it, of which the least is kept."""
        if not self.fixed:
            with torch.no_grad():
                self.fixed = [self._sum(w, is_moving=False) for w in range(len(self.losses))]
        self.adam.param_groups[0]["lr"] = size
        self.adam.zero_grad()
        total = 0.0
        for window, (loss, fixed) in enumerate(zip(self.losses, self.fixed)):
            error = loss(fixed + self._sum(window, is_moving=True)) / len(self.losses)
            error.backward()
            total += error.item()
        if total < self.least:
            self.least, self.best = total, self._positions()
        self.adam.step()
        return total

    def _sum(self, window: int, is_moving: bool) -> Tensor:
        """[2, n]: the tracks that move, or those that do not, in one window."""
        mix = torch.zeros(self.problem.target[window].shape)
        for k in np.flatnonzero(self.problem.heard[:, window]):
            if self.logits[k].requires_grad == is_moving:
                positions = self.logits[k].sigmoid() if is_moving else torch.from_numpy(self.best[k])
                mix = mix + self.twins.stem(k, window, positions)
        return mix

    def _positions(self) -> list[np.ndarray]:
        return [row.detach().sigmoid().numpy() if row.requires_grad else kept
                for row, kept in zip(self.logits, self.problem.defaults())]  # fmt: skip
