"""Recursive filters by one Fourier transform, exactly: without a tail to pad for.

A filter's response sampled on the unit circle is that of an impulse response wrapped around the transform's end. On a
larger circle, |z|ᴺ = 10⁷ for N samples, the impulse response is seen through a decay that brings what wraps around to
-140 dB; the decay is put on the samples before and taken off after. Its price, rounding errors that rise by the same
10⁷, is free in float64.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from scipy.fft import next_fast_len
from torch import Tensor
from torch.utils.checkpoint import checkpoint

LOG_DECAY = math.log(1e7)
CHUNK_BINS = 4096  # a response's intermediate results stay in a processor's cache


@dataclass(frozen=True)
class Bins:
    """`count` of a transform's bins from `first` on: points z of the circle."""

    first: int
    count: int


# bins → a transfer function there, [..., bins] complex128
Response = Callable[[Bins], Tensor]


class FrequencyGrid:
    """The places z where the responses of filters for `length_samples` are sampled."""

    def __init__(self, length_samples: int, device: torch.device):
        self.length, self.device = length_samples, device
        self.size = next_fast_len(max(length_samples, 2), real=True)
        total = self.size // 2 + 1
        self.chunks = [Bins(first, min(CHUNK_BINS, total - first)) for first in range(0, total, CHUNK_BINS)]

    def delay(self, samples: Tensor | int) -> Response:
        """z to the power of -samples [...]."""
        delays = torch.as_tensor(samples, dtype=torch.float64, device=self.device)[..., None]
        bins = torch.arange(CHUNK_BINS, dtype=torch.float64, device=self.device)
        size = torch.exp(delays * (-LOG_DECAY / self.size))
        near = self._turned(delays * bins) * size
        return lambda bins: near[..., : bins.count] * self._turned(delays * bins.first)

    def _turned(self, places: Tensor) -> Tensor:
        """Once around the circle, clockwise, after `size` points."""
        angle = places * (-math.tau / self.size)
        return torch.complex(angle.cos(), angle.sin())

    def sampled(self, response: Response) -> Tensor:
        """At all bins. It is computed again for the gradient, which saves its intermediate results from being kept."""
        parts = [checkpoint(response, bins, use_reentrant=False, preserve_rng_state=False) for bins in self.chunks]
        return torch.cat(parts, dim=-1)

    def filtered(self, samples: Tensor, response: Tensor) -> Tensor:
        """`samples` [B, C, n] through a filter: [B, C', n] float64.

        response: [B, C', bins], with C' of 1, or where C is 1, any.
        """
        times = torch.arange(self.length, dtype=torch.float64, device=self.device)
        decay = torch.exp(times * (-LOG_DECAY / self.size))
        spectrum = torch.fft.rfft(samples * decay, self.size)
        return torch.fft.irfft(spectrum * response, self.size)[..., : self.length] / decay
