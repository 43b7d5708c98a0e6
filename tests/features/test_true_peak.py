"""True peak against signals whose highest point is known, those of EBU Tech 3341 among them."""

import numpy as np
import pytest

from dawbridge.features.true_peak import BLOCK_SAMPLES, oversampling, true_peak_dbtp
from dawbridge.units import SILENCE_DB

RATES = (44100, 48000, 88200, 96000)


def tone(divisor: float, phase_degrees: float, amplitude: float, length=48000) -> np.ndarray:
    """A sine of the sample rate / divisor, faded in and out: a cut sine rings by up to 0.7 dB in any filter."""
    fade = np.clip(np.minimum(np.arange(length), np.arange(length)[::-1]) / 2400, 0, 1)
    return amplitude * fade * np.sin(2 * np.pi * np.arange(length) / divisor + np.radians(phase_degrees))[None]


# EBU Tech 3341, table 1, cases 15 to 19: rate divided by, phase in degrees, full scales, dBTP
EBU_TONES = [(4, 0.0, 0.5, -6.0), (4, 45.0, 0.5, -6.0), (6, 60.0, 0.5, -6.0), (8, 67.5, 0.5, -6.0), (4, 45, 1.41, 3.0)]


@pytest.mark.parametrize(("divisor", "phase", "amplitude", "expected"), EBU_TONES)
@pytest.mark.parametrize("rate", RATES)
def test_the_tones_of_the_ebu_read_within_its_tolerance(divisor, phase, amplitude, expected, rate):
    measured = true_peak_dbtp(tone(divisor, phase, amplitude), rate)
    assert -0.4 <= measured - expected <= 0.2


@pytest.mark.parametrize("offset", [0, 1, 2, 3])
@pytest.mark.parametrize("rate", RATES)
def test_a_burst_reads_the_same_however_its_samples_fall(offset, rate):
    """As cases 20 to 23: one burst of 0 dBTP made at four times the rate, and every fourth sample of it taken."""
    time = np.arange(-8000 + offset, 8000, 4) / 4  # in samples; the top is at 0
    burst = np.exp(-((time / 30) ** 2)) * np.cos(2 * np.pi * time / 6)
    assert -0.4 <= true_peak_dbtp(burst[None], rate) <= 0.2


def test_a_sine_whose_samples_miss_its_tops_by_3_db():
    samples = tone(4, 45.0, 1.0)
    assert 20 * np.log10(np.abs(samples).max()) == pytest.approx(-3.01, abs=0.01)
    assert true_peak_dbtp(samples, 48000) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("frequency_hz", [100.0, 997.0, 5000.0, 10000.0, 15000.0, 19000.0])
def test_a_sine_of_any_frequency_reads_its_amplitude(frequency_hz):
    """Four points a sample miss a top by at most 1 - cos(pi f / 4 fs): 0.4 dB at 19 kHz, if they always fall badly."""
    samples = np.sin(2 * np.pi * frequency_hz / 44100 * np.arange(44100) + 0.1) * np.hanning(44100) ** 0.1
    worst_db = 20 * np.log10(np.cos(np.pi * frequency_hz / 44100 / 4))
    assert worst_db - 0.02 <= true_peak_dbtp(samples[None], 44100) <= 0.02


def test_the_reading_follows_the_gain_and_the_loudest_channel():
    one, other = tone(7.3, 10.0, 0.25), tone(9.1, 20.0, 0.5)
    both = true_peak_dbtp(np.concatenate([one, other]), 48000)
    assert both == true_peak_dbtp(other, 48000)
    assert true_peak_dbtp(-2 * other, 48000) == pytest.approx(both + 20 * np.log10(2), abs=1e-4)


@pytest.mark.parametrize("rate", [8000, 44100, 96000, 192000, 384000])
def test_it_is_never_below_the_sample_peak(rate):
    for seed in range(5):
        samples = np.random.default_rng(seed).uniform(-1, 1, (2, 300))
        assert true_peak_dbtp(samples, rate) >= 20 * np.log10(np.abs(samples).max()) - 1e-5
    assert true_peak_dbtp(np.array([[0.0, 0.5, 0.0]]), rate) == pytest.approx(-6.02, abs=0.01)


@pytest.mark.parametrize("position", [0, 1, 5000, BLOCK_SAMPLES - 1, BLOCK_SAMPLES, 3 * BLOCK_SAMPLES - 1])
def test_a_peak_is_found_wherever_it_stands(position):
    """Two equal samples in a row: the top between them is 4/pi (+2.1 dB) for the ideal filter."""
    samples = np.zeros((2, 3 * BLOCK_SAMPLES + 5))
    samples[1, position : position + 2] = 0.5
    assert true_peak_dbtp(samples, 48000) == pytest.approx(20 * np.log10(0.5 * 4 / np.pi), abs=0.4)


@pytest.mark.parametrize("length", [0, 1, 100])
@pytest.mark.parametrize("rate", [44100, 192000])
def test_silence_and_nothing(length, rate):
    assert true_peak_dbtp(np.zeros((2, length)), rate) == SILENCE_DB


def test_oversampling_reaches_192_khz():
    assert [oversampling(rate) for rate in (44100, 48000, 88200, 96000, 176400, 192000)] == [4, 4, 4, 2, 2, 1]


def test_a_long_signal_takes_no_more_memory():
    import tracemalloc

    samples = np.zeros((2, 2**21), dtype=np.float32)  # 16 MiB
    tracemalloc.start()
    true_peak_dbtp(samples, 48000)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 2e6
