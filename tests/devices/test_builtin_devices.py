"""Every built-in device held to the laws of physics, as the host renders it; the EQ has its own file."""

import json
import subprocess
import sys

import numpy as np
import pytest

from builtin_host import RATE, RATES, impulse, level_db, make_noise, null_db, open_host
from dawbridge.devices import all_devices
from dawbridge.devices.builtin_table import BUILTIN

NOTE_CONTROLS = {"freq", "gain", "gate"}  # the host moves them with each note
LIST_CONTROLS = """
import json, sys
import dawdreamer
rows = {}
inputs = json.loads(sys.argv[1])
for path in inputs:
    engine = dawdreamer.RenderEngine(48000, 512)
    processor = engine.make_faust_processor("device")
    processor.set_dsp(path)
    assert processor.compile(), path
    rows[path] = processor.get_parameters_description()
    assert processor.get_num_input_channels() == inputs[path], path
print(json.dumps(rows))
"""


@pytest.fixture(scope="module")
def through():
    """See `open_host`."""
    with open_host() as render:
        yield render


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return make_noise()


# Every device


@pytest.fixture(scope="module")
def controls() -> dict[str, dict]:
    """Device → its Faust text's controls by name, listed in a process of its own."""
    paths = {device.name: str(device.dsp_path) for device in BUILTIN}
    inputs = {str(d.dsp_path): 0 if d.is_instrument else 2 + d.sidechain_channels for d in BUILTIN}
    code = [sys.executable, "-c", LIST_CONTROLS, json.dumps(inputs)]
    rows = json.loads(subprocess.run(code, capture_output=True, text=True, check=True).stdout)
    return {name: {row["label"]: row for row in rows[path]} for name, path in paths.items()}


@pytest.mark.parametrize("device", BUILTIN, ids=lambda device: device.name)
def test_the_table_says_what_the_faust_text_says(device, controls):
    sliders = controls[device.name]
    played = NOTE_CONTROLS if device.is_instrument else set()
    assert sliders.keys() == {parameter.name for parameter in device.parameters} | played
    for parameter in device.parameters:
        slider = sliders[parameter.name]
        stated = (parameter.minimum, parameter.maximum, parameter.default)
        found = (slider["min"], slider["max"], slider["value"])
        assert found == pytest.approx(stated, rel=1e-6), parameter.name


def corners(device) -> list[dict[str, float]]:
    """The defaults, everything at its lowest, everything at its highest."""
    lowest = {parameter.name: parameter.minimum for parameter in device.parameters}
    return [{}, lowest, {parameter.name: parameter.maximum for parameter in device.parameters}]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("device", BUILTIN, ids=lambda device: device.name)
def test_silence_stays_silent_and_sound_finite(device, rate, through, noise):
    for values in corners(device):
        assert not through(device.name, np.zeros((2, 4000)), rate, **values).any(), values
        once, again = (through(device.name, noise, rate, **values) for _ in range(2))
        assert once.shape == noise.shape and np.isfinite(once).all(), values
        assert np.array_equal(once, again), f"not deterministic at {values}"


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", [d.name for d in BUILTIN if d.name != "compressor" and not d.is_instrument])
def test_defaults_leave_the_sound_alone(name, rate, through, noise):
    assert null_db(through(name, noise, rate), noise) < -120


def test_built_in_names_are_registered():
    assert all(all_devices()[device.name] is device for device in BUILTIN)


# Gain, polarity, pan


@pytest.mark.parametrize("gain_db", [-24.0, -6.0, 0.1, 6.0, 24.0])
def test_gain_is_exact_and_its_opposite_undoes_it(gain_db, through, noise):
    louder = through("gain", noise, gain_db=gain_db)
    assert level_db(louder) - level_db(noise) == pytest.approx(gain_db, abs=1e-4)
    assert null_db(through("gain", louder, gain_db=-gain_db), noise) < -120


def test_polarity_cancels_the_sound_and_twice_is_nothing(through, noise):
    inverted = through("polarity", noise, inverted=1.0)
    assert not (inverted + noise).any()
    assert np.array_equal(through("polarity", inverted, inverted=1.0), noise)


@pytest.mark.parametrize("pan_lr", [-1.0, -0.6, -0.1, 0.0, 0.3, 0.9, 1.0])
def test_pan_keeps_the_power(pan_lr, through):
    left, right = through("pan", np.ones((2, 64)), pan_lr=pan_lr)[:, -1].astype(np.float64)
    mirrored = through("pan", np.ones((2, 64)), pan_lr=-pan_lr)[:, -1]
    assert left**2 + right**2 == pytest.approx(2.0, rel=1e-5)
    assert (right, left) == pytest.approx(tuple(mirrored), abs=1e-6)
    assert np.sign(right - left) == np.sign(pan_lr) or pan_lr == 0


def test_pan_ends_are_hard(through, noise):
    assert level_db(through("pan", noise, pan_lr=-1.0)[1]) < -120
    assert level_db(through("pan", noise, pan_lr=1.0)[0]) < -120


# Compressor: a square wave has one level, so the detector is steady and the law exact


def square(levels_db: list[float], length_s: float, rate: int = RATE) -> np.ndarray:
    """A square wave at 500 Hz that takes each level for `length_s`: [1, n]."""
    length = round(length_s * rate)
    sign = np.where(np.arange(length * len(levels_db)) * 1000 // rate % 2 == 0, 1.0, -1.0)
    return (sign * np.repeat(10 ** (np.array(levels_db) / 20), length))[None]


def gain_change_db(samples: np.ndarray, dry: np.ndarray) -> np.ndarray:
    return 20 * np.log10(samples.astype(np.float64) / dry)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 4.0, 20.0])
