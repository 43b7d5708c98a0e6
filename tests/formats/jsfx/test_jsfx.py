"""JSFX texts: they parse, and sound as the device does.

REAPER does not run here. Its language's own compiler does, inside Pure Data, and a strict interpreter of our own.
"""

import re

import numpy as np
import pytest

from builtin_host import null_db
from dawbridge.devices import get_device
from dawbridge.devices.faust import make_strip, source, translate
from dawbridge.errors import DawbridgeError, InputError
from dawbridge.formats.jsfx import jsfx_text, slider_names, strip_jsfx_text
from dawbridge.formats.jsfx.program import read_program
from dawbridge.formats.lv2 import write_bundles
from dawbridge.session import Device
from exported_devices import ALL, RATES, draw, highest, lowest, make_sound, moved
from faust_reference import Play, play_all
from jsfx_in_puredata import play_in_eel2
from jsfx_interpreter import Jsfx
from lv2_host import Lv2Plugin

MAX_NULL_DB = -100


def name_of(spec) -> str:
    return spec.name


@pytest.fixture(scope="module")
def effects(compiler, tmp_path_factory) -> dict[str, Jsfx]:
    folder = tmp_path_factory.mktemp("jsfx")
    return {spec.name: Jsfx(jsfx_text(spec), compiler, folder) for spec in ALL}


# The sound


def settings_of(spec) -> list[tuple[int, dict[str, float]]]:
    """(sample rate, values): three at random at each rate."""
    return [(rate, values) for index, rate in enumerate(RATES) for values in draw(spec, 9)[3 * index : 3 * index + 3]]


@pytest.fixture(scope="module")
def exact(tmp_path_factory, cxx_compiler) -> dict[str, list[np.ndarray]]:
    """Device → each of its settings as Faust's C++ gives it in double precision. DawDreamer plays single alone."""
    folder = tmp_path_factory.mktemp("double")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(source._OPTIONS, "cpp", ("-double",))
        plugins = [Lv2Plugin(bundle, spec) for bundle, spec in zip(write_bundles(ALL, folder), ALL)]
    return {plugin.spec.name: [play(plugin, *row) for row in settings_of(plugin.spec)] for plugin in plugins}


def play(plugin: Lv2Plugin, rate: int, values: dict[str, float]) -> np.ndarray:
    return plugin.render(make_sound(plugin.spec, rate), rate, values)


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> dict[str, list[np.ndarray]]:
    """Device → each of its settings as DawDreamer gives it, which is our own render."""
    plays = [Play(spec, make_sound(spec, rate), rate, values) for spec in ALL for rate, values in settings_of(spec)]
    output = iter(play_all(plays, tmp_path_factory.mktemp("reference")))
    return {spec.name: [next(output) for _ in settings_of(spec)] for spec in ALL}


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_it_sounds_as_the_device_in_double_precision(spec, effects, exact):
    for (rate, values), wanted in zip(settings_of(spec), exact[spec.name]):
        output = effects[spec.name].play(make_sound(spec, rate), rate, list(values.values()))
        assert null_db(output, wanted) < MAX_NULL_DB, (rate, values)


@pytest.mark.parametrize("rate", RATES)
def test_it_sounds_so_in_eel2_itself(rate, exact, puredata, tmp_path):
    rows = [(spec, index) for spec in ALL for index, row in enumerate(settings_of(spec)) if row[0] == rate]
    texts = [jsfx_text(spec, settings_of(spec)[index][1]) for spec, index in rows]
    sound = make_sound(max(ALL, key=lambda spec: spec.sidechain_channels), rate)
    for (spec, index), output in zip(rows, play_in_eel2(texts, sound, rate, tmp_path)):
        assert null_db(output, exact[spec.name][index]) < MAX_NULL_DB, settings_of(spec)[index]


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_it_is_as_near_to_our_own_render_as_single_precision_lets_it(spec, effects, exact, ours):
    for (rate, values), true, rounded in zip(settings_of(spec), exact[spec.name], ours[spec.name]):
        output = effects[spec.name].play(make_sound(spec, rate), rate, list(values.values()))
        assert null_db(output, rounded) < max(MAX_NULL_DB, null_db(true, rounded) + 0.5), (rate, values)
        assert null_db(output, rounded) < -60, (rate, values)


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_it_is_not_dry(spec, effects):
    sound = make_sound(spec, 48000)
    assert null_db(effects[spec.name].play(sound, 48000, list(moved(spec).values())), sound[:2]) > -20


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_values_out_of_range_count_as_the_nearest(spec, effects):
    sound, effect = make_sound(spec, 48000, 0.05), effects[spec.name]
    for beyond, limit in ((1e9, highest(spec)), (-1e9, lowest(spec))):
        output = effect.play(sound, 48000, [beyond] * len(effect.sliders))
        assert np.array_equal(output, effect.play(sound, 48000, list(limit.values()))), beyond


@pytest.mark.parametrize("rate", [8000, 384000])
@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_unusual_sample_rates_do_no_harm(spec, rate, effects):
    for values in (lowest(spec), highest(spec)):
        assert np.isfinite(effects[spec.name].play(make_sound(spec, rate, 0.05), rate, list(values.values()))).all()


