"""What `translate` refuses: each in one line that names it, and nothing is written."""

import importlib

import numpy as np
import pytest

import dawbridge as db
from command_line import call
from dawbridge.audio import Audio, write_audio
from dawbridge.devices import get_device
from dawbridge.devices.states.fxp import Fxp, encode_fxp
from dawbridge.devices.states.vstpreset import VstPreset, decode_vstpreset, encode_vstpreset
from dawbridge.errors import InputError
from dawbridge.formats.preset_file import read_preset
from dawbridge.methods.translation.device_space import device_names
from translations import EQ, RATE, preset, write_sound

STRANGER = encode_vstpreset(VstPreset("0" * 32, b"state"))
BAD_PRESETS = [
    ("x.txt", b"", "ends in .vstpreset, .fxp, .json"),
    ("x.json", b"{", "not JSON"),
    ("x.json", b"\xff", "not JSON"),
    ("x.json", b"[]", "not an object"),
    ("x.json", b"{}", "device"),
    ("x.json", b'{"device": "nothing"}', "unknown device 'nothing'"),
    ("x.json", b'{"device": "eq", "values": {"wah": 1}}', "no parameter 'wah'"),
    ("x.json", b'{"device": "eq", "values": {"bell_1_gain_db": 90}}', "outside -24…24 dB"),
    ("x.json", b'{"device": "eq", "values": {"bell_1_gain_db": "9"}}', "valid number"),
    ("x.json", b'{"device": "synth"}', "is an instrument"),
    ("x.vstpreset", b"VST3", "cut off"),
    ("x.vstpreset", STRANGER, "no table knows"),
    ("x.fxp", b"CcnK", "cut off"),
    ("x.fxp", encode_fxp(Fxp(1, chunk=b"state")), "no table knows"),
]


def broken(folder, name, data: bytes):
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize(("name", "data", "told"), BAD_PRESETS, ids=[told for _, _, told in BAD_PRESETS])
def test_a_bad_preset_is_refused(tmp_path, tmp_out, capsys, monkeypatch, name, data, told):
    path = broken(tmp_path, name, data)
    answer = call(capsys, monkeypatch, "translate", path, "--to", "eq", "--out", tmp_out)
    line = answer.refusal()
    assert told in line and str(path) in line
    assert not tmp_out.exists()


def write_sounds(folder) -> None:
    """`sound.wav`, and others that are no use."""
    write_sound(folder / "sound.wav")
    write_audio(folder / "silent.wav", Audio(np.zeros((1, RATE)), RATE))
    write_audio(folder / "faint.wav", Audio(np.full((1, RATE), 3e-4), RATE))
    preset(folder, "eq", EQ, "good.json")
    preset(folder, "reverb", {"wet_0to1": 0, "dry_0to1": 0}, "muted.json")


# Words after `translate`, in the folder of `write_sounds`, and what is told.
BAD_USAGE = [
    ("--to eq", "nothing to translate"),
    ("--to eq --before sound.wav", "nothing to translate"),
    ("--to eq --after sound.wav", "nothing to translate"),
    ("good.json --to eq --after sound.wav", "both a preset and the sound after"),
    ("good.json --to nothing", "unknown device 'nothing'"),
    ("good.json --to eq+", "unknown device ''"),
    ("good.json --to synth", "synth is an instrument"),
    ("good.json --to polarity", "nothing of polarity can be turned"),
    ("none.json --to eq", "none.json"),
    (". --to eq", "ends in"),
    ("good.json --to eq --before none.wav", "none.wav"),
    ("--to eq --before sound.wav --after none.wav", "none.wav"),
    ("good.json --to eq --before silent.wav", "silent.wav: silent"),
    ("--to eq --before sound.wav --after silent.wav", "silent.wav: silent"),
    ("--to eq --before silent.wav --after sound.wav", "silent.wav: silent"),
    ("good.json --to eq --before faint.wav", "stays below -60 dBFS"),
    ("--to eq --before good.json --after sound.wav", "good.json"),
    ("muted.json --to eq --before sound.wav", "makes silence"),
    ("good.json --to eq --budget -1", "budget"),
]


@pytest.mark.parametrize(("words", "told"), BAD_USAGE, ids=[words for words, _ in BAD_USAGE])
def test_bad_usage_is_refused(tmp_path, tmp_out, capsys, monkeypatch, words, told):
    write_sounds(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert told in call(capsys, monkeypatch, "translate", *words.split(), "--out", tmp_out).refusal()
    assert not tmp_out.exists()


def test_a_folder_in_use_is_left_alone(tmp_path, capsys, monkeypatch):
    good = preset(tmp_path, "eq", EQ)
    line = call(capsys, monkeypatch, "translate", good, "--to", "eq", "--out", tmp_path).refusal()
    assert "holds the input" in line
    other = tmp_path / "other"
    other.mkdir()
    broken(other, "mine.txt", b"mine")
    line = call(capsys, monkeypatch, "translate", good, "--to", "eq", "--out", other).refusal()
    assert "holds something else" in line
    assert [path.name for path in other.iterdir()] == ["mine.txt"]


def test_a_bad_seed_is_refused(tmp_path, tmp_out):
    with pytest.raises(InputError, match="seed=-1"):
        db.translate(preset(tmp_path, "eq", EQ), "eq", tmp_out, seed=-1)


def test_a_plugin_that_is_not_there_ends_with_3(tmp_path, tmp_out, capsys, monkeypatch):
    resolve = importlib.import_module("dawbridge.render.graph.resolve")
    monkeypatch.setattr(resolve, "find_plugin_file", lambda name: None)
    source = preset(tmp_path, "zam_eq2", {})
    for arguments in ([source, "--to", "eq"], [preset(tmp_path, "eq", EQ, "eq.json"), "--to", "zam_eq2"]):
        answer = call(capsys, monkeypatch, "translate", *arguments, "--out", tmp_out, "--quiet")
        assert "'ZamEQ2' is missing" in answer.refusal(3)
        assert not tmp_out.exists()


def test_a_preset_of_a_hosted_plugin_names_its_device(tmp_path):
    spec = get_device("zam_eq2")
    path = broken(tmp_path, "eq.vstpreset", encode_vstpreset(VstPreset(spec.class_id.lower(), b"state")))
    device = read_preset(path)
    assert device.device == "zam_eq2" and device.state and decode_vstpreset(path.read_bytes()).component == b"state"
    assert device_names("zam_eq2+ compressor") == ("zam_eq2", "compressor")
