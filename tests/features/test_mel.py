"""Log-mel spectra of sounds whose spectrum is known."""

import math

import pytest
import torch

from dawbridge.features.mel import MELS, LogMel, band_edges_hz, log_mel, mel_filterbank

RATE = 44_100


def tone(hertz: float, gain: float = 1.0, rate: int = RATE, length_s: float = 1.0) -> torch.Tensor:
    """[1, n]"""
    t = torch.arange(round(length_s * rate), dtype=torch.float64) / rate
    return (gain * torch.sin(2 * math.pi * hertz * t)).float()[None]


@pytest.mark.parametrize("rate", (8000, 22_050, 44_100, 48_000, 96_000))
@pytest.mark.parametrize("band", (0, 7, 40, 79))
def test_a_tone_at_a_bands_centre_peaks_in_that_band(rate, band):
    spectrum = log_mel(tone(float(band_edges_hz(rate)[band + 1]), rate=rate), rate)
    assert (spectrum[0, 2:-3].argmax(-1) == band).all()


def test_a_full_scale_tone_reads_1_and_ten_decibels_less_a_sixth_less():
    hertz = float(band_edges_hz(RATE)[51])
    loud, less = (log_mel(tone(hertz, gain), RATE)[0, 5].max() for gain in (1.0, 10 ** (-10 / 20)))
    assert float(loud) == pytest.approx(1.0, abs=1 / 60)  # within 1 dB
    assert float(loud - less) == pytest.approx(10 / 60, abs=1e-4)


def test_silence_reads_minus_1_with_finite_gradients():
    samples = torch.zeros(2, 2, RATE, requires_grad=True)
    spectrum = log_mel(samples, RATE)
    assert (spectrum == -1.0).all()
    spectrum.sum().backward()
    assert samples.grad.isfinite().all()


@pytest.mark.parametrize("rate", (8000, 44_100, 48_000, 192_000))
def test_every_band_hears_something(rate):
    bank = mel_filterbank(rate, LogMel(rate).fft)
    assert bank.shape[1] == MELS and (bank.amax(0) > 0.3).all()


@pytest.mark.parametrize("length_samples, frames", ((0, 1), (1, 1), (2203, 1), (2204, 2), (5 * RATE, 200)))
def test_number_of_frames(length_samples, frames):
    assert log_mel(torch.zeros(3, 2, length_samples), RATE).shape == (3, 2, frames, MELS)


def test_long_sounds_go_in_chunks_that_meet():
    samples = torch.randn(1, 60 * RATE, generator=torch.Generator().manual_seed(0))
    whole = log_mel(samples, RATE)
    assert whole.shape[1] > 2 * 1024
    hop = LogMel(RATE).hop_samples
    part = log_mel(samples[:, 1020 * hop : 1040 * hop], RATE)
    assert torch.allclose(whole[:, 1020:1035], part[:, :15], atol=1e-5)


def test_gradients_point_up_with_the_level():
    gain = torch.tensor(0.5, requires_grad=True)
    log_mel(tone(1000.0) * gain, RATE).amax(-1).mean().backward()
    # d/dg of 20 log10(g) / 60
    assert float(gain.grad) == pytest.approx(20 / 60 / math.log(10) / 0.5, rel=0.01)
