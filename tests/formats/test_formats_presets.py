"""The presets format and the registry of formats, without plugins."""

import json
import sys

import numpy as np
import pytest

from dawbridge.audio import Audio
from dawbridge.devices import get_device
from dawbridge.devices.states.fxp import decode_fxp
from dawbridge.errors import InputError
from dawbridge.formats import Loss, format_names, get_format, write_losses
from dawbridge.names import safe_file_name
from dawbridge.session import Bus, Device, Master, Rendered, Session, Sidechain, Track

SILENCE = Audio(np.zeros((2, 64), np.float32), 48000)


def session_of(*devices: Device, name: str = "Vox") -> Session:
    track = Track(name=name, audio="v.wav", devices=devices)
    return Session(sample_rate=48000, length_samples=64, tracks=(track,))


def rendered_of(session: Session, **states: bytes) -> Rendered:
    """Silence everywhere; `states`: d0=…, d1=… by position."""
    name = session.tracks[0].name
    audio = {name: SILENCE}
    by_place = {(name, int(place[1:])): state for place, state in states.items()}
    return Rendered(SILENCE, audio, audio, audio, by_place)


def test_the_registry_is_sorted_and_every_format_has_its_parts():
    assert format_names() == sorted(format_names())
    assert {"ardour", "presets"} <= set(format_names())
    for name in format_names():
        module = get_format(name)
        assert name == module.NAME
        assert isinstance(module.SUFFIX, str)
        assert callable(module.write)


def test_an_unknown_format_lists_what_there_is():
    with pytest.raises(InputError, match=r"unknown format 'cubase'; known are ardour, .*presets"):
        get_format("cubase")


def test_a_missing_library_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("dawbridge.formats.ardour", "lxml"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(InputError, match="pip install lxml"):
        get_format("ardour")


def test_losses_are_a_list_in_a_file(tmp_path):
    write_losses([Loss("track 'Völ'", "its name", "why")], tmp_path / "losses.json")
    write_losses([], tmp_path / "none.json")
    assert json.loads((tmp_path / "losses.json").read_text(encoding="utf-8")) == [
        {"where": "track 'Völ'", "what": "its name", "why": "why", "kind": "", "also": []}
    ]
    assert json.loads((tmp_path / "none.json").read_text()) == []


def test_a_line_shortens_names_and_nothing_else():
    why = "Ardour's mute, or an output that is not connected, spares sends; a session's mute does not, as a session's"
    long = "a" * 150 + "b" * 150
    cut = "a" * 40 + "…" + "b" * 20
    assert Loss(f"track {long!r}", "its 'x.' and 'y'", why).line == f"track '{cut}': its 'x.' and 'y' ({why})"
    assert Loss("here", repr(long + "'s"), "").line.count("a") == 40


def test_each_device_has_its_numbered_file(tmp_path):
    session = session_of(
        Device(device="eq", values={"bell_1_hz": 440.0}),
        Device(device="zam_eq2"),
        Device(device="dragonfly_plate"),
        name="Vöx/1",
    )
    rendered = rendered_of(session, d1=b"one", d2=b"two")
    losses = get_format("presets").write(session, rendered, tmp_path / "out", tmp_path)
    folder = tmp_path / "out" / safe_file_name("Vöx/1")
    assert losses == []
    assert sorted(path.name for path in folder.iterdir()) == [
        "01-eq.json", "02-zam_eq2.vstpreset", "03-dragonfly_plate.fxp",
    ]  # fmt: skip
    assert (folder / "02-zam_eq2.vstpreset").read_bytes() == b"one"
    assert (folder / "03-dragonfly_plate.fxp").read_bytes() == b"two"
    preset = json.loads((folder / "01-eq.json").read_text())
    assert (preset["device"], preset["label"]) == ("eq", "EQ")
    assert (preset["values"]["bell_1_hz"], preset["values"]["bell_2_hz"]) == (440.0, 1000.0)
    assert preset["units"]["bell_1_hz"] == "Hz"


@pytest.mark.parametrize("is_bypassed", [True, False])
def test_a_plugin_that_gave_no_state_is_a_loss(is_bypassed, tmp_path):
    session = session_of(Device(device="zam_eq2", is_bypassed=is_bypassed))
    (loss,) = get_format("presets").write(session, rendered_of(session), tmp_path / "out", tmp_path)
    assert (loss.kind, "not installed here" in loss.why) == ("device.state", True)
    assert "Vox" in loss.where and "ZamEQ2" in loss.where
    assert list((tmp_path / "out").rglob("*.vstpreset")) == []


def test_a_vst2_that_did_not_run_leaves_with_its_values(tmp_path):
    session = session_of(Device(device="dragonfly_plate", values={"decay_s": 1.5}, is_bypassed=True))
    assert get_format("presets").write(session, rendered_of(session), tmp_path / "out", tmp_path) == []
    spec = get_device("dragonfly_plate")
    program = decode_fxp((tmp_path / "out/Vox/01-dragonfly_plate.fxp").read_bytes(), "preset")
    place = [parameter.name for parameter in spec.parameters].index("decay_s")
    assert program.parameters[place] == pytest.approx(spec.parameter("decay_s").to_0to1(1.5), abs=1e-6)


def test_a_sidechain_is_a_loss(tmp_path):
    session = session_of(Device(device="sidechain_compressor", sidechain=Sidechain(source="Kick")), Device(device="eq"))
    (loss,) = get_format("presets").write(session, rendered_of(session), tmp_path, tmp_path)
    assert (loss.kind, loss.what) == ("device.sidechain", "that 'Kick' steers it")
    assert "channel 'Vox' device 1" in loss.where


def test_no_two_folders_differ_by_capitals_alone(tmp_path):
    eq = (Device(device="eq"),)
    tracks = tuple(Track(name=name, audio="v.wav", devices=eq) for name in ("A/B", "a/b", "a/B", "Master"))
    session = Session(
        sample_rate=48000, length_samples=64, tracks=tracks, buses=(Bus(name="bus"),), master=Master(devices=eq)
    )
    get_format("presets").write(session, rendered_of(session), tmp_path, tmp_path)
    folders = sorted(path.name for path in tmp_path.iterdir())
    assert folders == ["A%2FB", "Master", "a%2FB 3", "a%2Fb 2", "master 2"]


def test_a_very_long_name_still_has_a_file(tmp_path):
    session = session_of(Device(device="eq"), name="長い名前" * 40)
    get_format("presets").write(session, rendered_of(session), tmp_path, tmp_path)
    (folder,) = tmp_path.iterdir()
    assert len(folder.name) <= 200
    assert safe_file_name("長" * 300) != safe_file_name("長" * 301)
