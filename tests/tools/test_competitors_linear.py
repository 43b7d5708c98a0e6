"""Filters and envelopes by least squares: mixes made of them are found again, noise is left alone."""

from dataclasses import replace

import numpy as np
import pytest

from dawbridge.audio import Audio
from dawbridge.methods.inversion.song import Song
from dawbridge.session.model import Session, Track
from inversion_bench.competitors.barchiesi_reiss import unmix
from inversion_bench.competitors.envelopes import fit_envelopes
from inversion_bench.competitors.filters import filtered, fit_filters
from tiny_song import RATE, tracks

SECONDS = 3.0


def song_of(dry: list[np.ndarray], mix: np.ndarray) -> Song:
    """Of tracks [C, n]."""
    rows = tuple(Track(name=f"t{k}", audio=f"t{k}.wav", channels=len(samples)) for k, samples in enumerate(dry))
    session = Session(sample_rate=RATE, length_samples=mix.shape[1], tracks=rows)
    audio = tuple(Audio(samples.astype(np.float32), RATE) for samples in dry)
    return Song(session, audio, Audio(mix.astype(np.float32), RATE), (), ())


def mixed(dry: list[np.ndarray], taps: list[np.ndarray], curves: list[np.ndarray] | None = None) -> np.ndarray:
    """[2, n]: every track times its curve through its filter of each side."""
    total = np.zeros((2, dry[0].shape[1]))
    for k, samples in enumerate(dry):
        moved = samples * curves[k] if curves else samples
        total += [filtered(moved[min(side, len(samples) - 1)], taps[k][side]) for side in (0, 1)]
    return total


@pytest.fixture(scope="module")
def dry() -> list[np.ndarray]:
    return [samples.T for samples in tracks(SECONDS).values()]


@pytest.fixture(scope="module")
def taps() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(0, 1, (2, 40)) * np.exp(-np.arange(40) / 8) for _ in range(3)]


def null_db(mix: np.ndarray, found: np.ndarray) -> float:
    return 10 * np.log10(np.square(mix - found).sum() / np.square(mix).sum())


def test_filters_of_noise_are_found_tap_by_tap():
    rng = np.random.default_rng(1)
    inputs, taps = rng.normal(size=(2, 50_000)), rng.normal(size=(2, 16))
    output = sum(filtered(*pair) for pair in zip(inputs, taps))
    assert np.allclose(fit_filters(inputs, output, 16), taps, atol=1e-5)


def test_an_end_that_is_cut_off_does_not_count():
    """Loud to the last sample and shorter than a block: half of what the filter makes lies past the end."""
    rng = np.random.default_rng(2)
    inputs, taps = rng.normal(size=(1, 100)), np.ones((1, 50))
    assert np.allclose(fit_filters(inputs, filtered(inputs[0], taps[0]), 50), taps, atol=1e-3)


def test_a_mix_made_by_filters_is_found_and_in_other_seconds_too(dry, taps):
    mix, half = mixed(dry, taps), round(SECONDS / 2 * RATE)
    found = unmix(song_of([x[:, :half] for x in dry], mix[:, :half]))
    assert null_db(mix[:, :half], found.mix_of(found.song).samples) < -60
    assert null_db(mix, found.mix_of(song_of(dry, mix)).samples) < -60


def test_slow_gain_curves_are_found_to_50_db(dry, taps):
    time_s = np.arange(dry[0].shape[1]) / RATE
    curves = [0.7 + 0.3 * np.sin(2 * np.pi * (0.5 + 0.4 * k) * time_s + k) for k in range(3)]
    mix = mixed(dry, taps, curves)
    found = unmix(song_of(dry, mix))
    assert null_db(mix, found.mix_of(replace(found.song)).samples) < -50
    other = song_of([x[:, :-1] for x in dry], mix[:, :-1])
    assert null_db(mix[:, :-1], found.mix_of(other).samples) > -30, "curves were used elsewhere"


def test_envelopes_do_not_follow_noise():
    rng = np.random.default_rng(3)
    stems = rng.normal(size=(2, 2, RATE))
    noise = rng.normal(size=(2, RATE))
    assert np.abs(fit_envelopes(stems, stems.sum(axis=0) + noise, 512) - 1).max() < 0.1


def test_silent_tracks_add_nothing(dry, taps):
    silent = [*dry, np.zeros((2, dry[0].shape[1]))]
    mix = mixed(dry, taps)
    found = unmix(song_of(silent, mix))
    assert not found.taps[:, 3].any() and np.array_equal(found.gains[3], np.ones_like(found.gains[3]))
    assert null_db(mix, found.mix_of(found.song).samples) < -60
    nothing = unmix(song_of([silent[3]], np.zeros_like(mix)))
    assert not nothing.mix_of(nothing.song).samples.any()


def test_a_faint_track_is_not_blown_up_to_explain_what_others_left(dry, taps):
    """It holds noise of -100 dB here, and plays elsewhere; half of the mix is nothing that any track explains."""
    rng, length = np.random.default_rng(4), dry[0].shape[1]
    mix = mixed(dry, taps)
    mix += rng.normal(0, np.sqrt(np.mean(mix**2)), mix.shape)
    found = unmix(song_of([*dry, 1e-5 * rng.normal(size=(1, length))], mix))
    assert np.square(found.taps[:, 3]).sum() < 1
