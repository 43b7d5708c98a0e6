"""Devices in an Ardour session: plugins by state or values, LV2s, and what is printed instead."""

import base64

import pytest
from lxml import etree

from ardour_written import kinds, route_of, session_of, track_of, written
from carried_sessions import rendered_of
from dawbridge.devices import get_device
from dawbridge.devices.states.fxp import Fxp, encode_fxp
from dawbridge.devices.states.vstpreset import VstPreset, encode_vstpreset
from dawbridge.formats.ardour.processor_state import encode_processor
from dawbridge.formats.ardour.writer import bundles
from dawbridge.formats.lv2.bundle import bundle_name
from dawbridge.session import (
    Automation,
    Bus,
    Device,
    ForeignPlugin,
    Master,
    MidiClip,
    Point,
    Send,
    Sidechain,
    Track,
)

pytest_plugins = ("ardour_fixtures",)


def preset_of(name: str, content: bytes) -> bytes:
    return encode_vstpreset(VstPreset(get_device(name).class_id, content))


def test_hosted_plugins_carry_their_states(sounds, tmp_path):
    names = ("zam_eq2", "zam_comp_x2", "dragonfly_plate")
    session = session_of(track_of(*(Device(device=name) for name in names)))
    rendered = rendered_of(session)
    plate = get_device("dragonfly_plate")
    states = [preset_of("zam_eq2", b"q"), preset_of("zam_comp_x2", b"c")]
    states.append(encode_fxp(Fxp(int(plate.class_id), chunk=b"plate")))
    rendered.states.update({("Vox", position): state for position, state in enumerate(states)})
    root, losses = written(session, tmp_path, sounds, rendered)
    assert losses == []
    plugins = [p for p in root.iter("Processor") if p.get("unique-id")]
    rows = [(p.get("type"), p.get("unique-id"), p.get("count"), p.get("active")) for p in plugins]
    assert [row[0] for row in rows[:2]] == ["vst3", "vst3"]
    assert [row[1] for row in rows] == [get_device(d.device).class_id for d in session.tracks[0].devices]
    assert [row[2:] for row in rows] == [("2", "1"), ("1", "1"), ("1", "1")]
    chunks = [base64.b64decode(next(p.iter("chunk")).text) for p in plugins]
    assert chunks == [states[0], states[1], b"plate"]


def test_plugins_that_did_not_run_have_their_values(sounds, tmp_path):
    held = preset_of("zam_eq2", b"held")
    devices = [
        Device(device="zam_comp_x2", is_bypassed=True, values={"attack_s": 0.05}),
        Device(device="zam_eq2", state=base64.b64encode(held).decode()),
        Device(device="dragonfly_plate", values={"dry_level_percent": 25.0}),
    ]
    root, losses = written(session_of(track_of(*devices)), tmp_path, sounds)
    bare, with_state, plate = [p for p in root.iter("Processor") if p.get("unique-id")]
    assert losses == [] and bare.get("active") == "0"
    assert float(bare.find("vst3/Port[@id='3']").get("value")) == pytest.approx(50.0)  # milliseconds
    assert base64.b64decode(with_state.findtext("vst3/chunk")) == held
    assert float(next(plate.iter("parameters")).get("param-0")) == 0.25


def test_a_missing_plugin_is_told(sounds, tmp_path):
    from dataclasses import replace

    session = session_of(track_of(Device(device="zam_eq2")))
    rendered = replace(rendered_of(session), bypassed=("ZamEQ2 on track 'Vox'",))
    _, (loss,) = written(session, tmp_path, sounds, rendered)
    assert (loss.kind, loss.where) == ("session.mix", "track 'Vox' device 1 (zam_eq2)")


def test_built_in_devices_are_lv2s_with_their_ports(any_lv2, sounds, tmp_path):
    device = Device(device="eq", values={"bell_1_gain_db": 9.0}, is_bypassed=True)
    root, losses = written(session_of(track_of(device)), tmp_path, sounds)
    node = root.find(".//Processor[@type='lv2']")
    assert (node.get("unique-id"), node.get("active"), losses) == ("urn:dawbridge:eq", "0", [])
    assert float(node.find("lv2/Port[@symbol='bell_1_gain_db']").get("value")) == 9.0
    assert len(node.findall("lv2/Port")) == len(get_device("eq").parameters)


