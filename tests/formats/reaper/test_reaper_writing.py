"""Writing REAPER projects: what two parsers of the format find in them, and what comes back."""

import base64
import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest
import rpp
import rppxml

from carried_sessions import NOTES, foreign_device, rendered_of, state_of
from dawbridge.audio import read_audio
from dawbridge.devices import get_device
from dawbridge.devices.states import preset_bytes
from dawbridge.formats import Media
from dawbridge.formats.reaper import read
from dawbridge.formats.reaper.text import parse, token_text
from dawbridge.formats.reaper.vst_block import decode_block
from dawbridge.render import Farm, render_session
from dawbridge.session import (
    Automation,
    Bus,
    Clip,
    Device,
    ForeignPlugin,
    Master,
    MidiClip,
    Point,
    Send,
    Session,
    Sidechain,
    Tempo,
    TempoMap,
    Track,
)
from hosted_presets import hosted
from reaper_fixtures import CLIPS, FADE, RATE, session_of, sounds_in, tone, written
from session_differences import differences


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Path:
    return sounds_in(tmp_path_factory.mktemp("sounds"))


def band(sounds: Path) -> Session:
    """One of everything that REAPER carries."""
    moves = FADE
    state = base64.b64encode(state_of("zam_comp_x2", b"comp")).decode()
    comp = Device(device="zam_comp_x2", state=state, automation={"threshold_db": moves})
    mono = Device(device="zam_eq2", state=base64.b64encode(state_of("zam_eq2", b"eq")).decode())
    plugin = ForeignPlugin(kind="vst2", id="1147954035", label='Old "Co"')
    keys = Device(device="amsynth", state=base64.b64encode(state_of("amsynth", b"keys")).decode())
    thrown = Send(to="hall", gain_db=-9.0, pan_lr=-0.5, is_pre_fader=True, automation={"gain_db": moves})
    faded = {"automation": {"fader_db": moves}, "is_inverted": True, "trim_db": 3.0}
    tracks = (
        tone('it\'s a "kick"', output="drums", fader_db=-6.0, pan_lr=0.25, devices=(comp, mono)),
        Track(name="pieces", clips=CLIPS, output="drums", **faded),
        Track(name="keys", instrument=keys, midi_clips=(MidiClip(midi=NOTES, start_beats=2.0),), trim_db=-2.0),
        tone("dry", sends=(thrown,), devices=(foreign_device(plugin, b"old"),), is_soloed=True),
    )
    reverb = Device(device="reverb", values={"wet_0to1": 1.0, "dry_0to1": 0.0})
    steered = Device(device="sidechain_compressor", sidechain=Sidechain(source="dry", gain_db=-1.0))
    buses = (Bus(name="drums", devices=(steered,)), Bus(name="hall", devices=(reverb,), is_muted=True))
    tempo = TempoMap(tempos=(Tempo(bpm=90.0, shape="linear"), Tempo(beat=4.0, bpm=120.0)))
    master = Master(fader_db=-1.0, devices=(Device(device="gain"),), automation={"fader_db": moves})
    return session_of(*tracks, buses=buses, master=master, tempo=tempo, tail_s=1.5)


def test_two_parsers_find_the_same_tracks_values_and_items(sounds, tmp_path):
    text, _ = written(band(sounds), sounds, tmp_path)
    one, other = rpp.loads(text), rppxml.loads(text)
    found = [(t.find("./NAME")[1], *map(float, t.find("./VOLPAN")[1:3])) for t in one.findall("./TRACK")]
    rows = [child for child in other.children if getattr(child, "name", "") == "TRACK"]
    again = []
    for row in rows:
        lines = {child[0]: child for child in row.children if isinstance(child, list)}
        again.append((lines["NAME"][1], *map(float, lines["VOLPAN"][1:3])))
    assert found == again
    assert [name for name, _, _ in found] == ["drums", 'it\'s a "kick"', "pieces", "keys", "dry", "hall"]
    assert found[1][1] == pytest.approx(10 ** (-6 / 20) * math.sin(math.pi / 4 * 1.25), rel=1e-6)
    items = [[float(item.find("./POSITION")[1]) for item in t.findall("./ITEM")] for t in one.findall("./TRACK")]
    beat_2 = float(band(sounds).tempo.seconds(2.0))
    assert [len(row) for row in items] == [0, 1, 2, 1, 1, 0]
    np.testing.assert_allclose([*items[2], *items[3]], [0.01, 0.0625, beat_2])
    assert [t.find("./ISBUS")[1:] for t in one.findall("./TRACK")] == [
        ["1", "1"], ["0", "0"], ["2", "-1"], ["0", "0"], ["0", "0"], ["0", "0"]]  # fmt: skip
    hall, drums = one.findall("./TRACK")[5], one.findall("./TRACK")[0]
    assert hall.find("./AUXRECV")[1:3] == ["4", "3"] and float(hall.find("./AUXRECV")[4]) == -0.5
    assert drums.find("./AUXRECV")[9] == "2" and drums.find("./NCHAN") == ["NCHAN", "4"]
    assert [row.attrib[0] for row in drums.findall(".//JS")] == ["dawbridge/sidechain_compressor.jsfx"]