def test_it_goes_on_when_the_position_in_the_delay_lines_wraps_around(compiler, tmp_path):
    """It does so after six minutes; here it starts shortly before."""
    text = jsfx_text(get_device("reverb"), moved(get_device("reverb")))
    late = text.replace("IOTA0 = 0;", "IOTA0 = 16777215 - 1000;")
    assert late != text
    sound = make_sound(get_device("reverb"), 48000)
    assert np.array_equal(*(Jsfx(each, compiler, tmp_path).play(sound, 48000) for each in (text, late)))


# The text


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_sliders_have_the_tables_order_ranges_and_units(spec, effects):
    effect = effects[spec.name]
    assert effect.inputs == 2 + spec.sidechain_channels and effect.outputs == 2
    assert slider_names(spec) == tuple(parameter.name for parameter in spec.parameters)
    for slider, parameter in zip(effect.sliders, spec.parameters, strict=True):
        limits = (slider["minimum"], slider["maximum"], slider["start"])
        assert limits == (parameter.minimum, parameter.maximum, parameter.default)
        if parameter.unit in ("dB", "Hz", "s"):
            assert slider["label"].endswith(f" ({parameter.unit})")


def test_sliders_start_at_the_values_given(compiler, tmp_path):
    values = {"threshold_db": -20.123456, "attack_s": 0.0005}
    text = jsfx_text(get_device("compressor"), values, "Glue\n@init")
    starts = [row["start"] for row in Jsfx(text, compiler, tmp_path).sliders]
    assert starts == [-20.123456, 2, 0.0005, 0.1, 0]
    assert text.startswith("desc:Glue @init\n") and "not run in REAPER" in text
    assert "slider3:0.0005<0.0005,0.2,0.000001:log>Attack (s)\n" in text
    assert "slider1:1<0,1,1{off,on}>Inverted\n" in jsfx_text(get_device("polarity"), {"inverted": 1})


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_no_number_has_an_exponent(spec):
    assert not re.search(r"\d[eE][-+]?\d", jsfx_text(spec))


def test_a_strip_of_a_session_keeps_values_and_order(compiler, tmp_path):
    devices = [
        Device(device="gain", values={"gain_db": -6.0}),
        Device(device="eq", is_bypassed=True),
        Device(device="pan", values={"pan_lr": 1.0}),
    ]
    effect = Jsfx(strip_jsfx_text(devices), compiler, tmp_path)
    assert [(row["label"], row["start"]) for row in effect.sliders] == [("1 gain gain (dB)", -6), ("2 pan pan", 1)]
    left, right = effect.play(np.ones((2, 4)), 48000)
    assert np.abs(left).max() < 1e-9
    assert right == pytest.approx(10 ** (-6 / 20) * 2**0.5)


# Bad input


@pytest.mark.parametrize("name", ["zam_eq2", "tcn_tube"])
def test_what_is_no_built_in_device_is_an_error(name):
    calls = [lambda: jsfx_text(get_device(name)), lambda: slider_names(get_device(name))]
    calls += [lambda: strip_jsfx_text([Device(device=name)]), lambda: translate([get_device(name)], "jsfx")]
    for call in calls:
        with pytest.raises(InputError, match=f"'{name}' is .*gain, polarity, eq"):
            call()


def test_values_that_cannot_be_are_errors():
    with pytest.raises(InputError, match="gain: gain_db=25 outside -24…24 dB"):
        jsfx_text(get_device("gain"), {"gain_db": 25})
    with pytest.raises(InputError, match="gain has no parameter 'level'; it has gain_db"):
        jsfx_text(get_device("gain"), {"level": 1})
    with pytest.raises(InputError, match="no devices"):
        strip_jsfx_text([Device(device="gain", is_bypassed=True)])


def test_too_many_parameters_are_an_error():
    with pytest.raises(InputError, match="65 parameters; a JSFX has 64 sliders"):
        slider_names(make_strip(["eq"] * 5))


# Unknown output of Faust


def test_a_form_that_is_unknown_is_an_error():
    text = translate([get_device("compressor")], "jsfx")[0]
    for old, new in (("log10(", "log2("), ("obj[dsp.fRec0 + 0] =", "obj.fRec0 ="), ("fTemp0 = spl0;", "while(1) (0);")):
        assert old in text
        with pytest.raises(DawbridgeError, match="unknown form"):
            read_program(text.replace(old, new))


def test_faust_can_fail(monkeypatch, tmp_path):
    bad = tmp_path / "bad.dsp"
    bad.write_text("process = nonsense;")
    from dataclasses import replace

    with pytest.raises(DawbridgeError, match="Faust's compiler failed .*nonsense"):
        translate([replace(get_device("gain"), dsp_path=bad)], "cpp")


def test_the_interpreter_is_strict(compiler, tmp_path):
    text = jsfx_text(get_device("compressor"))
    for old, new in ((";\n\n@slider", "\n\n@slider"), ("= spl0", "= spl0 + 1 * 2"), ("20 *", "2e1 *")):
        assert old in text
        with pytest.raises(AssertionError):
            Jsfx(text.replace(old, new, 1), compiler, tmp_path)