def test_compressor_static_curve(ratio, through):
    for level in (-50.0, -30.1, -29.9, -18.0, -6.0, 0.0):
        dry = square([level], 0.1)
        wet = through("compressor", dry, threshold_db=-30.0, ratio=ratio, attack_s=0.001, makeup_db=3.0)
        wanted = 3.0 - max(0.0, level + 30.0) * (1 - 1 / ratio)
        assert gain_change_db(wet, dry)[:, -500:] == pytest.approx(wanted, abs=1e-3), level


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("attack_s", "release_s"), [(0.0005, 0.01), (0.01, 0.1), (0.2, 0.3)])
def test_compressor_takes_its_times(attack_s, release_s, rate, through):
    """1 - 1/e of the way in attack_s after the level rises, and back in release_s after it falls."""
    step_s = 10 * max(attack_s, release_s)
    dry = square([-60.0, -10.0, -60.0], step_s, rate)
    wet = through("compressor", dry, rate, threshold_db=-30.0, ratio=4.0, attack_s=attack_s, release_s=release_s)
    reduction = -gain_change_db(wet, dry)[0]
    rise, fall = (round(place * step_s * rate) for place in (1, 2))
    assert reduction[:rise] == pytest.approx(0, abs=1e-3)
    assert reduction[fall - 1] == pytest.approx(15.0, abs=0.01)
    up, down = 15 * (1 - np.exp(-1)), 15 * np.exp(-1)
    # A sample of grace, and what single precision leaves of a pole close to 1.
    assert reduction[rise + round(attack_s * rate) - 1] == pytest.approx(up, abs=15 / (attack_s * rate) + 0.01)
    assert reduction[fall + round(release_s * rate) - 1] == pytest.approx(down, abs=15 / (release_s * rate) + 0.01)


def test_compressor_at_ratio_one_is_nothing(through, noise):
    assert null_db(through("compressor", noise, threshold_db=-60.0, ratio=1.0), noise) < -120


def test_compressor_channels_are_linked(through, noise):
    dry = noise * np.array([[1.0], [0.01]], np.float32)
    values = {"threshold_db": -40.0, "ratio": 8.0, "attack_s": 0.001}
    wet = through("compressor", dry, **values)
    gains = wet / dry
    assert gains[0] == pytest.approx(gains[1], rel=1e-5)
    assert 20 * np.log10(gains.min()) < -10
    assert np.array_equal(through("compressor", dry[::-1], **values), wet[::-1])


# Reverb


def decay_time_s(samples: np.ndarray, rate: int) -> float:
    """RT60 by Schroeder's backward integration, from the slope between -5 and -35 dB."""
    energy = np.cumsum(np.square(samples, dtype=np.float64).sum(axis=0)[::-1])[::-1]
    curve = 10 * np.log10(energy / energy[0] + 1e-30)
    inside = np.flatnonzero((curve < -5) & (curve > -35))
    return -60 / np.polyfit(inside / rate, curve[inside], 1)[0]


def tail(through, length_s: float, rate: int = RATE, **values) -> np.ndarray:
    """The reverb's impulse response without the dry sound."""
    dry = impulse(round(length_s * rate))
    return through("reverb", dry, rate, **{"wet_0to1": 1.0, "dry_0to1": 0.0, "damping_0to1": 0.0} | values)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("decay_s", [0.1, 0.2, 0.4, 1.5, 4.0])
def test_reverb_decays_in_its_time(decay_s, rate, through):
    samples = tail(through, 1.2 * decay_s + 0.3, rate, decay_s=decay_s)
    assert decay_time_s(samples, rate) == pytest.approx(decay_s, rel=0.1)


def test_reverb_wet_and_dry_are_shares(through, noise):
    wet = through("reverb", noise, wet_0to1=1.0, dry_0to1=0.0)
    dry = through("reverb", noise, wet_0to1=0.0, dry_0to1=0.5)
    assert np.array_equal(dry, noise * np.float32(0.5))
    for share in (0.5, 0.1):
        less = through("reverb", noise, wet_0to1=share, dry_0to1=0.0)
        assert level_db(less) - level_db(wet) == pytest.approx(20 * np.log10(share), abs=1e-3)
    both = through("reverb", noise, wet_0to1=1.0, dry_0to1=0.5)
    assert null_db(both, wet + dry) < -110


def band(samples: np.ndarray, centre_hz: float) -> np.ndarray:
    """About an octave around `centre_hz`, with slopes smooth enough not to ring."""
    size = 2 * samples.shape[-1]
    spectrum = np.fft.rfft(samples.astype(np.float64), size)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(size, 1 / RATE), 1e-3) / centre_hz)
    return np.fft.irfft(spectrum * np.exp(-2 * octaves**2), size)[:, : samples.shape[-1]]


def test_reverb_damping_shortens_the_highs(through):
    bright, dark = (tail(through, 2.5, decay_s=1.5, damping_0to1=damping) for damping in (0.0, 0.5))
    low_hz, high_hz = 150, 8000
    assert decay_time_s(band(dark, low_hz), RATE) == pytest.approx(1.5, rel=0.15)
    assert decay_time_s(band(bright, high_hz), RATE) == pytest.approx(1.5, rel=0.15)
    assert decay_time_s(band(dark, high_hz), RATE) < 0.5


def test_reverb_sides_differ_and_are_equally_loud(through):
    left, right = tail(through, 1.5, decay_s=1.0)
    assert level_db(left) == pytest.approx(level_db(right), abs=1.0)
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.2
