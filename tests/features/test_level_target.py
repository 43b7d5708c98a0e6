"""The gain to a loudness and under a true peak."""

import numpy as np
import pytest

from dawbridge.audio import Audio
from dawbridge.errors import InputError
from dawbridge.features.level_target import target_gain_db
from dawbridge.features.loudness import loudness_lufs
from dawbridge.features.true_peak import true_peak_dbtp

RATE = 48000


@pytest.fixture(scope="module")
def mix() -> Audio:
    """Six seconds with loud and quiet passages."""
    noise = np.random.default_rng(0).standard_normal((2, 6 * RATE))
    return Audio(0.05 * noise * np.linspace(0.02, 1, 6 * RATE), RATE)


def after(mix: Audio, gain_db: float) -> tuple[float | None, float]:
    """Loudness and true peak of the mix with the gain."""
    samples = mix.samples * np.float32(10 ** (gain_db / 20))
    return loudness_lufs(samples, RATE), true_peak_dbtp(samples, RATE)


@pytest.mark.parametrize("target", [-30.0, -23.0, -16.0])
def test_the_mix_gets_the_loudness(mix, target):
    gain_db, note = target_gain_db(mix, loudness_lufs=target)
    assert after(mix, gain_db)[0] == pytest.approx(target, abs=0.01) and note == ""


def test_a_true_peak_that_is_not_reached_changes_nothing(mix):
    assert target_gain_db(mix, -30.0, -1.0) == target_gain_db(mix, -30.0)


def test_the_true_peak_stops_the_gain_and_the_note_says_how_short_it_ends(mix):
    gain_db, note = target_gain_db(mix, -6.0, -1.0)
    loudness, peak = after(mix, gain_db)
    assert peak == pytest.approx(-1.0, abs=0.01) and loudness < -6.5
    assert f"{loudness:.1f} LUFS, {-6 - loudness:.1f} LU short of -6 LUFS" in note and "-1 dBTP" in note
    assert "\n" not in note


def test_a_true_peak_alone_only_turns_down(mix):
    peak = after(mix, 0.0)[1]
    assert target_gain_db(mix, true_peak_dbtp=peak + 3) == (0.0, "")
    gain_db, note = target_gain_db(mix, true_peak_dbtp=peak - 3)
    assert gain_db == pytest.approx(-3.0, abs=1e-6) and note == ""


def test_no_target_is_no_gain(mix):
    assert target_gain_db(mix) == (0.0, "")


def test_stems_with_the_gain_still_sum_to_the_mix(mix):
    rng = np.random.default_rng(1)
    stems = [(mix.samples * share).astype(np.float32) for share in rng.uniform(0, 1, (4, 1, 1))]
    total = Audio(np.sum(stems, axis=0), RATE)
    gain = np.float32(10 ** (target_gain_db(total, -14.0, -1.0)[0] / 20))
    np.testing.assert_allclose(sum(stem * gain for stem in stems), total.samples * gain, atol=1e-6)


@pytest.mark.parametrize("level", [0.0, 1e-5])
def test_silence_and_near_silence_get_no_gain_for_loudness_and_a_note(level):
    quiet = Audio(level * np.random.default_rng(0).standard_normal((2, RATE)), RATE)
    gain_db, note = target_gain_db(quiet, -16.0, -1.0)
    assert gain_db == 0.0 and "-70 LUFS" in note
    assert target_gain_db(quiet, true_peak_dbtp=-1.0) == (0.0, "")


def test_nothing_at_all_gets_no_gain():
    gain_db, note = target_gain_db(Audio(np.zeros((2, 0)), RATE), -16.0, -1.0)
    assert gain_db == 0.0 and note


def test_a_click_too_quiet_for_loudness_is_still_kept_under_the_true_peak():
    """No loudness, but a peak: one sample in ten seconds of silence."""
    samples = np.zeros((2, 20 * RATE))
    samples[:, 100] = 0.003
    gain_db, note = target_gain_db(Audio(samples, RATE), -16.0, -55.0)
    assert gain_db == pytest.approx(-55 - 20 * np.log10(0.003), abs=0.01) and "no loudness" in note


def test_passages_that_rise_over_the_absolute_gate_count():
    """Half at -65 LUFS, half 7 dB lower, which the gate of -70 LUFS leaves out of the first measurement."""
    noise = np.random.default_rng(2).standard_normal((2, 12 * RATE))
    noise[:, 6 * RATE :] *= 10 ** (-7 / 20)
    loudest = Audio(noise[:, : 6 * RATE], RATE)
    noise *= 10 ** ((-65 - loudness_lufs(loudest.samples, RATE)) / 20)
    quiet = Audio(noise, RATE)
    naive_db = -16 - loudness_lufs(quiet.samples, RATE)
    assert abs(after(quiet, naive_db)[0] + 16) > 1
    assert after(quiet, target_gain_db(quiet, -16.0)[0])[0] == pytest.approx(-16, abs=0.05)


@pytest.mark.parametrize("value", [-71.0, 1.0, np.nan, np.inf, -np.inf])
def test_a_loudness_that_cannot_be_is_an_input_error(mix, value):
    with pytest.raises(InputError, match="loudness target .* -70 to 0 LUFS"):
        target_gain_db(mix, loudness_lufs=value)


@pytest.mark.parametrize("value", [-61.0, 21.0, np.nan])
def test_a_true_peak_that_cannot_be_is_an_input_error(mix, value):
    with pytest.raises(InputError, match="true peak target .* -60 to 20 dBTP"):
        target_gain_db(mix, true_peak_dbtp=value)
