"""Recursive filters applied in the frequency domain, exactly: one Fourier transform, without padding for their tail.

A filter's response sampled on the unit circle is that of its impulse response wrapped around the transform's end. So it
is sampled on a larger circle instead, |z|ᴺ = 10⁷ for N samples. That weights the impulse response with an exponential
decay, which brings what wraps around to -140 dB. The samples are multiplied by the decay before, and divided by it
after. Rounding errors grow by the same 10⁷, which float64 has to spare.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from scipy.fft import next_fast_len
from torch import Tensor
from torch.utils.checkpoint import checkpoint

LOG_DECAY = math.log(1e7)
CHUNK_BINS = 4096  # so many that a response's intermediate results stay in a processor's cache


@dataclass(frozen=True)
class Bins:
    """`count` bins of a transform from `first` on. Each bin is a point z of the circle."""

    first: int
    count: int


# Bins → the values of a transfer function there, [..., bins] complex128.
Response = Callable[[Bins], Tensor]


class FrequencyGrid:
    """The points z at which transfer functions are sampled, to filter `length_samples` of audio."""

    def __init__(self, length_samples: int, device: torch.device):
        self.length, self.device = length_samples, device
        self.size = next_fast_len(max(length_samples, 2), real=True)
        total = self.size // 2 + 1
        self.chunks = [Bins(first, min(CHUNK_BINS, total - first)) for first in range(0, total, CHUNK_BINS)]

    def delay(self, samples: Tensor | int) -> Response:
        """The transfer function of a delay: z to the power of -samples [...]."""
        delays = torch.as_tensor(samples, dtype=torch.float64, device=self.device)[..., None]
        bins = torch.arange(CHUNK_BINS, dtype=torch.float64, device=self.device)
        magnitude = torch.exp(delays * (-LOG_DECAY / self.size))
        first_chunk = self._rotation(delays * bins) * magnitude
        return lambda bins: first_chunk[..., : bins.count] * self._rotation(delays * bins.first)

    def _rotation(self, steps: Tensor) -> Tensor:
        """exp(-2πi · steps / size): `size` steps are once around the circle, clockwise."""
        angle = steps * (-math.tau / self.size)
        return torch.complex(angle.cos(), angle.sin())

    def sample(self, response: Response) -> Tensor:
        """The response at all bins, [..., bins].

        A backward pass computes it again chunk by chunk, so that its intermediate results need not be kept.
        """
        parts = [checkpoint(response, bins, use_reentrant=False, preserve_rng_state=False) for bins in self.chunks]
        return torch.cat(parts, dim=-1)

    def filter(self, samples: Tensor, response: Tensor) -> Tensor:
        """`samples` [B, C, n] through a filter: [B, C', n] float64.

        `response` is [B, C', bins]. C' is 1 or C; where C is 1, it may be any number.
        """
        times = torch.arange(self.length, dtype=torch.float64, device=self.device)
        decay = torch.exp(times * (-LOG_DECAY / self.size))
        spectrum = torch.fft.rfft(samples * decay, self.size)
        return torch.fft.irfft(spectrum * response, self.size)[..., : self.length] / decay
