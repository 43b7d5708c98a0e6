"""The compressor's smoothing, y[t] = x[t] + (y[t-1] - x[t]) · p, where p is the attack's pole if x[t] > y[t-1], else
the release's: a recursion of half a million steps that torch would take one by one, and its adjoint.

The sound is cut into blocks that run side by side, each from a guess of where it starts. How a block's end moves with
its start is known, the product of its poles; with it all starts are corrected at once (Newton's method). The map from
start to end is monotone and piecewise linear, convex or concave as one pole or the other is the larger, so no
correction overshoots, and it ends at the very solution: after three to nine rounds with music. No compiler is needed.
"""

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from dawbridge.devices.twins.recursion import from_blocks, linear_recursion, to_blocks

CLOSE_ENOUGH = 1e-10


def follow(levels: Tensor, attack_pole: Tensor, release_pole: Tensor) -> Tensor:
    """`levels` [B, n] smoothed from 0 on, by poles [B]; float64."""
    return _Follow.apply(levels.double(), attack_pole.double(), release_pole.double())


class _Follow(Function):
    @staticmethod
    def forward(ctx, levels: Tensor, attack_pole: Tensor, release_pole: Tensor) -> Tensor:
        followed = _solve(levels, attack_pole[:, None], release_pole[:, None])
        ctx.save_for_backward(levels, followed, attack_pole, release_pole)
        return followed

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor):
        """λ[t] = gradient[t] + p[t+1] · λ[t+1], the recursion run backwards with the poles it had taken."""
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
    for _ in range(blocks.shape[2] + 1):  # a round makes one more block right at least
        values, slopes = _run(blocks, starts, attack_pole, release_pole)
        ends = linear_recursion(slopes, values[-1] - slopes * starts)
        corrected = pad(ends[:, :-1], (1, 0))
        if not (corrected - starts).abs().max() > CLOSE_ENOUGH:
            break
        starts = corrected
    return from_blocks(values, levels.shape[1])


def _run(blocks: Tensor, starts: Tensor, attack_pole: Tensor, release_pole: Tensor) -> tuple[Tensor, Tensor]:
    """All blocks [BLOCK, B, blocks] followed from `starts`, and how their ends move with these."""
    values, value, slopes = torch.empty_like(blocks), starts, torch.ones_like(starts)
    for level, followed in zip(blocks, values):
        pole = torch.where(level > value, attack_pole, release_pole)
        value = torch.lerp(level, value, pole, out=followed)
        slopes = slopes * pole
    return values, slopes
