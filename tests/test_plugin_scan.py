"""Scanning: texts become numbers, numbers become curves, and a plugin that misbehaves becomes an error."""

import subprocess

import numpy as np
import pytest
from command_line import call

from dawbridge.devices.plugin_table import read_plugin_table
from dawbridge.errors import InputError, PluginError
from dawbridge.params import ParameterSpec
from dawbridge.places import find_plugin_file
from dawbridge.render.probe import device_name, plugin_files, scan, scan_all, scan_plugin, scan_to_table
from dawbridge.render.probe.curve import fit_curve, physical_default, pinned
from dawbridge.render.probe.names import parameter_names
from dawbridge.render.probe.process import run_task
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


# Plugins that misbehave


@pytest.mark.parametrize("file_name", ["Garbage.vst3", "Garbage.so"])
@pytest.mark.parametrize("content", [b"", b"this is no plugin", b"\x7fELF" + bytes(200)])
def test_a_garbage_file_is_an_error_with_its_name(tmp_path, file_name, content):
    (tmp_path / file_name).write_bytes(content)
    with pytest.raises(PluginError, match=file_name) as error:
        scan_plugin(tmp_path / file_name)
    assert "\n" not in str(error.value) and error.value.exit_code == 3


def test_an_empty_bundle_is_an_error_with_its_name(tmp_path):
    (tmp_path / "Empty.vst3").mkdir()
    with pytest.raises(PluginError, match="Empty.vst3"):
        scan_plugin(tmp_path / "Empty.vst3")


@pytest.mark.parametrize("file_name", ["absent.vst3", "notes.txt"])
def test_no_plugin_at_all_is_bad_input(tmp_path, file_name):
    with pytest.raises(InputError, match=file_name):
        scan_plugin(tmp_path / file_name)


def compiled(compiler: str, folder, body: str):
    """A shared library that does `body` as soon as it is loaded."""
    source = folder / "evil.c"
    source.write_text(
        "#include <stdlib.h>\n#include <unistd.h>\n"
        f"__attribute__((constructor)) static void at_load(void) {{ {body} }}\n"
    )
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "Evil.so", source], check=True)
    return folder / "Evil.so"


@pytest.mark.parametrize(
    ("body", "reason"),
    [("abort();", "crashed.*SIGABRT"), ("_exit(9);", "crashed.*exit code 9"), ("_exit(0);", "garbage")],
)
def test_a_plugin_that_ends_its_process_is_named(tmp_path, compiler, body, reason):
    with pytest.raises(PluginError, match=f"Evil.so.*{reason}"):
        scan_plugin(compiled(compiler, tmp_path, body))


def test_a_plugin_that_hangs_is_stopped_and_named(tmp_path, compiler):
    path = compiled(compiler, tmp_path, "for (;;) sleep(1);")
    with pytest.raises(PluginError, match=r"Evil.so.*hung: no answer within 2 s"):
        scan_plugin(path, timeout_s=2.0)


DESCRIBED = {
    "parameters": [],
    "movable": [],
    "inputs": 2,
    "outputs": 2,
    "latency_samples": 0,
    "deterministic": True,
    "resets": True,
    "keeps_silence": True,
    "is_finite": True,
    "tail_s": 1.5,
}
ROW = {
    "index": 0,
    "label": "Mix",
    "unit": "%",
    "position": 0.5,
    "text": "50.0",
    "is_automatable": True,
    "step_texts": [],
}
ROW |= {"texts": exact(100 * GRID)}


@pytest.fixture
def answering(tmp_path, monkeypatch):
    """Scan a plugin that answers `described`, and to whom it asks nothing else."""

    def answer(described, state=lambda: True):
        path = tmp_path / "Fake.so"
        path.touch()
        asked = {"class_id": "7", "vendor": "V", "label": "Fake Thing"}
        answers = {"describe": lambda: described, "vst2": lambda: asked, "state": state}
        monkeypatch.setattr(scan, "run_task", lambda task, *_: answers[task]())
        return scan_plugin(path)

    return answer


def test_a_scan_puts_the_answers_together(answering):
    device = answering(DESCRIBED | {"parameters": [ROW]})
    assert (device.name, device.kind, device.class_id, device.vendor) == ("fake_thing", "vst2", "7", "V")
    (mix,) = device.parameters
    assert (mix.name, mix.unit, mix.default, mix.index, mix.param_id) == ("mix_percent", "%", 50.0, 0, None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"inputs": 1}, "has 1 inputs and 2 outputs"),
        ({"outputs": 6}, "has 2 inputs and 6 outputs"),
        ({"is_finite": False}, "NaN or Inf"),
        ({"latency_samples": "late"}, "makes no sense"),
        ({"parameters": [{"index": 0}]}, "makes no sense"),
        ({"parameters": [ROW | {"position": float("nan")}]}, "makes no sense"),
        ({"parameters": 3}, "makes no sense"),
    ],
)
def test_answers_that_make_no_sense_are_an_error(answering, wrong, words):
    with pytest.raises(PluginError, match=f"Fake.so.*{words}"):
        answering(DESCRIBED | wrong)


@pytest.mark.parametrize(
    ("inputs", "outputs", "channels", "sidechain_channels"),
    [(1, 1, 1, 0), (2, 2, 2, 0), (2, 1, 1, 1), (3, 2, 2, 1), (4, 2, 2, 2), (0, 2, 2, 0), (0, 1, 1, 0)],
)
def test_inputs_beyond_the_outputs_are_a_sidechain_and_none_an_instrument(
    answering, inputs, outputs, channels, sidechain_channels
):
    device = answering(DESCRIBED | {"inputs": inputs, "outputs": outputs})
    assert (device.channels, device.sidechain_channels) == (channels, sidechain_channels)
    assert device.is_instrument == (inputs == 0)