def test_the_bundles_come_with_the_session(cxx_compiler, sounds, tmp_path, monkeypatch):
    """Compiled where none is installed, else a copy of the installed one; and how to install them."""
    monkeypatch.setenv("LV2_PATH", str(tmp_path / "none"))
    session = session_of(track_of(Device(device="gain", values={"gain_db": 3.0})))
    written(session, tmp_path / "compiled", sounds)
    bundle = tmp_path / "compiled" / "lv2" / bundle_name(get_device("gain"))
    assert (bundle / "manifest.ttl").is_file() and [*bundle.parent.iterdir()] == [bundle]
    assert "cp -r lv2/*.lv2 ~/.lv2/" in (tmp_path / "compiled/README.txt").read_text()
    monkeypatch.setenv("LV2_PATH", str(bundle.parent))
    monkeypatch.setattr(bundles, "write_bundle", None)
    written(session, tmp_path / "copied", sounds)
    copied = tmp_path / "copied" / "lv2" / bundle.name
    assert {path.name: path.read_bytes() for path in copied.iterdir()} == {
        path.name: path.read_bytes() for path in bundle.iterdir()
    }


def test_without_an_lv2_the_chain_is_printed(no_lv2, sounds, tmp_path):
    devices = (Device(device="eq"), Device(device="zam_eq2"))
    steered = Device(device="zam_comp_x2_sidechain", sidechain=Sidechain(source="Vox"))
    tracks = (
        track_of(*devices, fader_db=-6.0, is_soloed=True, sends=(Send(to="fx"),)),
        track_of(steered, name="b", is_soloed=True),
    )
    session = session_of(*tracks, buses=(Bus(name="fx"),))
    root, losses = written(session, tmp_path, sounds)
    dry, printed = route_of(root, "Vox"), route_of(root, "Vox (printed)")
    assert [route.find("MuteMaster").get("muted") for route in (dry, printed)] == ["1", "0"]
    assert [len(route.findall("Processor[@type='intsend']")) for route in (dry, printed)] == [0, 1]
    assert [len(route.findall("Processor[@type='send']")) for route in (dry, printed)] == [0, 1]
    assert [p.get("type") for p in dry.iter("Processor") if p.get("unique-id")] == ["vst3"]
    gain = printed.find("Processor[@type='amp']/Controllable").get("value")
    assert float(gain) == pytest.approx(10 ** (-6 / 20), rel=1e-12)
    (loss,) = losses
    assert loss.kind == "channel.devices" and "no compiler" in loss.why and "'Vox (printed)'" in loss.why


def test_a_master_that_cannot_live_there_is_printed(no_lv2, sounds, tmp_path):
    master = Master(devices=(Device(device="zam_eq2"), Device(device="eq")), fader_db=-3.0)
    root, (loss,) = written(session_of(track_of(), master=master), tmp_path, sounds)
    assert [row.get("name") for row in root.iter("Route")] == ["Master", "Vox", "master (printed)", "master (dry)"]
    links = [link.get("other") for link in route_of(root, "Vox").findall("IO[@direction='Output']/Port/Connection")]
    assert links == ["master (dry)/audio_in 1", "master (dry)/audio_in 2"]
    assert route_of(root, "master (dry)").find("MuteMaster").get("muted") == "1"
    assert route_of(root, "Master").find("Processor[@unique-id]") is None
    assert loss.kind == "master.devices"


def test_an_instrument_that_cannot_live_there_is_its_sound(no_lv2, sounds, tmp_path):
    played = Track(name="keys", instrument=Device(device="synth"), midi_clips=(MidiClip(midi="notes.mid"),))
    root, losses = written(session_of(played), tmp_path, sounds)
    assert route_of(root, "keys").get("audio-playlist") and not list(tmp_path.rglob("*.mid"))
    assert kinds(losses) == ["track.clips", "track.instrument", "track.notes"]


def test_foreign_plugins_go_back(sounds, tmp_path):
    """A VST as its preset; what only Ardour knows as its element; what another program wrote is left out, and told."""
    text = '<Processor id="7" name="ACE" type="luaproc" unique-id="abc"><luaproc><script/></luaproc></Processor>'
    node = etree.fromstring(text)
    state = encode_vstpreset(VstPreset("0" * 32, b"x"))
    devices = (
        Device(
            device="foreign",
            plugin=ForeignPlugin(kind="vst3", id="0" * 32, label="Deluxe"),
            state=base64.b64encode(state).decode(),
            automation={"parameter-3": Automation(points=(Point(time=0.0, value=0.5),))},
        ),
        Device(
            device="foreign", plugin=ForeignPlugin(kind="ardour", id="abc", label="ACE"), state=encode_processor(node)
        ),
        Device(device="foreign", plugin=ForeignPlugin(kind="jsfx", id="x", label="JS: x"), state="eA=="),
    )
    root, losses = written(session_of(track_of(*devices)), tmp_path, sounds)
    moved, loss = sorted(losses, key=lambda row: row.kind, reverse=True)
    assert moved.kind == "device.automation"
    first, second = [p for p in root.iter("Processor") if p.get("unique-id")]
    assert base64.b64decode(first.findtext("vst3/chunk")) == state
    assert first.find("Automation/AutomationList").get("automation-id") == "parameter-3"
    assert second.find("luaproc/script") is not None and second.get("id") != "7"
    assert loss.kind == "channel.devices" and "JS: x" in loss.what