def test_all_of_it_comes_back(sounds, tmp_path):
    """Folders, outputs, sends, a sidechain, solos, instruments, tempo."""
    session = band(sounds)
    _, losses = written(session, sounds, tmp_path / "out")
    again, lost = read(next((tmp_path / "out").glob("*.rpp")), Media(tmp_path / "in"))
    assert not losses and not lost
    assert not differences(session, sounds, again, tmp_path / "in")
    assert again.buses[0].devices[0].sidechain.source == "dry"


def test_a_mono_plugin_stands_there_once_for_each_side(sounds, tmp_path):
    text, _ = written(band(sounds), sounds, tmp_path)
    kick = rpp.loads(text).findall("./TRACK")[1]
    blocks = [decode_block(row.children, "x") for row in kick.findall(".//VST")]
    assert [(row.inputs, row.outputs) for row in blocks] == [((1, 2), (1, 2)), ((1,), (1,)), ((2,), (2,))]


def test_the_folder_names_no_place_outside_and_holds_all(sounds, tmp_path):
    text, _ = written(band(sounds), sounds, tmp_path)
    assert str(sounds) not in text and str(tmp_path) not in text
    assert all((tmp_path / row[1]).is_file() for row in rpp.loads(text).findall(".//FILE"))
    assert (tmp_path / "Effects/dawbridge/reverb.jsfx").is_file()
    assert "not opened in REAPER" in (tmp_path / "README.txt").read_text()
    chain = next(tmp_path.glob("drums.RfxChain")).read_text()
    assert rpp.loads(f"<FXCHAIN\n{chain}>").find("./JS") is not None


def test_the_same_session_gives_the_same_bytes(sounds, tmp_path):
    texts = [written(band(sounds), sounds, tmp_path / name)[0] for name in ("a", "b")]
    assert texts[0] == texts[1]


def test_a_ramp_of_the_tempo_keeps_its_beats(sounds, tmp_path):
    """Counted as REAPER does, even in time, the markers' beats are off by less than 4e-7 a beat."""
    tempo = TempoMap(tempos=(Tempo(bpm=60.0, shape="linear"), Tempo(beat=100.0, bpm=240.0)))
    text, _ = written(session_of(tone("a"), tempo=tempo), sounds, tmp_path)
    rows = [(float(row[1]), float(row[2])) for row in rpp.loads(text).findall(".//PT")]
    beats = sum((b[0] - a[0]) / 60 * (a[1] + b[1]) / 2 for a, b in zip(rows, rows[1:]))
    assert abs(beats - 100.0) < 4e-5 and rows[-1][0] == pytest.approx(float(tempo.seconds(100.0)))
    again = read(tmp_path / "song.rpp", Media(tmp_path / "in"))[0].tempo
    assert len(again.tempos) == 2 and again.tempos[1].beat == pytest.approx(100.0, abs=1e-4)


@pytest.mark.parametrize("name", ["zam_eq2", "zam_comp_x2", "dragonfly_plate"])
def test_states_out_of_a_project_load_in_other_hosts(name, zam_plugins, sounds, tmp_path):
    """The state as another parser finds it in the project, in DawDreamer and pedalboard."""
    spec, saved = get_device(name), tmp_path / "state"
    plugin = str(zam_plugins[spec.file_name])
    made = hosted("make", plugin, str(saved), str(tmp_path / "made.npy"))
    preset = preset_bytes(spec, saved.read_bytes())
    device = Device(device=name, state=base64.b64encode(preset).decode())
    text, _ = written(session_of(tone("a", devices=(device,))), sounds, tmp_path / "out")
    data = b"".join(base64.b64decode(row) for row in rpp.loads(text).find(".//VST").children[1:-1])
    again = read(tmp_path / "out" / "song.rpp", Media(tmp_path / "in"))[0].tracks[0].devices[0]
    assert base64.b64decode(again.state) == preset
    if spec.kind == "vst3":
        size = struct.unpack("<I", data[:4])[0]
        assert data[8 : 8 + size] in preset
    found = tmp_path / f"found{'.vstpreset' if spec.kind == 'vst3' else '.fxp'}"
    found.write_bytes(base64.b64decode(again.state))
    for how in ["dawdreamer_preset"] + ["pedalboard"] * (spec.kind == "vst3"):
        got = hosted(how, plugin, str(found), str(tmp_path / "got.npy"))
        assert got["texts"] == made["texts"] or how == "pedalboard"
        if spec.deterministic:
            assert np.abs(np.load(tmp_path / "got.npy") - np.load(tmp_path / "made.npy")).max() == 0.0


