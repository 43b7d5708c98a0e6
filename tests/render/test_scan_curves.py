"""Scanning: texts become numbers, numbers become curves, sounds become tails, labels become names."""

import numpy as np
import pytest

from dawbridge.params import ParameterSpec
from dawbridge.render.probe import device_name
from dawbridge.render.probe.curve import fit_curve, physical_default, pinned
from dawbridge.render.probe.names import parameter_names
from dawbridge.render.probe.tail import measure_tail_s
from dawbridge.render.probe.text import parse_text

GRID = np.linspace(0.0, 1.0, 257)


@pytest.mark.parametrize(
    ("text", "label", "value", "unit"),
    [
        ("1.5 kHz", "", 1500.0, "Hz"),
        ("440", "Hz", 440.0, "Hz"),
        ("12.5 ms", "", 0.0125, "s"),
        ("12.5", "ms", 0.0125, "s"),
        ("2 s", "ms", 2.0, "s"),
        ("-3.0dB", "", -3.0, "dB"),
        ("−3.0 dB", "", -3.0, "dB"),
        ("+6", "dB", 6.0, "dB"),
        ("-inf", "dB", -200.0, "dB"),
        ("-∞ dB", "", -200.0, "dB"),
        ("50 %", "", 50.0, "%"),
        ("4:1", "", 4.0, "ratio"),
        (".5", "", 0.5, ""),
        ("1e-3", "s", 0.001, "s"),
        ("12", "semitones", 12.0, ""),
    ],
)
def test_text_is_read_in_our_units(text, label, value, unit):
    reading = parse_text(text, label)
    assert (reading.value, reading.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize("text", ["", "Nested", "C", "L 50", "5 pies", "inf", "-inf", "nan", "1.2.3", "--1"])
def test_what_is_no_number_is_none(text):
    assert parse_text(text) is None


def test_rounding_is_half_of_the_last_digit():
    assert parse_text("1.5 kHz").rounding == pytest.approx(50.0)
    assert parse_text("12").rounding == pytest.approx(0.5)


def exact(values) -> list[str]:
    return [f"{value:.6f}" for value in values]


def spec_of(fitted: dict) -> ParameterSpec:
    return ParameterSpec(name="p", default=fitted["minimum"], **fitted)


def test_a_line_is_linear_with_its_own_ends():
    fitted = fit_curve(exact(-80 + 80 * GRID), "dB", [])
    assert fitted == {"minimum": -80.0, "maximum": 0.0, "unit": "dB", "curve": "linear"}


@pytest.mark.parametrize("digits", [0, 1, 2])
def test_a_rounded_line_is_linear_and_no_staircase(digits):
    fitted = fit_curve([f"{value:.{digits}f}" for value in 30 * GRID], "dB", [])
    assert (fitted["curve"], fitted["minimum"], fitted["maximum"]) == ("linear", 0.0, 30.0)


def test_a_line_in_32_bit_floats_is_linear():
    fitted = fit_curve(exact(np.float32(-24) + GRID.astype(np.float32) * np.float32(48)), "dB")
    assert fitted["curve"] == "linear"


def hz_text(value: float) -> str:
    return f"{value / 1000:.2f} kHz" if value >= 1000 else f"{value:.1f} Hz"


@pytest.mark.parametrize("write", [hz_text, lambda value: f"{value:.1f} Hz", lambda value: f"{value:.0f} Hz"])
def test_an_exponential_is_logarithmic_however_it_is_written(write):
    fitted = fit_curve([write(20 * 1000**place) for place in GRID], "", [])
    assert (fitted["curve"], fitted["minimum"], fitted["maximum"]) == ("logarithmic", 20.0, 20000.0)


def test_times_come_in_seconds():
    fitted = fit_curve(exact(0.1 * 1000**GRID), "ms", [])
    assert (fitted["curve"], fitted["unit"]) == ("logarithmic", "s")
    assert (fitted["minimum"], fitted["maximum"]) == pytest.approx((1e-4, 0.1))


@pytest.mark.parametrize(
    "law",
    [lambda x: 100 * x**2, lambda x: 20 + 19980 * x**3, lambda x: 5 - 4 * np.sqrt(x), lambda x: 10 - 10 * x],
    ids=["square", "cube", "falling root", "falling line"],
)
def test_any_other_monotone_law_is_measured_and_thinned(law):
    fitted = fit_curve(exact(law(GRID)), "Hz", [])
    assert fitted["curve"] == "measured" and len(fitted["points"]) < 80
    spec = spec_of(fitted)
    values = law(GRID)
    assert np.abs(spec.from_0to1(GRID) - values).max() < 1.01e-3 * (values.max() - values.min())
    assert float(spec.from_0to1(0.0)) == values[0] and float(spec.from_0to1(1.0)) == values[-1]


def test_a_level_that_starts_in_silence_is_measured_from_there():
    with np.errstate(divide="ignore"):
        texts = ["-inf" if x == 0 else f"{20 * np.log10(2 * x):.1f}" for x in GRID]
    spec = spec_of(fit_curve(texts, "dB", []))
    assert spec.curve == "measured" and spec.minimum == -200.0
    assert float(spec.from_0to1(0.5)) == pytest.approx(0.0, abs=0.1)


def test_two_texts_are_a_switch():
    switch = fit_curve(["0.0"] * 129 + ["1.0"] * 128, "")
    assert (switch["curve"], switch["unit"], switch["choices"]) == ("boolean", "bool", ())
    assert fit_curve(["Off"] * 129 + ["On"] * 128, "")["choices"] == ("Off", "On")


def test_few_texts_are_choices():
    texts = [("Simple", "Nested", "Tank")[int(np.rint(2 * place))] for place in GRID]
    fitted = fit_curve(texts)
    assert (fitted["curve"], fitted["steps"]) == ("stepped", (0.0, 1.0, 2.0))
    assert fitted["choices"] == ("Simple", "Nested", "Tank")


def test_steps_that_are_cut_off_instead_of_rounded_are_choices():
    words = [f"mode {i}" for i in range(12)]
    texts = [words[int(11 * place)] for place in GRID]
    assert fit_curve(texts)["choices"] == tuple(words)


@pytest.mark.parametrize(("law", "curve"), [(lambda x: x**2, "measured"), (lambda x: 0.8 * 1.5625**x, "logarithmic")])
def test_left_out_zeros_hide_no_law(law, curve):
    fitted = fit_curve([f"{law(place):g}" for place in GRID])
    assert fitted["curve"] == curve
    assert np.abs(spec_of(fitted).from_0to1(GRID) - law(GRID)).max() < 1e-3


def test_declared_steps_are_kept_with_their_values():
    fitted = fit_curve([], "", ["1", "2", "4", "8"])
    assert (fitted["curve"], fitted["steps"], fitted["maximum"]) == ("stepped", (1.0, 2.0, 4.0, 8.0), 8.0)


@pytest.mark.parametrize(
    "texts",
    [["same"] * 257, [f"word {i}" for i in range(257)], exact(np.sin(9 * GRID)), ["Off", *exact(GRID[1:])]],
    ids=["constant", "words", "not monotone", "a word at the end"],
)
def test_what_has_no_physical_law_stays_0_to_1(texts):
    assert fit_curve(texts, "", []) == {"minimum": 0.0, "maximum": 1.0}


def test_the_default_is_free_of_float_noise():
    fitted = fit_curve(exact(-50 + 70 * GRID), "dB", [])
    assert physical_default(fitted, float(np.float32(50 / 70))) == 0.0
    assert physical_default(fitted, 0.0) == -50.0


def test_a_measured_curve_meets_the_default():
    place = 0.5715816
    fitted = fit_curve([f"{-80 + 140 * x:.2f}" if x else "-inf" for x in GRID], "dB")
    met = pinned(fitted, place, parse_text("0.02", "dB"))
    assert physical_default(met, place) == 0.02
    assert float(spec_of(met).to_0to1(0.02)) == pytest.approx(place, abs=1e-12)
    for reading in (None, parse_text("70", "dB"), parse_text("0.02", "Hz")):
        assert pinned(fitted, place, reading) == fitted
    assert pinned(fitted, 0.0, parse_text("-inf", "dB")) == fitted


# How long a device sounds on


RATE = 8000


def echoing(delay_s: float, gain: float, hum: float = 0.0):
    """Renders that repeat what they get once, later, over a hum."""

    def render(samples):
        late = np.zeros_like(samples)
        shift = int(delay_s * RATE)
        late[:, shift:] = gain * samples[:, : samples.shape[1] - shift]
        return samples + late + hum

    return render


@pytest.mark.parametrize(
    ("render", "tail_s"),
    [
        (echoing(0.0, 0.0), 0.0),
        (echoing(0.5, 0.5), 0.5),
        (echoing(0.5, 1e-6), 0.0),
        (echoing(0.5, 0.5, hum=0.1), 0.5),
        (echoing(3.0, 0.5), 3.0),
        (lambda samples: samples + 0.1 * np.abs(samples).max(), 20.0),
    ],
    ids=["none", "echo", "inaudible echo", "hum", "late echo", "endless"],
)
def test_a_tail_is_measured_from_the_end_of_the_sound(render, tail_s):
    assert measure_tail_s(render, 0.5, RATE) == pytest.approx(tail_s, abs=0.011)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("ZamEQ2", "zam_eq2"),
        ("ZamCompX2", "zam_comp_x2"),
        ("Dragonfly Plate Reverb", "dragonfly_plate"),
        ("ZaMaximX2", "za_maxim_x2"),
        ("3BandEQ", "3band_eq"),
        ("!!!", "plugin"),
    ],
)
def test_device_names(label, name):
    assert device_name(label) == name


def test_parameter_names_are_unique_and_carry_the_unit():
    labels = ["Threshold", "Threshold", "Boost/Cut 1", "Attack", "Gain dB", "Ratio", "Mix", "???"]
    units = ["dB", "dB", "dB", "s", "dB", "ratio", "%", ""]
    names = "threshold_db threshold_db_2 boost_cut_1_db attack_s gain_db ratio mix_percent parameter"
    assert parameter_names(labels, units) == names.split()
