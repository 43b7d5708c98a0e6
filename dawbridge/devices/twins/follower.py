"""The compressor's envelope follower, y[t] = x[t] + (y[t-1] - x[t]) · p, and its gradient.

p is the attack's pole if x[t] > y[t-1], else the release's. torch would take the half a million steps of a song's
window one by one. Here the signal is cut into blocks that run in parallel, each from a guess of its first value. The
derivative of a block's last value by its first one is the product of its poles, so all first values are corrected at
once (Newton's method). The map from first to last value is monotone and piecewise linear. It is convex or concave,
depending on which pole is the larger. So no correction overshoots, and the exact solution is reached: with music after
three to nine rounds.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.nn.functional import pad

from dawbridge.devices.twins.recursion import from_blocks, linear_recursion, to_blocks

CLOSE_ENOUGH = 1e-10


def follow(levels: Tensor, attack_pole: Tensor, release_pole: Tensor) -> Tensor:
    """`levels` [B, n] smoothed by poles [B], starting at 0: [B, n] float64."""
    return _Follow.apply(levels.double(), attack_pole.double(), release_pole.double())


class _Follow(Function):
    @staticmethod
    def forward(ctx: FunctionCtx, levels: Tensor, attack_pole: Tensor, release_pole: Tensor) -> Tensor:
        followed = _solve(levels, attack_pole[:, None], release_pole[:, None])
        ctx.save_for_backward(levels, followed, attack_pole, release_pole)
        return followed

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """λ[t] = gradient[t] + p[t+1] · λ[t+1]: the recursion run backwards, with the poles that it used."""
        levels, followed, attack_pole, release_pole = ctx.saved_tensors
        before = pad(followed[:, :-1], (1, 0))
        attacks = levels > before
        poles = torch.where(attacks, attack_pole[:, None], release_pole[:, None])
        adjoint = linear_recursion(poles.roll(-1, dims=1).flip(1), gradient.flip(1)).flip(1)
        by_pole = adjoint * (before - levels)
        return adjoint * (1 - poles), (by_pole * attacks).sum(dim=1), (by_pole * ~attacks).sum(dim=1)


def _solve(levels: Tensor, attack_pole: Tensor, release_pole: Tensor) -> Tensor:
    blocks = to_blocks(levels)
    starts = torch.zeros_like(blocks[0])  # [B, blocks]
    for _ in range(blocks.shape[2] + 1):  # each round makes at least one more block exact
        values, slopes = _run(blocks, starts, attack_pole, release_pole)
        ends = linear_recursion(slopes, values[-1] - slopes * starts)
        corrected = pad(ends[:, :-1], (1, 0))
        if not (corrected - starts).abs().max() > CLOSE_ENOUGH:
            break
        starts = corrected
    return from_blocks(values, levels.shape[1])


def _run(blocks: Tensor, starts: Tensor, attack_pole: Tensor, release_pole: Tensor) -> tuple[Tensor, Tensor]:
    """The values of all blocks [BLOCK, B, blocks] from `starts`, and the derivatives of their last values by these."""
    values, value, slopes = torch.empty_like(blocks), starts, torch.ones_like(starts)
    for level, followed in zip(blocks, values):
        pole = torch.where(level > value, attack_pole, release_pole)
        value = torch.lerp(level, value, pole, out=followed)
        slopes = slopes * pole
    return values, slopes