def test_what_comes_back_sounds_the_same(sounds, tmp_path, monkeypatch):
    """Our render of what was read nulls against that of what was written, below -120 dB."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    eq = Device(device="eq", values={"bell_1_gain_db": 6.0}, automation={"bell_2_gain_db": FADE})
    swept = Automation(points=(Point(time=0.0, value=-1.0), Point(time=0.2, value=1.0)))
    quiet, comp = (Device(device=name, values=row) for name, row in (
        ("gain", {"gain_db": -2.0}), ("compressor", {"threshold_db": -30.0})))  # fmt: skip
    session = session_of(
        tone("a", output="drums", fader_db=-6.0, pan_lr=0.25, devices=(eq, quiet)),
        Track(name="b", clips=CLIPS, output="drums", is_inverted=True, trim_db=3.0, pan_lr=-0.4),
        tone("c", sends=(Send(to="hall", gain_db=-9.0, pan_lr=-0.5, is_pre_fader=True),), automation={"pan_lr": swept}),
        buses=(Bus(name="drums", devices=(comp,)), Bus(name="hall")),
        master=Master(fader_db=-1.0, automation={"fader_db": FADE}),
    )
    written(session, sounds, tmp_path / "out")
    again, _ = read(tmp_path / "out" / "song.rpp", Media(tmp_path / "in"))
    with Farm(1) as farm:
        before = render_session(session, sounds, farm).mix.samples
        after = render_session(again, tmp_path / "in", farm).mix.samples
    assert np.abs(before).max() > 0.05
    assert np.mean((before - after) ** 2) < 10**-12 * np.mean(before**2)


@pytest.mark.parametrize("shape", ["linear", "equal_power"])
def test_a_fade_that_begins_before_the_timeline_goes_on_from_where_it_is(shape, sounds, tmp_path):
    clip = Clip(audio="mono.wav", start_samples=-200, fade_in_samples=300, fade_out_samples=100, fade_shape=shape)
    text, _ = written(session_of(Track(name="a", clips=(clip,), channels=1)), sounds, tmp_path)
    item = parse(text.encode(), "x").blocks("TRACK")[0].blocks("ITEM")[0]
    points = [(float(at), float(gain)) for at, gain, *_ in item.blocks("VOLENV")[0].all("PT")]
    begins = 2 / 3 if shape == "linear" else math.sin(math.pi / 3)
    assert points[0] == pytest.approx((0.0, begins)) and points[-1][1] == pytest.approx(0.0, abs=1e-9)
    assert min(at for at, gain in points if gain > 1 - 1e-9) == pytest.approx(100 / RATE)
    assert [item.first(key)[1] for key in ("FADEIN", "FADEOUT")] == ["0", "0"]
    assert "foreign.take_envelope" in {loss.kind for loss in read(tmp_path / "song.rpp", Media(tmp_path / "in"))[1]}


def test_a_clip_that_lies_before_the_timeline_is_left_out(sounds, tmp_path):
    clips = (Clip(audio="mono.wav", start_samples=-2000, length_samples=1500), Clip(audio="mono.wav"))
    text, losses = written(session_of(Track(name="a", clips=clips, channels=1)), sounds, tmp_path)
    assert text.count("<ITEM") == 1 and [loss.kind for loss in losses] == ["track.clips"]


@pytest.mark.parametrize(("audio", "channels"), [("mono.wav", 2), ("stereo.wav", 1)])
def test_a_pan_keeps_its_law_whatever_the_files(audio, channels, sounds, tmp_path):
    track = Track(name="a", audio=audio, channels=channels, pan_lr=0.4, fader_db=-2.0)
    text, losses = written(session_of(track), sounds, tmp_path)
    again = read(tmp_path / "song.rpp", Media(tmp_path / "in"))[0].tracks[0]
    assert losses == [] and again.channels == channels
    assert (again.pan_lr, again.fader_db) == pytest.approx((0.4, -2.0), abs=1e-6)
    (tmp_path / "bare.rpp").write_text(text.replace("|dawbridge channels", "|"))
    assert read(tmp_path / "bare.rpp", Media(tmp_path / "in"))[0].tracks[0].channels == 3 - channels


def test_a_clip_before_the_timeline_is_one_loss(sounds, tmp_path):
    clips = tuple(Clip(audio="mono.wav", start_samples=-at, fade_in_samples=50) for at in (100, 200))
    _, losses = written(session_of(Track(name="a", clips=clips, channels=1)), sounds, tmp_path)
    assert [(loss.kind, loss.where) for loss in losses] == [
        ("clip.start_samples", "track 'a' clip 1"),
        ("clip.start_samples", "track 'a' clip 2"),
    ]
    assert "clip.length_samples" in losses[0].kinds


def test_the_synth_goes_as_a_jsfx_that_plays_the_notes(sounds, tmp_path):
    moves = {"level_db": Automation(points=(Point(time=0.0, value=-20.0, shape="hold"),))}
    synth = Device(device="synth", values={"cutoff_hz": 900.0}, automation=moves)
    track = Track(name="keys", instrument=synth, midi_clips=(MidiClip(midi=NOTES),), trim_db=-3.0)
    text, losses = written(session_of(track), sounds, tmp_path)
    assert losses == [] and text.index("dawbridge/synth.jsfx") < text.index("dawbridge/trim.jsfx")
    assert "midirecv" in (tmp_path / "Effects" / "dawbridge" / "synth.jsfx").read_text()
    again = read(tmp_path / "song.rpp", Media(tmp_path / "in"))[0].tracks[0]
    assert again.instrument.values["cutoff_hz"] == pytest.approx(900.0) and again.trim_db == pytest.approx(-3.0)
    assert again.instrument.automation["level_db"].points[0].value == pytest.approx(-20.0)
    assert again.devices == () and len(again.midi_clips) == 1


def test_an_instrument_that_stays_behind_is_heard(sounds, tmp_path):
    foreign = Device(device="foreign", plugin=ForeignPlugin(kind="lv2", id="urn:x", label="X"), state="eA==")
    track = Track(name="keys", instrument=foreign, midi_clips=(MidiClip(midi=NOTES),))
    _, losses = written(session_of(track), sounds, tmp_path)
    assert [loss.kinds for loss in losses] == [("track.instrument", "track.clips", "track.notes"), ("device.device",)]
    again = read(tmp_path / "song.rpp", Media(tmp_path / "in"))[0].tracks[0]
    assert again.instrument is None and len(again.clips) == 1


def test_a_network_is_bounced_with_its_settings_beside(sounds, tmp_path):
    """The chain's output replaces the dry track, which is muted; sidechains listen to it too."""
    devices = (Device(device="gain"), Device(device="tcn_tube"))
    steered = Device(device="sidechain_compressor", sidechain=Sidechain(source="Völ/1"))
    row = {"devices": devices, "fader_db": -6.0, "pan_lr": 0.5, "sends": (Send(to="fx"),)}
    session = session_of(tone("Völ/1", **row), tone("b", devices=(steered,)), buses=(Bus(name="fx"),))
    _, losses = written(session, sounds, tmp_path / "out")
    assert [loss.kind for loss in losses] == ["channel.devices", "device.device"]
    again, lost = read(tmp_path / "out/song.rpp", Media(tmp_path / "in"))
    tracks = {track.name: track for track in again.tracks}
    dry, bounce = tracks["Völ/1"], tracks["Völ/1 (printed)"]
    assert lost == [] and (dry.is_muted, bounce.is_muted) == (True, False)
    assert [[device.device for device in track.devices] for track in (dry, bounce)] == [["gain"], []]
    assert (bounce.fader_db, bounce.pan_lr) == pytest.approx((-6.0, 0.5), abs=1e-6)
    assert (len(dry.sends), len(bounce.sends), bounce.channels) == (0, 1, 1)
    assert tracks["b"].devices[0].sidechain.source == "Völ/1 (printed)"
    heard = read_audio(tmp_path / "in" / bounce.clips[0].audio).samples
    np.testing.assert_array_equal(heard, rendered_of(session).wet["Völ/1"].samples)
    (file,) = (tmp_path / "out/not carried").iterdir()
    assert file.name == "V%C3%B6l%2F1 device 2 tcn_tube.json" and file.name in losses[1].what
    assert json.loads(file.read_text())["device"] == "tcn_tube"


def test_a_master_with_a_network_is_bounced(sounds, tmp_path):
    master = Master(devices=(Device(device="tcn_tube"),), fader_db=-3.0)
    _, losses = written(session_of(tone("a"), master=master), sounds, tmp_path)
    again = read(tmp_path / "song.rpp", Media(tmp_path / "in"))[0]
    assert [loss.kind for loss in losses] == ["master.devices", "device.device"]
    assert [track.name for track in again.tracks] == ["a", "master (printed)"] and again.master == Master()
    assert again.buses[0].is_muted and again.tracks[0].output == again.buses[0].name == "master (dry)"


@pytest.mark.parametrize("name", ["a\nb", "x" * 300, "a/b:c", "\"'`", "🎵", "con", "a\u2028b"])
def test_any_name_goes_out(name, sounds, tmp_path):
    text, losses = written(session_of(tone(name), tone("other")), sounds, tmp_path)
    assert [t.find("./NAME")[1] for t in rpp.loads(text).findall("./TRACK")] == [token_text(name), "other"]
    assert [loss.kind for loss in losses] == ["channel.name"] * (token_text(name) != name)
