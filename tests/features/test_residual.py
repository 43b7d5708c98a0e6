"""Whose the rest of a mix is: cases whose answer is known."""

import numpy as np
import pytest

from dawbridge.audio import Audio
from dawbridge.features.octave_signals import chunks, octave_signal
from dawbridge.features.residual import Residual, residual_by_track

RATE, LENGTH = 8_000, 3 * 8_000
TIME_S = np.arange(LENGTH) / RATE
RNG = np.random.default_rng(0)
HITS = np.exp(-12 * (TIME_S % 0.5))
DRUM = 0.3 * HITS * RNG.standard_normal(LENGTH)
KEYS = 0.1 * sum(np.sin(2 * np.pi * 110 * k * TIME_S + k) / k for k in range(1, 40)) * (0.6 + 0.4 * np.sin(2 * TIME_S))
WIDE = 0.1 * RNG.standard_normal((2, LENGTH)) * (np.sin(7 * TIME_S) > 0)
STEMS = [np.stack([DRUM, 0.5 * DRUM]), np.stack([KEYS, KEYS]), WIDE]


def within(samples: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Only what lies between both frequencies."""
    spectrum, bins_hz = np.fft.rfft(samples), np.fft.rfftfreq(samples.shape[-1], 1 / RATE)
    return np.fft.irfft(spectrum * ((bins_hz >= low_hz) & (bins_hz < high_hz)), samples.shape[-1])


def whose(rest: np.ndarray, stems: list[np.ndarray] = STEMS) -> Residual:
    """Of a recovered mix that is off by `rest`."""
    recovered = sum(stems, np.zeros_like(rest))
    mix, recovered = (Audio(samples.astype(np.float32), RATE) for samples in (recovered + rest, recovered))
    return residual_by_track(mix, recovered, [Audio(stem.astype(np.float32), RATE) for stem in stems])


def shares(rest: Residual) -> np.ndarray:
    """Of each track and no track."""
    return rest.energy.sum(axis=1) / rest.energy.sum()


def test_the_octaves_add_up_to_the_sound():
    noise = RNG.standard_normal((2, 35 * RATE))
    energy = 0.0
    for chunk in chunks(noise.shape[1], RATE):
        spectrum = chunk.spectrum(noise)
        octaves = chunk.octaves(RATE)
        assert (octaves[0].first, octaves[-1].last) == (0, spectrum.shape[1])
        energy += sum(np.square(np.abs(octave_signal(spectrum, octave))).sum() for octave in octaves)
    assert energy == pytest.approx(np.square(noise).sum(), rel=0.01)
    assert list(chunks(0, RATE)) == []


def test_a_filtered_track_is_found_in_its_octave():
    rest = whose(0.1 * np.stack([within(DRUM, 710, 1410)] * 2))
    assert rest.centres_hz[5] == 1000.0
    assert rest.energy[0, 5] > 0.95 * rest.energy.sum()


def test_from_1_to_2_khz_it_is_found_in_the_octaves_around_both():
    rest = whose(0.1 * np.stack([within(DRUM, 1000, 2000)] * 2))
    assert rest.energy[0, 5:7].sum() > 0.9 * rest.energy.sum()


@pytest.mark.parametrize("envelope", [1.0, HITS], ids=["steady", "at the same times as a track"])
def test_a_sound_that_is_in_no_track_is_in_no_track(envelope):
    rest = whose(0.05 * RNG.standard_normal((2, LENGTH)) * envelope)
    assert shares(rest)[-1] > 0.99


def test_the_other_side_counts():
    """A track panned to the wrong side."""
    assert shares(whose(np.stack([np.zeros(LENGTH), 0.1 * WIDE[0]])))[2] > 0.95
    assert shares(whose(np.stack([0.1 * KEYS, -0.1 * KEYS])))[1] > 0.95


def test_a_reverb_that_is_missing_counts():
    falls = np.exp(-np.arange(RATE) / (0.15 * RATE)) * (np.arange(RATE) > 0.01 * RATE)
    tails = [np.convolve(DRUM, 0.01 * falls * RNG.standard_normal(RATE))[:LENGTH] for _ in "LR"]
    assert shares(whose(np.stack(tails)))[0] > 0.9


def test_a_gain_that_moves_counts():
    assert shares(whose(STEMS[2] * 0.3 * np.sin(2 * np.pi * 0.4 * TIME_S)))[2] > 0.85


def test_two_tracks_and_noise_have_their_shares():
    parts = 0.1 * STEMS[0], 0.1 * STEMS[2], 0.003 * RNG.standard_normal((2, LENGTH))
    found, wanted = shares(whose(sum(parts))), np.array([np.square(part).sum() for part in parts])
    assert found[[0, 2, 3]] == pytest.approx(wanted / wanted.sum(), abs=0.03) and found[1] < 0.01


def test_the_order_of_the_tracks_is_the_order_of_the_answer():
    rest = 0.1 * STEMS[0] + 0.05 * STEMS[2] + 0.003 * RNG.standard_normal((2, LENGTH))
    one, other = whose(rest), whose(rest, [STEMS[2], STEMS[0], STEMS[1]])
    assert other.energy == pytest.approx(one.energy[[2, 0, 1, 3]], rel=1e-3, abs=1e-4 * one.energy.sum())


def test_no_rest_is_nobodys():
    rest = whose(np.zeros((2, LENGTH)))
    assert not rest.energy.any() and rest.energy.shape == (4, 7) and np.isneginf(rest.level_db()).all()


def test_levels_are_beside_the_whole_mix():
    rest = whose(0.1 * STEMS[0], STEMS[:1])
    parts = 10 * np.log10((10 ** (rest.level_db() / 10)).sum())
    assert parts == pytest.approx(20 * np.log10(0.1 / 1.1), abs=0.1)


def test_mono_silent_and_equal_tracks():
    silent, mono = np.zeros((2, LENGTH)), DRUM[None]
    rest = whose(np.stack([0.1 * DRUM] * 2), [silent, mono, mono, silent])
    found = shares(rest)
    assert found[1] == pytest.approx(found[2], rel=0.01) and found[[0, 3]].max() == 0 and found[4] < 0.05
    nobody = whose(0.1 * WIDE, [silent])
    assert shares(nobody)[-1] == 1
    assert shares(whose(0.1 * WIDE, []))[-1] == 1


@pytest.mark.parametrize("length", [0, 1, 50, 1000])
def test_sounds_of_any_length(length):
    rest = whose(0.1 * WIDE[:, :length], [STEMS[0][:, :length]])
    assert rest.energy.shape[0] == 2 and np.isfinite(rest.energy).all() and (rest.energy >= 0).all()


def test_more_tracks_than_a_short_sound_tells_apart():
    """26 of them in three seconds: what is not clear is in no track, and what is clear is found."""
    many = [0.1 * RNG.standard_normal((2, LENGTH)) * (np.sin((2 + k) * TIME_S) > 0) for k in range(26)]
    rest = whose(0.2 * many[7], many)
    assert rest.energy[7, 4:].sum() > 0.8 * rest.energy.sum()
    assert np.delete(shares(rest), [7, 26]).max() < 0.01
