"""Scanning: a plugin that misbehaves becomes an error, a folder of plugins a folder of tables."""

import subprocess

import numpy as np
import pytest

from command_line import call
from dawbridge.devices.plugin_table import read_plugin_table
from dawbridge.errors import InputError, PluginError
from dawbridge.paths import find_plugin_file
from dawbridge.render.probe import plugin_files, scan, scan_all, scan_plugin, scan_to_table
from dawbridge.render.probe.process import run_task


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
ROW |= {"texts": [f"{value:.6f}" for value in np.linspace(0.0, 100.0, 257)]}


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
