"""MRSD as a loss: the distance of `features.spectral_distance`, through which gradients flow."""

import torch
from torch import Tensor
from torch.linalg import vector_norm

from dawbridge.features.spectral_distance import MAGNITUDE_FLOOR, STFTS, is_silent


class SpectralLoss:
    """The distance [] of an estimate [C, n] to `reference` [C, n], whose spectra are computed once; n > 1024.

    As in MRSD a silent channel of the reference has no share in the spectral convergence.
    """

    def __init__(self, reference: Tensor):
        self.silent = torch.tensor([is_silent(channel.cpu().numpy()) for channel in reference], device=reference.device)
        self.magnitudes = [_magnitudes(reference, *stft) for stft in STFTS]
        self.logs = [_log(magnitude) for magnitude in self.magnitudes]
        self.sizes = [_sizes(magnitude) for magnitude in self.magnitudes]

    def __call__(self, estimate: Tensor) -> Tensor:
        total = estimate.new_zeros(())
        for stft, magnitude, log, size in zip(STFTS, self.magnitudes, self.logs, self.sizes):
            found = _magnitudes(estimate, *stft)
            convergence = _sizes(magnitude - found) / size.masked_fill(self.silent, 1)
            total = total + convergence.masked_fill(self.silent, 0).sum()
            total = total + (log - _log(found)).abs().mean(dim=(1, 2)).sum()
        return total / len(STFTS)


def _magnitudes(samples: Tensor, fft: int, hop: int, window: int) -> Tensor:
    weights = torch.hann_window(window, dtype=samples.dtype, device=samples.device)
    return torch.stft(samples, fft, hop, window, weights, return_complex=True).abs()  # [C, bins, frames]


def _log(magnitudes: Tensor) -> Tensor:
    return magnitudes.clamp(min=MAGNITUDE_FLOOR).log()


def _sizes(magnitudes: Tensor) -> Tensor:
    return vector_norm(magnitudes, dim=(1, 2))
