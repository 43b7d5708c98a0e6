"""Log-mel spectra: what the inversion network sees of a mix and of its tracks.

In: samples [..., C, n], a torch tensor. Out: [..., C, frames, mels], about -1…1. The paper (Zhou, Yu and Wu
2024, section 4.2) fixes a log-magnitude mel spectrogram of 80 bands from 20 to 20 000 Hz with frames of 50 ms
every 25 ms; everything else is our choice:

- triangular bands of peak 1, evenly spaced in HTK mels, 2595 log10(1 + f / 700 Hz), up to Nyquist at most;
- the power of a band is relative to a full-scale sine, which reads about 0 dB in its band;
- value = (dB + 60) / 60, floored at -120 dB: silence is -1, a full-scale sine about 1. The level is kept
  (nothing is normalised per clip), since a track's gain must be seen;
- frame i starts at sample i · hop; there are n // hop of them, one at least, the last ones padded with
  silence.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor, nn

MELS = 80
LOWEST_HZ, HIGHEST_HZ = 20.0, 20_000.0
FRAME_S, HOP_S = 0.050, 0.025
FLOOR_DB, CENTRE_DB = -120.0, -60.0
_CHUNK_FRAMES = 1024  # frames transformed at a time: bounds the memory of a long song


class LogMel(nn.Module):
    """Log-mel spectra at one sample rate; no trained weights, no state to save, differentiable everywhere."""

    def __init__(self, sample_rate: int, mels: int = MELS):
        super().__init__()
        self.frame_samples = round(FRAME_S * sample_rate)
        self.hop_samples = round(HOP_S * sample_rate)
        self.fft = 2 ** math.ceil(math.log2(self.frame_samples))
        window = torch.hann_window(self.frame_samples, dtype=torch.float64)
        # Parseval: so scaled, the power of a full-scale sine adds up to 1 over the bins.
        scale = 4.0 / (self.fft * window.square().sum())
        bank = mel_filterbank(sample_rate, self.fft, mels) * scale
        self.window: Tensor
        self.bank: Tensor
        self.register_buffer("window", window.float(), persistent=False)
        self.register_buffer("bank", bank.float(), persistent=False)

    def frames(self, length_samples: int) -> int:
        """Number of frames for that many samples."""
        return max(1, length_samples // self.hop_samples)

    def forward(self, samples: Tensor) -> Tensor:
        """[..., C, n] → [..., C, frames, mels]."""
        length = samples.shape[-1]
        count = self.frames(length)
        missing = (count - 1) * self.hop_samples + self.frame_samples - length
        padded = nn.functional.pad(samples, (0, max(0, missing))).reshape(-1, max(length, length + missing))
        frames = padded.unfold(-1, self.frame_samples, self.hop_samples)[:, :count]  # [R, N, frame]
        step = max(1, _CHUNK_FRAMES // max(1, len(padded)))
        bands = torch.cat([self._bands(chunk) for chunk in frames.split(step, dim=1)], dim=1)  # [R, N, mels]
        return bands.reshape(*samples.shape[:-1], count, bands.shape[-1])

    def _bands(self, frames: Tensor) -> Tensor:
        spectrum = torch.view_as_real(torch.fft.rfft(frames * self.window, n=self.fft))
        power = spectrum.square().sum(-1) @ self.bank
        level_db = 10.0 * power.clamp(min=10.0 ** (FLOOR_DB / 10.0)).log10()
        return (level_db - CENTRE_DB) / -CENTRE_DB


def log_mel(samples: Tensor, sample_rate: int, mels: int = MELS) -> Tensor:
    """Log-mel spectrum of samples [..., C, n]: [..., C, frames, mels], about -1…1, on the samples' device."""
    return _log_mel(sample_rate, mels, samples.device)(samples)


@lru_cache(maxsize=16)
def _log_mel(sample_rate: int, mels: int, device: torch.device) -> LogMel:
    return LogMel(sample_rate, mels).to(device)


def mel_filterbank(sample_rate: int, fft: int, mels: int = MELS) -> Tensor:
    """[fft // 2 + 1, mels] float64: triangles of peak 1 from LOWEST_HZ to HIGHEST_HZ, Nyquist at most."""
    edges = band_edges_hz(sample_rate, mels)
    hertz = torch.arange(fft // 2 + 1, dtype=torch.float64)[:, None] * sample_rate / fft  # [bins, 1]
    rising = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    return torch.minimum(rising, falling).clamp(min=0.0)


def band_edges_hz(sample_rate: int, mels: int = MELS) -> Tensor:
    """[mels + 2] float64, evenly spaced in mels: band i rises from edge i to i + 1 and falls to i + 2."""
    highest_hz = min(HIGHEST_HZ, sample_rate / 2.0)
    low, high = (2595.0 * math.log10(1.0 + hertz / 700.0) for hertz in (LOWEST_HZ, highest_hz))
    return 700.0 * (10.0 ** (torch.linspace(low, high, mels + 2, dtype=torch.float64) / 2595.0) - 1.0)
