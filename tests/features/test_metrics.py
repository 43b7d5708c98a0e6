"""The metrics against closed forms, and against torch.stft in float64."""

import json
import math

import numpy as np
import pytest

from dawbridge.audio import Audio
from dawbridge.errors import InputError
from dawbridge.features import evaluate
from dawbridge.features.metrics import NULL_FLOOR_DB
from dawbridge.features.spectral_distance import STFTS, spectral_distances

RATE = 44_100


def noise(seed: int = 0, length_samples: int = RATE, channels: int = 2) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, length_samples))).astype(np.float32)


def measured(y: np.ndarray, y_hat: np.ndarray, **options) -> dict:
    result = evaluate(Audio(y, RATE), Audio(y_hat, RATE), **options)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    return result


@pytest.mark.parametrize("gain", (0.5, 0.9, 2.0))
def test_a_gain_error_in_closed_form(gain):
    y = noise()
    result = measured(y, y * np.float32(gain))
    assert result["mae"] == pytest.approx(abs(1 - gain) * np.abs(y).astype(float).sum() / RATE, rel=1e-6)
    assert result["null_db"] == pytest.approx(20 * math.log10(abs(1 - gain)), abs=1e-4)
    assert result["mrsd"] == pytest.approx(2 * abs(1 - gain) + 2 * abs(math.log(gain)), rel=1e-5)
    assert result["loudness_difference_lu"] == pytest.approx(20 * math.log10(gain), abs=1e-4)


@pytest.mark.parametrize("gain", (0.5, 0.9, 2.0))
def test_normalisation_takes_a_gain_error_away(gain):
    y = noise()
    result = measured(y, y * np.float32(gain))["normalised"]
    assert result["mae"] < 1e-6 and result["mrsd"] < 1e-4 and result["null_db"] < -90
    assert result["loudness_difference_lu"] == 0.0


def test_normalisation_scales_the_mae_to_the_asked_loudness():
    quiet, loud = (measured(noise(0), noise(1), normalise_lufs=lufs)["normalised"] for lufs in (-45.0, -25.0))
    assert loud["mae"] == pytest.approx(10.0 * quiet["mae"], rel=1e-5)
    assert loud["null_db"] == pytest.approx(quiet["null_db"], abs=1e-6)


def test_identical_signals():
    y = noise()
    result = measured(y, y)
    expected = {"mae": 0.0, "mrsd": 0.0, "null_db": NULL_FLOOR_DB, "loudness_difference_lu": 0.0}
    assert result == {**expected, "normalised": expected, "notes": []}


def test_inverted_polarity_is_a_null_of_plus_six_decibels_and_no_spectral_distance():
    y = noise()
    result = measured(y, -y)
    assert result["null_db"] == pytest.approx(20 * math.log10(2.0), abs=1e-6)
    assert result["mrsd"] == 0.0


def test_a_silent_estimate():
    y = noise()
    result = measured(y, np.zeros_like(y))
    assert result["null_db"] == pytest.approx(0.0, abs=1e-9)
    assert result["loudness_difference_lu"] is None
    assert result["normalised"] == dict.fromkeys(("mae", "mrsd", "null_db", "loudness_difference_lu"))
    assert "estimate has no loudness" in result["notes"][0]


def test_a_silent_reference_has_a_mae_and_says_why_nothing_else():
    y = noise()
    result = measured(np.zeros_like(y), y)
    assert result["mae"] == pytest.approx(np.abs(y).astype(float).sum() / RATE)
    assert result["mrsd"] is None and result["null_db"] is None and result["loudness_difference_lu"] is None
    assert "silent: mrsd and null_db are undefined" in result["notes"][0]


def test_a_silent_reference_channel_leaves_out_its_convergence_only():
    y = noise()
    y[1] = 0.0
    result = measured(y, y * np.float32(0.5))
    assert result["mrsd"] == pytest.approx(0.5 + math.log(2.0), rel=1e-5)  # θ_sc and θ_sm of the left channel
    assert "right channel is silent" in result["notes"][0]
    leaking = measured(y, np.stack((y[0], y[0] * np.float32(1e-3))))
    assert leaking["mrsd"] > 5.0  # θ_sm of the right channel: from the clamp up to the leak


def test_mono_is_heard_in_both_channels():
    y, y_hat = noise(0, channels=1), noise(1, channels=1)
    twice = np.repeat(y, 2, axis=0)
    assert measured(y, y_hat) == measured(twice, y_hat)
    assert measured(y, twice)["mae"] == 0.0


def test_without_normalisation():
    assert measured(noise(0), noise(1), normalise_lufs=None)["normalised"] is None


@pytest.mark.parametrize("length_samples", (3000, 20_011))
def test_mrsd_agrees_with_torch_in_float64(length_samples):
    import torch

    y, y_hat = noise(0, length_samples), noise(1, length_samples)
    y[:, :1500] = 0.0  # the clamp is at work
    gains = [(1.0, 1.0), (0.3, 2.5)]
    for pair, distance in zip(gains, spectral_distances(y, y_hat, gains), strict=True):
        expected = 0.0
        for fft, hop, window in STFTS:
            hann = torch.hann_window(window, dtype=torch.float64)
            spectra = (
                torch.stft(torch.from_numpy(x * gain), fft, hop, window, hann, return_complex=True).abs()
                for x, gain in zip((y.astype(float), y_hat.astype(float)), pair, strict=True)
            )
            for left, right in zip(*spectra, strict=True):
                expected += (left - right).norm() / left.norm() / len(STFTS)
                expected += (left.clamp(1e-7).log() - right.clamp(1e-7).log()).abs().mean() / len(STFTS)
        assert distance.mrsd == pytest.approx(float(expected), rel=1e-3)


@pytest.mark.parametrize("length_samples", (1, 2, 100, 1000))
def test_the_shortest_audio_has_metrics(length_samples):
    y = np.full((2, length_samples), 0.25, np.float32)
    result = measured(y, y * np.float32(0.5))
    assert result["mae"] == pytest.approx(0.25)
    assert result["null_db"] == pytest.approx(20 * math.log10(0.5), abs=1e-6)
    assert math.isfinite(result["mrsd"])


def test_what_cannot_be_compared_says_what_to_do():
    y = Audio(noise(), RATE)
    broken = noise()
    broken[0, 5] = np.nan
    for other, cure in (
        (Audio(noise(), 48_000), "resample"),
        (Audio(noise(length_samples=RATE - 1), RATE), "cut or pad"),
        (Audio(noise(channels=3), RATE), "mono or stereo"),
        (Audio(broken, RATE), "export it again"),
    ):
        with pytest.raises(InputError, match=cure):
            evaluate(y, other)
    with pytest.raises(InputError, match="no samples"):
        evaluate(Audio(np.zeros((2, 0)), RATE), Audio(np.zeros((2, 0)), RATE))
