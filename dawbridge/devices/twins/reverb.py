"""The reverb's twin: the transfer functions of its damped combs and its all-passes, sampled on a grid of frequencies.

The bank of filters depends on two numbers only. So its derivatives by these two are computed together with it, which
takes a third of the time of automatic differentiation through every comb.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import FunctionCtx, once_differentiable

from dawbridge.devices.twins.frequency_domain import Bins, FrequencyGrid

COMBS = (1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617)
ALLPASSES = (556, 441, 341, 225)
SPREAD = 23
MOST_DAMPING = 0.9
MOST_ALLPASS = 0.5


def reverb(samples: Tensor, values: dict[str, Tensor], sample_rate: int) -> Tensor:
    """The dry sound plus the wet one: a bank of filters per output channel, fed with the mean of both channels."""
    grid = FrequencyGrid(samples.shape[-1], samples.device)
    decay_factor = 10 ** (-3 / (sample_rate * values["decay_s"]))  # per sample: -60 dB after `decay_s`
    bank = _SampledBank.apply(decay_factor, MOST_DAMPING * values["damping_0to1"], _Bank(grid, sample_rate))
    wet, dry = (values[name][:, None, None] for name in ("wet_0to1", "dry_0to1"))
    return (samples * dry + grid.filter(samples.mean(dim=1, keepdim=True), bank) * wet).to(samples.dtype)


class _SampledBank(Function):
    """(decay_factor [B], damping [B], bank) → the bank's response [B, 2, bins]."""

    @staticmethod
    def forward(ctx: FunctionCtx, decay_factor: Tensor, damping: Tensor, bank: "_Bank") -> Tensor:
        parts = [bank.response(bins, decay_factor[:, None, None], damping[:, None]) for bins in bank.grid.chunks]
        response, *slopes = (torch.cat(rows, dim=-1) for rows in zip(*parts))
        ctx.save_for_backward(*slopes)
        return response

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return *((gradient * slope.conj()).real.sum(dim=(1, 2)) for slope in ctx.saved_tensors), None


class _Bank:
    """Per output channel eight combs in parallel, then four all-passes in series. L is a delay of n samples, z⁻ⁿ."""

    def __init__(self, grid: FrequencyGrid, sample_rate: int):
        self.grid = grid
        self.combs, self.allpasses = (_delays(row, sample_rate).to(grid.device) for row in (COMBS, ALLPASSES))
        self.one_later, self.one_earlier = grid.delay(1), grid.delay(-1)
        self.comb_delays, self.allpass_delays = grid.delay(self.combs), grid.delay(self.allpasses)

    def response(self, bins: Bins, decay_factor: Tensor, damping: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The response [B, 2, bins], and its derivatives by `decay_factor` [B, 1, 1] and `damping` [B, 1]."""
        pole = 1 / (1 - damping * self.one_later(bins))  # [B, bins]
        damped, damped_slope = (1 - damping) * pole, (self.one_later(bins) - 1) * pole**2
        combs, combs_by_decay, combs_by_damped = self._combs(bins, decay_factor, damped[:, None])
        allpasses, allpasses_by_decay = self._allpasses(bins, decay_factor)
        by_decay = combs_by_decay * allpasses + combs * allpasses_by_decay
        return combs * allpasses, by_decay, combs_by_damped * damped_slope[:, None] * allpasses

    def _combs(self, bins: Bins, decay_factor: Tensor, damped: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The mean of L / (1 - f D L), and its derivatives by `decay_factor` and by the damping filter D.

        f is the feedback. Faust's loop adds one sample of delay, so all are one sample earlier.
        """
        feedback, delayed = decay_factor**self.combs, self.comb_delays(bins)  # [B, 2, 8], [2, 8, bins]
        combs = delayed / (1 - feedback[..., None] * (damped[:, :, None] * delayed))  # [B, 2, 8, bins]
        squares, share = combs**2, self.one_earlier(bins) / len(COMBS)
        by_decay = _weighted(self.combs * feedback / decay_factor, squares) * damped
        return combs.sum(dim=2) * share, by_decay * share, _weighted(feedback, squares) * share

    def _allpasses(self, bins: Bins, decay_factor: Tensor) -> tuple[Tensor, Tensor]:
        """The product of (L - g) / (1 - g L), and its derivative by `decay_factor`."""
        unclamped = decay_factor ** (3 * self.allpasses)  # [B, 2, 4]
        g, delayed = unclamped.clamp(max=MOST_ALLPASS)[..., None], self.allpass_delays(bins)
        reciprocal = 1 / (1 - g * delayed)
        passed = (delayed - g) * reciprocal
        g_slope = torch.where(unclamped < MOST_ALLPASS, 3 * self.allpasses * unclamped / decay_factor, 0)[..., None]
        slopes = g_slope * (delayed**2 - 1) * reciprocal**2
        whole, slope = passed[:, :, 0], slopes[:, :, 0]
        for index in range(1, len(ALLPASSES)):
            slope = slope * passed[:, :, index] + whole * slopes[:, :, index]
            whole = whole * passed[:, :, index]
        return whole, slope


def _weighted(weights: Tensor, rows: Tensor) -> Tensor:
    """[B, 2, bins]: the sum of `rows` [B, 2, 8, bins], weighted by `weights` [B, 2, 8]."""
    return (weights.to(rows.dtype)[:, :, None] @ rows)[:, :, 0]


def _delays(at_44100: tuple[int, ...], sample_rate: int) -> Tensor:
    """[2, delays] in samples, left and right. They are rounded in single precision, as the compiled Faust text does."""
    seconds = np.array([[delay + spread for delay in at_44100] for spread in (0, SPREAD)]) / 44100
    samples = seconds.astype(np.float32) * np.float32(sample_rate) + np.float32(0.5)
    return torch.from_numpy(np.floor(samples).astype(np.float64))
