"""Least-squares features: known gains come out, order has no meaning, and silence is no trouble."""

import numpy as np
import pytest
import torch

from dawbridge.features.least_squares import BANDS, FRAME_FEATURES, GLOBAL_FEATURES, LeastSquaresExtractor
from dawbridge.features.mel import log_mel

RATE = 44_100


def noise(tracks: int, seconds: float = 3.0, seed: int = 0) -> torch.Tensor:
    samples = np.random.default_rng(seed).normal(0, 0.1, (tracks, 2, round(seconds * RATE)))
    return torch.from_numpy(samples).float()


def bands(whole: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """middle, side, trust and slope, each [B, K, BANDS]."""
    return whole[..., : 4 * BANDS].split(BANDS, dim=-1)


def test_gains_and_pans_of_overlapping_tracks_are_found():
    tracks = noise(3)
    gains_db = torch.tensor([[6.0, 6.0], [-3.0, 3.0], [-9.0, -12.0]])
    mix = (tracks * 10 ** (gains_db / 20)[..., None]).sum(0, keepdim=True)
    middle, side, trust, slope = bands(LeastSquaresExtractor(tracks, RATE)(mix).global_features)
    assert trust.min() > 0.9
    # Trust, and a ridge of a thousandth, pull the loudness of a gain towards 0 dB by a few per cent at most.
    torch.testing.assert_close(middle[0].median(-1).values * 10, gains_db.mean(1), atol=0.5, rtol=0)
    torch.testing.assert_close(side[0].median(-1).values * 10, gains_db[:, 0] - gains_db[:, 1], atol=0.5, rtol=0)
    assert slope.abs().max() < 0.2


def test_the_slope_tells_compression_from_none():
    tracks = noise(1)
    swell = torch.from_numpy(10 ** np.linspace(-1, 0, tracks.shape[-1])).float()
    tracks = tracks * swell
    compressed = tracks / swell.sqrt()
    slopes = [
        bands(LeastSquaresExtractor(tracks, RATE)(mix[None]).global_features)[3].mean()
        for mix in (tracks[0], compressed[0])
    ]
    assert abs(slopes[0]) < 0.05 and slopes[1] < -0.5


def test_the_frame_features_follow_a_gain_that_changes():
    tracks = noise(2)
    half = tracks.shape[-1] // 2
    mix = tracks.clone()
    mix[0, :, half:] *= 0.5
    frames = LeastSquaresExtractor(tracks, RATE)(mix.sum(0, keepdim=True)).frame_features  # [1, 2, N, 3]
    middle = frames.shape[2] // 2
    changed, steady = frames[0, :, :, 0]
    assert changed[: middle - 3].mean() - changed[middle + 3 :].mean() > 0.4
    assert abs(steady[: middle - 3].mean() - steady[middle + 3 :].mean()) < 0.1


def test_the_order_of_tracks_and_mixes_has_no_meaning():
    tracks, order = noise(4), [2, 0, 3, 1]
    mixes = torch.stack([tracks.sum(0), tracks[:2].sum(0)])
    plain, turned = (
        LeastSquaresExtractor(tracks, RATE)(mixes),
        LeastSquaresExtractor(tracks[order], RATE)(mixes.flip(0)),
    )
    for one, other in zip(plain, turned):
        torch.testing.assert_close(one[:, order].flip(0), other, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("tracks, seconds", [(1, 0.5), (1, 0.01), (12, 1.0)])
def test_any_number_of_tracks_and_any_length(tracks, seconds):
    samples = noise(tracks, seconds)
    found = LeastSquaresExtractor(samples, RATE)(samples.sum(0, keepdim=True))
    assert found.global_features.shape == (1, tracks, GLOBAL_FEATURES)
    assert found.frame_features.shape == (1, tracks, log_mel(samples, RATE).shape[-2], FRAME_FEATURES)
    assert all(part.isfinite().all() and part.abs().max() < 20 for part in found)


@pytest.mark.parametrize("rate", [8_000, 48_000, 96_000])
def test_other_sample_rates(rate):
    samples = noise(2, 0.5)
    assert LeastSquaresExtractor(samples, rate)(samples[:1] * 0.5).global_features.isfinite().all()


def test_silent_tracks_equal_tracks_and_a_silent_mix_stay_finite():
    tracks = noise(3, 1.0)
    tracks[0] = 0
    tracks[2] = tracks[1]
    for mix in (tracks.sum(0), torch.zeros_like(tracks[0])):
        for part in LeastSquaresExtractor(tracks, RATE)(mix[None]):
            assert part.isfinite().all() and part.abs().max() < 20