def test_a_plugin_that_dies_over_its_state_is_hosted_without_one(answering):
    def die():
        raise PluginError("Fake.so", "crashed while it was scanned (SIGSEGV)")

    assert answering(DESCRIBED).state_survives and answering(DESCRIBED).tail_s == 1.5
    assert not answering(DESCRIBED, die).state_survives


def test_a_missing_answer_is_an_error(answering):
    with pytest.raises(PluginError, match="makes no sense"):
        answering({})


# Folders


def test_every_plugin_below_a_folder_is_found_and_bundles_are_one(tmp_path):
    for file in (
        "A.vst3/Contents/x86_64-linux/A.so",
        "deep/er/B.so",
        "C.vst/C.so",
        "D.vst/Contents/D.dll",
        "notes.txt",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    found = [str(path.relative_to(tmp_path)) for path in plugin_files(tmp_path)]
    assert found == ["A.vst3", "C.vst/C.so", "D.vst", "deep/er/B.so"]


def test_a_folder_that_is_not_there_is_bad_input(tmp_path):
    with pytest.raises(InputError, match="absent"):
        plugin_files(tmp_path / "absent")


def test_a_failure_ends_no_folder_and_a_name_is_given_once(tmp_path, answering):
    fake = answering(DESCRIBED)

    def scanning(path):
        if path.name == "Bad.so":
            raise PluginError(path.name, "hung")
        return fake

    paths = [tmp_path / name for name in ("Bad.so", "First.so", "Second.so", "deep/Second.so")]
    bad, first, second, third = scan_all(paths, tmp_path / "t", scanning)
    assert bad.table is None and "hung" in bad.failure
    assert read_plugin_table(first.table) == fake and first.table.stem == "fake_thing"
    assert read_plugin_table(second.table).name == second.table.stem == "second"
    assert third.table is None and "'second'" in third.failure and "--name" in third.failure


def test_the_command_scans_a_folder_to_its_end_and_then_fails(tmp_path, zam_plugins, capsys, monkeypatch):
    folder = tmp_path / "plugins here"
    folder.mkdir()
    (folder / "Broken.so").write_bytes(b"no plugin")
    (folder / "ZamEQ2.vst3").symlink_to(zam_plugins["ZamEQ2.vst3"])
    done = call(capsys, monkeypatch, "plugins", "scan", folder, "--out", tmp_path / "out")
    assert done.code == 3 and "scan: done" in done.err
    broken, scanned, summary = done.out.splitlines()
    assert "Broken.so" in broken and "zam_eq2.toml" in scanned and summary == "1 tables written, 1 failed"
    assert read_plugin_table(tmp_path / "out" / "zam_eq2.toml").channels == 1


def test_a_name_for_a_whole_folder_is_bad_usage(tmp_path, capsys, monkeypatch):
    assert "--name x" in call(capsys, monkeypatch, "plugins", "scan", tmp_path, "--name", "x").refusal()


def test_plugins_are_found_in_a_makers_own_folder(tmp_path, monkeypatch):
    (tmp_path / "maker").mkdir()
    (tmp_path / "maker" / "Own.so").touch()
    monkeypatch.setenv("DAWBRIDGE_PLUGIN_PATH", str(tmp_path))
    assert find_plugin_file("Own.so") == tmp_path / "maker" / "Own.so"
    assert find_plugin_file("absent.so") is None


# The real thing


def test_the_binary_and_the_host_agree_on_parameters(zam_plugins):
    path = zam_plugins["ZamCompX2.vst3"]
    asked = run_task("vst3", path, 60.0)
    described = run_task("describe", path, 60.0)
    assert [row["title"] for row in asked["parameters"]] == [row["label"] for row in described["parameters"]]
    by_name = {row["title"]: row for row in asked["parameters"]}
    assert by_name["Threshold"]["unit"] == "dB" and by_name["Threshold"]["param_id"] == 7
    assert by_name["Threshold"]["texts"] == ["-80.000000", "-40.000000", "0.000000"]


def test_pedalboard_gives_the_same_class_id(zam_plugins):
    path = zam_plugins["ZamEQ2.vst3"]
    assert run_task("pedalboard", path, 60.0)["class_id"] == run_task("vst3", path, 60.0)["class_id"]


def test_where_the_binary_does_not_answer_the_rest_is_still_scanned(zam_plugins, monkeypatch):
    def run(task, *arguments):
        if task == "vst3":
            raise PluginError("ZamCompX2.vst3", "crashed")
        return run_task(task, *arguments)

    monkeypatch.setattr(scan, "run_task", run)
    device = scan_plugin(zam_plugins["ZamCompX2.vst3"])
    full = [parameter.name for parameter in device.parameters]
    assert "threshold_db" in full and "gain_reduction_db" not in full
    assert len(device.class_id) == 32 and device.parameters[0].param_id is None


def test_a_scan_writes_a_table_under_the_name_asked_for(zam_plugins, tmp_path):
    path = scan_to_table(zam_plugins["DragonflyPlateReverb-vst.so"], tmp_path / "plugins", "my_plate")
    assert path == tmp_path / "plugins" / "my_plate.toml"
    device = read_plugin_table(path)
    assert device.name == "my_plate" and device.label == "Dragonfly Plate Reverb"
    assert device.parameter("algorithm").choices == ("Simple", "Nested", "Tank")
