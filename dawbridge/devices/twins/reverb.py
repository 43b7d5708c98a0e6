"""The reverb's twin: the transfer functions of its damped combs and its all-passes, sampled.

The bank of filters depends on two numbers alone, so its slopes by them are computed beside it, which takes a third of
the time of a gradient through every comb.
"""

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from dawbridge.devices.twins.frequency_domain import Bins, FrequencyGrid

COMBS = (1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617)
ALLPASSES = (556, 441, 341, 225)
SPREAD = 23
MOST_DAMPING = 0.9
MOST_ALLPASS = 0.5


def reverb(samples: Tensor, values: dict[str, Tensor], sample_rate: int) -> Tensor:
    """The dry sound, and each side's bank fed with the mean of both channels."""
    grid = FrequencyGrid(samples.shape[-1], samples.device)
    falls_by = 10 ** (-3 / (sample_rate * values["decay_s"]))  # per sample
    bank = _Sampled.apply(falls_by, MOST_DAMPING * values["damping_0to1"], _Bank(grid, sample_rate))
    wet, dry = (values[name][:, None, None] for name in ("wet_0to1", "dry_0to1"))
    return (samples * dry + grid.filtered(samples.mean(dim=1, keepdim=True), bank) * wet).to(samples.dtype)


class _Sampled(Function):
    """(falls_by [B], damping [B], bank) → the bank's response [B, 2, bins]."""

    @staticmethod
    def forward(ctx, falls_by: Tensor, damping: Tensor, bank: "_Bank") -> Tensor:
        parts = [bank.response(bins, falls_by[:, None, None], damping[:, None]) for bins in bank.grid.chunks]
        response, *slopes = (torch.cat(rows, dim=-1) for rows in zip(*parts))
        ctx.save_for_backward(*slopes)
        return response

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor):
        return *((gradient * slope.conj()).real.sum(dim=(1, 2)) for slope in ctx.saved_tensors), None


class _Bank:
    """Eight combs side by side and four all-passes in a row per side, with delays L of z⁻ⁿ."""

    def __init__(self, grid: FrequencyGrid, sample_rate: int):
        self.grid = grid
        self.combs, self.allpasses = (_delays(row, sample_rate).to(grid.device) for row in (COMBS, ALLPASSES))
        self.single, self.ahead = grid.delay(1), grid.delay(-1)
        self.in_combs, self.in_allpasses = grid.delay(self.combs), grid.delay(self.allpasses)

    def response(self, bins: Bins, falls_by: Tensor, damping: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[B, 2, bins], and its slopes by `falls_by` [B, 1, 1] and `damping` [B, 1]."""
        pole = 1 / (1 - damping * self.single(bins))  # [B, bins]
        damped, damped_slope = (1 - damping) * pole, (self.single(bins) - 1) * pole**2
        combs, combs_by_fall, combs_by_damped = self._combs(bins, falls_by, damped[:, None])
        allpasses, allpasses_by_fall = self._allpasses(bins, falls_by)
        by_fall = combs_by_fall * allpasses + combs * allpasses_by_fall
        return combs * allpasses, by_fall, combs_by_damped * damped_slope[:, None] * allpasses

    def _combs(self, bins: Bins, falls_by: Tensor, damped: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The mean of L / (1 - f D L), each ahead by the sample that the loop holds; by falls_by, and by D."""
        feedback, late = falls_by**self.combs, self.in_combs(bins)  # [B, 2, 8], [2, 8, bins]
        combs = late / (1 - feedback[..., None] * (damped[:, :, None] * late))  # [B, 2, 8, bins]
        squares, share = combs**2, self.ahead(bins) / len(COMBS)
        by_fall = _weighted(self.combs * feedback / falls_by, squares) * damped
        return combs.sum(dim=2) * share, by_fall * share, _weighted(feedback, squares) * share

    def _allpasses(self, bins: Bins, falls_by: Tensor) -> tuple[Tensor, Tensor]:
        """The product of (L - g) / (1 - g L), and its slope by falls_by."""
        rung = falls_by ** (3 * self.allpasses)  # [B, 2, 4]
        g, late = rung.clamp(max=MOST_ALLPASS)[..., None], self.in_allpasses(bins)
        below = 1 / (1 - g * late)
        passed = (late - g) * below
        rises = torch.where(rung < MOST_ALLPASS, 3 * self.allpasses * rung / falls_by, 0)[..., None]
        slopes = rises * (late**2 - 1) * below**2
        whole, slope = passed[:, :, 0], slopes[:, :, 0]
        for place in range(1, len(ALLPASSES)):
            slope = slope * passed[:, :, place] + whole * slopes[:, :, place]
            whole = whole * passed[:, :, place]
        return whole, slope


def _weighted(weights: Tensor, rows: Tensor) -> Tensor:
    """[B, 2, bins]: the sum of `rows` [B, 2, 8, bins] by `weights` [B, 2, 8]."""
    return (weights.to(rows.dtype)[:, :, None] @ rows)[:, :, 0]


def _delays(at_44100: tuple[int, ...], sample_rate: int) -> Tensor:
    """[2, delays] in samples, left and right, rounded in single precision as Faust's compiled text rounds them."""
    seconds = np.array([[delay + side for delay in at_44100] for side in (0, SPREAD)]) / 44100
    samples = seconds.astype(np.float32) * np.float32(sample_rate) + np.float32(0.5)
    return torch.from_numpy(np.floor(samples).astype(np.float64))
