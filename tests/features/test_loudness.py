"""Loudness against what the standard says of known tones."""

import numpy as np
import pytest

from dawbridge.features import loudness_lufs, normalised

RATE = 48_000


def tone(level_db: float, hertz: float = 1000.0, length_s: float = 5.0, channels: int = 2) -> np.ndarray:
    """A sine whose peak lies at `level_db`, [C, n]."""
    t = np.arange(round(length_s * RATE)) / RATE
    return np.tile(10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * t), (channels, 1)).astype(np.float32)


def test_stereo_tone_of_peak_minus_23_dbfs_reads_minus_23_lufs():
    """EBU Tech 3341, case 1: 1 kHz in both channels."""
    assert loudness_lufs(tone(-23.0), RATE) == pytest.approx(-23.0, abs=0.1)
    assert loudness_lufs(tone(-33.0), RATE) == pytest.approx(-33.0, abs=0.1)


def test_one_channel_reads_three_less():
    assert loudness_lufs(tone(-20.0, channels=1), RATE) == pytest.approx(-23.01, abs=0.1)


def test_silence_and_what_the_gate_takes_have_no_loudness():
    assert loudness_lufs(np.zeros((2, RATE), np.float32), RATE) is None
    assert loudness_lufs(np.zeros((2, 0), np.float32), RATE) is None
    assert loudness_lufs(tone(-90.0), RATE) is None
    assert normalised(np.zeros((2, RATE), np.float32), RATE, -25.0) is None


@pytest.mark.parametrize("length_samples", (1, 48, 4800, 19_199))
def test_shorter_than_a_block_reads_as_a_loop(length_samples):
    short = tone(-23.0)[:, 12 : 12 + length_samples]
    assert loudness_lufs(short, RATE) is None or np.isfinite(loudness_lufs(short, RATE))
    if length_samples % 48 == 0:
        assert loudness_lufs(short, RATE) == pytest.approx(-23.0, abs=0.3)


def test_normalised_lands_on_the_target_and_keeps_the_type():
    louder = normalised(tone(-23.0), RATE, -14.0)
    assert louder.dtype == np.float32
    assert loudness_lufs(louder, RATE) == pytest.approx(-14.0, abs=0.01)
