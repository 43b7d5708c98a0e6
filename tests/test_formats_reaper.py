"""REAPER, out and in: what two parsers of the format find in what is written, and a fixture for each feature read."""

import base64
import json
import math
import re
import struct
import uuid
from pathlib import Path

import numpy as np
import pytest
import rpp
import rppxml
from carried_sessions import NOTES, foreign_device, make_sounds, rendered_of, state_of
from plugin_ids import reported_class_id
from session_differences import differences
from test_states import hosted

from dawbridge.audio import read_audio
from dawbridge.devices import get_device
from dawbridge.devices.states import host_state, preset_bytes
from dawbridge.errors import InputError
from dawbridge.formats import Media
from dawbridge.formats.loss import allowed_losses
from dawbridge.formats.reaper import read, reaeq, write
from dawbridge.formats.reaper.ids import guid, vst2_token, vst3_number, vst3_token
from dawbridge.formats.reaper.text import parse, quoted, tellable, tokens
from dawbridge.formats.reaper.vst_block import VstBlock, decode_block, encode_block, vst3_block
from dawbridge.midi_notes import read_notes
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
from dawbridge.session.automation import curve_of

FIXTURES = Path(__file__).parent / "fixtures" / "reaper"
CORRUPTED = sorted((FIXTURES / "corrupted").glob("*.rpp"))
RATE = 48000
FADE = Automation(
    points=(
        Point(time=0.01, value=0.0),
        Point(time=0.1, value=-20.0, shape="hold"),
        Point(time=0.15, value=-6.0),
    )
)
CLIPS = (
    Clip(
        audio="stereo.wav",
        start_samples=480,
        offset_samples=100,
        length_samples=2000,
        gain_db=-3.0,
        fade_in_samples=200,
    ),
    Clip(
        audio="mono.wav",
        start_samples=3000,
        fade_in_samples=500,
        fade_out_samples=300,
        fade_shape="equal_power",
    ),
)
COMP = "2046504473616C633250435A00000000"


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sounds")
    (folder / "sub").mkdir()
    return make_sounds(folder)


def session_of(*tracks: Track, buses=(), **changes) -> Session:
    return Session(name="song", sample_rate=RATE, length_samples=9600, tracks=tracks, buses=tuple(buses), **changes)


def tone(name: str, **changes) -> Track:
    return Track(name=name, audio="mono.wav", channels=1, **changes)


def written(session: Session, sounds: Path, folder: Path) -> tuple[str, list]:
    """(the project's text, the losses)"""
    losses = write(session, rendered_of(session), folder, sounds)
    return next(folder.glob("*.rpp")).read_text(encoding="utf-8"), losses


def fixture(name: str, tmp_path: Path):
    """(session, kinds of its losses) of a fixture."""
    session, losses = read(FIXTURES / f"{name}.rpp", Media(tmp_path / "in", links=True))
    kinds = {kind for loss in losses for kind in loss.kinds}
    assert kinds <= allowed_losses("reaper").keys()
    return session, kinds


# Text


@pytest.mark.parametrize("text", ["", "plain", "two words", 'say "hi"', "it's", 'it\'s "so"', "<a>", "#1", "ünï 🎵"])
def test_tokens_come_back_from_their_quotes(text):
    assert tokens(f"NAME {quoted(text)} 1") == ["NAME", text, "1"]
    assert rpp.loads(f"<A\n  NAME {quoted(text)} 1\n>").children[0] == ["NAME", text, "1"]


def test_what_no_token_holds_is_changed():
    assert tellable("a\"b'c`d") == "a\"b'c'd" and tellable("a\nb\x00") == "a b "


# Ids


def test_a_vst3s_number_is_fnv_1a_of_its_guid():
    number = 2166136261
    for byte in uuid.UUID(COMP).bytes_le:
        number = ((number ^ byte) * 16777619) % 2**32
    assert vst3_number(COMP) == number % 2**31
    assert vst3_token(COMP) == f"{number % 2**31}{{{COMP}}}"


def test_a_vst2s_token_holds_its_id_and_name():
    assert vst2_token(1919247729, "reaeq") == "1919247729<56535472656571726561657100000000>"


def test_guids_are_the_same_each_time():
    assert guid("a", 1) == guid("a", 1) != guid("a", 2) and uuid.UUID(guid("a"))


def test_ids_are_what_the_plugins_report(zam_plugins):
    for name in ("zam_eq2", "zam_comp_x2"):
        spec = get_device(name)
        reported = reported_class_id(zam_plugins[spec.file_name])
        assert spec.class_id == reported and reported in vst3_token(spec.class_id)


# The plugin's block


def test_a_vst3_block_is_byte_for_byte_as_told():
    """u32 number, magic, pins in, pins out, size, 1, flags; the state; names and 10 00 00 00."""
    preset = state_of("zam_comp_x2", b"state")
    state = struct.pack("<II", 5, 1) + b"state" + struct.pack("<II", 0, 0)
    pins = struct.pack("<IQQIQQ", 2, 1, 2, 2, 1, 2)
    header = struct.pack("<II", 7, 0xFEED5EEE) + pins + struct.pack("<III", len(state), 1, 0x00100000)
    rows = [base64.b64encode(row).decode() for row in (header, state, b"\0\0\x10\0\0\0")]
    assert encode_block(vst3_block(preset, 7, ((1, 2), (1, 2)), "x")) == rows


def test_states_stand_96_bytes_a_line_and_parameters_have_a_mark():
    lines = encode_block(VstBlock(1, (1,), (1,), bytes(200), True, "name"))
    assert [len(line) for line in lines[1:-1]] == [128, 128, 12]
    listed = VstBlock(1, (1, 2), (1, 2), np.float32([0.25, 0.5]).tobytes(), False, "p")
    state = base64.b64decode(encode_block(listed)[1])
    assert state == bytes.fromhex("efbeadde0df0adde") + struct.pack("<ff", 0.25, 0.5)
    assert decode_block(encode_block(listed), "x") == listed


# ReaEQ


def test_reaeqs_state_is_byte_for_byte_as_told():
    state = reaeq.encode_reaeq([reaeq.Band(reaeq.BELL, 1000.0, 2.0, 1.5)], 0.5)
    ending = bytes.fromhex("00000000fd0100005c01000002000000")
    band = struct.pack("<iidddB", 8, 1, 1000.0, 2.0, 1.5, 1)
    assert state == struct.pack("<ii", 33, 1) + band + struct.pack("<iid", 1, 1, 0.5) + ending
    assert reaeq.decode_reaeq(state, "x") == ([reaeq.Band(reaeq.BELL, 1000.0, 2.0, 1.5)], 0.5)


def rbj_bell(hertz: float, q: float, gain_db: float, at: np.ndarray, alpha: float | None = None) -> np.ndarray:
    """Decibels of the cookbook's peaking EQ. `alpha`: in place of that of the Q."""
    angle, amplitude = 2 * math.pi * hertz / RATE, 10 ** (gain_db / 40)
    alpha = math.sin(angle) / (2 * q) if alpha is None else alpha
    z = np.exp(-2j * math.pi * at / RATE)
    top = 1 + alpha * amplitude - 2 * math.cos(angle) * z + (1 - alpha * amplitude) * z**2
    bottom = 1 + alpha / amplitude - 2 * math.cos(angle) * z + (1 - alpha / amplitude) * z**2
    return 20 * np.log10(np.abs(top / bottom))


def our_bell(hertz: float, q: float, gain_db: float, at: np.ndarray) -> np.ndarray:
    """Decibels of the built-in eq's bell: a state-variable filter under the bilinear transform."""
    amplitude, g = 10 ** (gain_db / 40), math.tan(math.pi * hertz / RATE)
    s = 1j * np.tan(math.pi * at / RATE) / g
    return 20 * np.log10(np.abs((s * s + s * amplitude / q + 1) / (s * s + s / (q * amplitude) + 1)))


BELLS = [(hertz, q, gain) for hertz in (100.0, 1000.0, 8000.0) for q in (0.3, 0.7, 5.0) for gain in (-12.0, 12.0)]


@pytest.mark.parametrize(("hertz", "q", "gain_db"), BELLS)
def test_our_bell_is_the_cookbooks_and_octaves_make_its_q(hertz, q, gain_db):
    at = np.geomspace(20, 20000, 200)
    np.testing.assert_allclose(our_bell(hertz, q, gain_db, at), rbj_bell(hertz, q, gain_db, at), atol=1e-6)
    octaves, angle = reaeq.octaves_of(q, hertz, RATE), 2 * math.pi * hertz / RATE
    alpha = math.sin(angle) * math.sinh(math.log(2) / 2 * octaves * angle / math.sin(angle))
    np.testing.assert_allclose(rbj_bell(hertz, q, gain_db, at, alpha), rbj_bell(hertz, q, gain_db, at), atol=1e-6)
    assert reaeq.q_of(octaves, hertz, RATE) == pytest.approx(q)


@pytest.mark.parametrize(("hertz", "most_db"), [(100.0, 0.0003), (1000.0, 0.03), (4000.0, 0.4), (8000.0, 1.6)])
def test_how_far_reaeq_would_be_off_with_the_analogue_formula(hertz, most_db):
    """A bell of 12 dB and Q 0.7: the figures of reaeq.py."""
    at = np.geomspace(20, 20000, 500)
    octaves, angle = reaeq.octaves_of(0.7, hertz, RATE), 2 * math.pi * hertz / RATE
    alpha = math.sin(angle) * math.sinh(math.log(2) / 2 * octaves)
    off_db = np.abs(rbj_bell(hertz, 0.7, 12.0, at, alpha) - rbj_bell(hertz, 0.7, 12.0, at)).max()
    assert most_db / 2 < off_db < most_db


def test_our_values_survive_reaeq_and_an_edit_in_reaper_counts(sounds, tmp_path):
    values = {"bell_1_hz": 523.25, "bell_1_gain_db": -7.123, "bell_1_q": 3.3, "low_shelf_gain_db": 2.5}
    session = session_of(tone("a", devices=(Device(device="eq", values=values),)))
    text, losses = written(session, sounds, tmp_path / "out")
    assert [loss.kind for loss in losses] == ["device.values"] and "ReaEQ" in text
    path = tmp_path / "out" / "song.rpp"
    again = read(path, Media(tmp_path / "in"))[0].tracks[0].devices[0]
    assert (again.device, again.values) == ("eq", values)
    block = parse(path.read_bytes(), "x").blocks("TRACK")[0].blocks("FXCHAIN")[0].blocks("VST")[0]
    held = decode_block(block.lines, "x")
    bands, gain = reaeq.decode_reaeq(held.state, "x")
    bands[1] = reaeq.Band(reaeq.BELL, 600.0, bands[1].gain, bands[1].octaves)
    edited = VstBlock(held.number, held.inputs, held.outputs, reaeq.encode_reaeq(bands, gain))
    for old, new in zip(block.lines, encode_block(edited)):
        text = text.replace(old, new)
    path.write_text(text)
    values = read(path, Media(tmp_path / "again"))[0].tracks[0].devices[0].values
    assert values["bell_1_hz"] == 600.0 and values["bell_1_gain_db"] == pytest.approx(-7.123)


@pytest.mark.parametrize("is_high", [False, True])
@pytest.mark.parametrize(("hertz", "gain_db"), [(100.0, -12.0), (100.0, 12.0), (8000.0, -12.0), (8000.0, 12.0)])
def test_our_shelf_is_the_cookbooks(is_high, hertz, gain_db):
    at, amplitude, sign = np.geomspace(20, 20000, 200), 10 ** (gain_db / 40), -1 if is_high else 1
    angle, z = 2 * math.pi * hertz / RATE, np.exp(-2j * math.pi * at / RATE)
    edge, cosine = 2 * math.sqrt(amplitude) * math.sin(angle) / 2 / math.sqrt(0.5), math.cos(angle)
    up, down = amplitude + 1, sign * (amplitude - 1)
    top = up - down * cosine + edge + 2 * (down - up * cosine) * z + (up - down * cosine - edge) * z**2
    bottom = up + down * cosine + edge - 2 * (down + up * cosine) * z + (up + down * cosine - edge) * z**2
    g = math.tan(math.pi * hertz / RATE) * math.sqrt(amplitude) ** -sign
    s = 1j * np.tan(math.pi * at / RATE) / g
    high, middle, low = (part / (s * s + math.sqrt(2) * s + 1) for part in (s * s, s, 1))
    outer, inner = (high, low) if is_high else (low, high)
    ours = amplitude**2 * outer + math.sqrt(2) * amplitude * middle + inner
    np.testing.assert_allclose(20 * np.log10(np.abs(ours)), 20 * np.log10(np.abs(amplitude * top / bottom)), atol=1e-6)


# What other readers find


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
    print(10 * np.log10(np.mean((before - after) ** 2) / np.mean(before**2)))
    assert 10 * np.log10(np.mean((before - after) ** 2) / np.mean(before**2)) < -120


# Features of REAPER, each in a fixture


def test_quotes_folders_and_outputs(tmp_path):
    assert [t.name for t in fixture("quotes", tmp_path)[0].tracks] == ['say "hi"', 'it\'s "so"']
    session, kinds = fixture("folder", tmp_path / "b")
    assert [(t.name, t.output) for t in session.tracks] == [("kick", "drums"), ("snare", "drums"), ("alone", "master")]
    assert not kinds


def test_sends_have_modes_levels_and_envelopes(tmp_path):
    session, kinds = fixture("sends", tmp_path)
    send = session.tracks[0].sends[0]
    assert send.is_pre_fader and send.to == "hall" and kinds == {"foreign.main_send"}
    level = send.automation["gain_db"]
    assert level.points[0].value == pytest.approx(-6.0206, abs=1e-3)
    assert level.points[-1].value == pytest.approx(-12.0412, abs=1e-3)
    assert send.pan_lr == pytest.approx(-0.25)  # the knob at 0.25, and 0.5 to the left


def test_items_crossfade_loop_and_run_backwards(tmp_path):
    clips = fixture("crossfade", tmp_path / "a")[0].tracks[0].clips
    assert [(c.start_samples, c.fade_in_samples, c.fade_out_samples) for c in clips] == [(0, 0, 480), (1920, 480, 0)]
    clips = fixture("loop", tmp_path / "b")[0].tracks[0].clips
    assert [(c.start_samples, c.length_samples) for c in clips] == [(0, 2400), (2400, 2400), (4800, 960)]
    session, _ = fixture("section_reversed", tmp_path / "c")
    clip = session.tracks[0].clips[0]
    found = read_audio(tmp_path / "c" / "in" / clip.audio, RATE).samples[0, clip.offset_samples :][:960]
    tone_ = read_audio(FIXTURES / "Media" / "tone.wav", RATE).samples[0]
    np.testing.assert_array_equal(found, tone_[480:1440][::-1])


def test_the_active_take_plays_with_its_own_level(tmp_path):
    session, kinds = fixture("takes", tmp_path)
    clip = session.tracks[0].clips[0]
    assert (clip.offset_samples, round(clip.gain_db, 2)) == (480, -6.02) and session.tracks[0].channels == 2
    assert kinds == {"foreign.takes"}


def test_channel_modes_pan_and_polarity_of_takes_are_made_into_files(tmp_path):
    tracks = fixture("channel_modes", tmp_path)[0].tracks
    left, swapped, turned = (read_audio(tmp_path / "in" / t.clips[0].audio, RATE).samples for t in tracks)
    pair, single = (read_audio(FIXTURES / "Media" / f"{name}.wav", RATE).samples for name in ("pair", "tone"))
    np.testing.assert_array_equal(left[0], pair[0])
    np.testing.assert_array_equal(swapped, pair[::-1])
    np.testing.assert_allclose(turned, -np.stack([single[0] * 0.5, single[0]]))


def test_envelopes_of_all_shapes(tmp_path):
    session, kinds = fixture("envelope_shapes", tmp_path)
    track = session.tracks[0]
    curve = curve_of(track.automation["fader_db"], session.tempo, RATE)

    def gain(at_s: float) -> float:
        return float(10 ** (curve.at(np.array([at_s * RATE]))[0] / 20))

    assert gain(0.0025) == pytest.approx(0.625, abs=2e-3)  # straight
    assert gain(0.0095) == pytest.approx(0.25, abs=2e-3)  # square
    assert gain(0.01125) == pytest.approx(1 - 0.75 * 0.25**2 * 2.5, abs=5e-3)  # slow at both ends
    assert gain(0.0175) == pytest.approx(0.25 + 0.75 * (1 - 0.5**3), abs=5e-3)  # fast at the start
    assert gain(0.0225) == pytest.approx(1 - 0.75 * 0.5**3, abs=5e-3)  # fast at the end
    assert kinds == {"foreign.envelope_shape"}
    pan = track.automation["pan_lr"].points
    assert (pan[0].value, pan[-1].value) == (-1.0, 1.0)


def test_what_is_off_does_nothing_and_is_told(tmp_path):
    session, kinds = fixture("envelope_off", tmp_path)
    assert session.tracks[0].automation == {} and kinds == {"foreign.inactive_envelope", "foreign.envelope"}


def test_phase_solo_and_mute(tmp_path):
    track = fixture("phase", tmp_path)[0].tracks[0]
    assert (track.is_inverted, track.is_soloed, track.is_muted) == (True, True, True)


def test_markers_of_the_tempo_are_even_in_time(tmp_path):
    tempo = fixture("tempo", tmp_path)[0].tempo
    assert tempo.seconds(6.0) == pytest.approx(4.0, abs=1e-5)  # four seconds at 90 on average
    assert tempo.seconds(10.0) == pytest.approx(8.0, abs=1e-5)
    assert (tempo.tempos[-1].bpm, tempo.signatures[0].numerator) == (90.0, 4)


def test_notes_repeat_and_are_cut(tmp_path):
    session, kinds = fixture("midi", tmp_path)
    track = session.tracks[0]
    notes = read_notes(tmp_path / "in" / track.midi_clips[0].midi)
    assert (track.instrument.device, track.midi_clips[0].start_beats) == ("amsynth", 1.0)
    assert [(n.start_beats, n.pitch, n.channel) for n in notes] == [(0.0, 60, 1), (0.5, 64, 2)]
    assert kinds == {"foreign.midi_events"} and fixture("midi_alone", tmp_path / "b")[1] >= {"foreign.midi"}


def test_plugins_are_known_by_their_ids(tmp_path):
    comp = fixture("vst3", tmp_path / "a")[0].tracks[0].devices[0]
    assert comp.device == "zam_comp_x2" and b"x" * 150 in base64.b64decode(comp.state)
    assert list(comp.automation) == [p.name for p in get_device("zam_comp_x2").parameters if p.param_id == 7]
    verb = fixture("vst2_parameters", tmp_path / "b")[0].tracks[0].devices[0]
    assert verb.device == "mverb" and verb.is_bypassed
    assert host_state(get_device("mverb"), base64.b64decode(verb.state))
    boxed, kinds = fixture("container", tmp_path / "c")
    assert boxed.tracks[0].devices[0].is_bypassed and "foreign.container" in kinds


def test_another_plugins_state_is_never_kept(tmp_path):
    session, kinds = fixture("wrong_state", tmp_path)
    assert session.tracks[0].devices[0].state is None and kinds == {"foreign.state"}


def test_other_effects_go_back_to_reaper_as_they_came(tmp_path):
    session, kinds = fixture("foreign", tmp_path)
    devices = session.tracks[0].devices
    assert [d.plugin.kind for d in devices] == ["au", "jsfx", "clap", "reaper"] and kinds == {"foreign.wet"}
    write(session, rendered_of(session), tmp_path / "out", tmp_path / "in")
    again = read(next((tmp_path / "out").glob("*.rpp")), Media(tmp_path / "again"))[0].tracks[0].devices
    assert again == devices


def test_a_vst_without_an_id_is_kept_as_reapers_text(tmp_path):
    device = fixture("vst_without_id", tmp_path)[0].tracks[0].devices[0]
    assert (device.plugin.kind, device.plugin.label) == ("reaper", "ZamCompX2 (Damien Zammit)")
    assert b"<VST" in base64.b64decode(device.state)


def test_reaeq_becomes_the_built_in_eq_where_that_can_do_the_same(tmp_path):
    session, kinds = fixture("reaeq", tmp_path)
    bell, other = (track.devices[0] for track in session.tracks)
    assert bell.values["bell_1_gain_db"] == pytest.approx(6.0206, abs=1e-3) and kinds == {"foreign.reaeq"}
    assert other.plugin.id == "1919247729" and other.state


def test_a_whole_project_names_what_is_left_out(tmp_path):
    session, kinds = fixture("whole_project", tmp_path)
    assert (session.name, session.length_samples, session.tail_s) == ("A song", 96000, 0.5)
    assert [t.name for t in session.tracks] == ["one", "master 2", "one 2", "Track 4"]
    told = {"markers", "notes", "track_name", "freeze", "hardware_output", "group", "play_offset"}
    assert kinds == {f"foreign.{name}" for name in told}


def test_a_track_without_a_name_is_told_as_such(tmp_path):
    text = (FIXTURES / "plain.rpp").read_text()
    (tmp_path / "song.rpp").write_text(re.sub("(?m)^    NAME .*", '    NAME ""', text, count=1))
    session, losses = read(tmp_path / "song.rpp", Media(tmp_path / "in"))
    (told,) = [loss.what for loss in losses if loss.kind == "foreign.track_name"]
    assert (session.channels[0].name, told) == ("Track 1", "that it has no name; it is 'Track 1'")


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("missing_audio", {"foreign.missing_audio", "foreign.moved_audio"}),
        ("mixed", {"foreign.mixed_track"}),
        ("pan_law", {"foreign.pan_law", "foreign.pan_mode"}),
        ("stretch", {"foreign.stretch_markers", "foreign.play_rate", "foreign.pitch"}),
    ],
)
def test_what_a_session_has_not_is_told(name, kinds, tmp_path):
    assert fixture(name, tmp_path)[1] == kinds


@pytest.mark.parametrize(
    ("named", "lies", "told"),
    [
        ("bass.wav", "bass.wav", None),
        ("Media\\\\bass.wav", "Media/bass.wav", None),
        ("D:/old/bass.wav", "bass.wav", "'D:/old/bass.wav' is not there: 'bass.wav' plays"),
        ("/old/bass.wav", "audio/bass.wav", "'/old/bass.wav' is not there: 'audio/bass.wav' plays"),
        ("bass.wav", "Audio Files/bass.wav", "'bass.wav' is not there: 'Audio Files/bass.wav' plays"),
    ],
)
def test_audio_that_was_found_elsewhere_is_told(named, lies, told, tmp_path):
    (tmp_path / lies).parent.mkdir(exist_ok=True)
    (tmp_path / lies).write_bytes((FIXTURES / "Media" / "tone.wav").read_bytes())
    text = (FIXTURES / "plain.rpp").read_text().replace("Media/tone.wav", named)
    (tmp_path / "song.rpp").write_text(text)
    session, losses = read(tmp_path / "song.rpp", Media(tmp_path / "in"))
    moved = [loss.what for loss in losses if loss.kind == "foreign.moved_audio"]
    assert len(moved) == (told is not None) and all(what.startswith(told) for what in moved)
    assert session.tracks[0].all_clips[0].audio == "audio/bass.wav"


# What REAPER has not


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


def test_a_network_is_printed_with_its_settings_beside(sounds, tmp_path):
    """The chain's output takes the place of the dry track, which is muted; what the dry track steered follows it."""
    devices = (Device(device="gain"), Device(device="tcn_tube"))
    steered = Device(device="sidechain_compressor", sidechain=Sidechain(source="Völ/1"))
    row = {"devices": devices, "fader_db": -6.0, "pan_lr": 0.5, "sends": (Send(to="fx"),)}
    session = session_of(tone("Völ/1", **row), tone("b", devices=(steered,)), buses=(Bus(name="fx"),))
    _, losses = written(session, sounds, tmp_path / "out")
    assert [loss.kind for loss in losses] == ["channel.devices", "device.device"]
    again, lost = read(tmp_path / "out/song.rpp", Media(tmp_path / "in"))
    tracks = {track.name: track for track in again.tracks}
    dry, printed = tracks["Völ/1"], tracks["Völ/1 (printed)"]
    assert lost == [] and (dry.is_muted, printed.is_muted) == (True, False)
    assert [[device.device for device in track.devices] for track in (dry, printed)] == [["gain"], []]
    assert (printed.fader_db, printed.pan_lr) == pytest.approx((-6.0, 0.5), abs=1e-6)
    assert (len(dry.sends), len(printed.sends), printed.channels) == (0, 1, 1)
    assert tracks["b"].devices[0].sidechain.source == "Völ/1 (printed)"
    heard = read_audio(tmp_path / "in" / printed.clips[0].audio).samples
    np.testing.assert_array_equal(heard, rendered_of(session).wet["Völ/1"].samples)
    (file,) = (tmp_path / "out/not carried").iterdir()
    assert file.name == "V%C3%B6l%2F1 device 2 tcn_tube.json" and file.name in losses[1].what
    assert json.loads(file.read_text())["device"] == "tcn_tube"


def test_a_master_with_a_network_is_printed(sounds, tmp_path):
    master = Master(devices=(Device(device="tcn_tube"),), fader_db=-3.0)
    _, losses = written(session_of(tone("a"), master=master), sounds, tmp_path)
    again = read(tmp_path / "song.rpp", Media(tmp_path / "in"))[0]
    assert [loss.kind for loss in losses] == ["master.devices", "device.device"]
    assert [track.name for track in again.tracks] == ["a", "master (printed)"] and again.master == Master()
    assert again.buses[0].is_muted and again.tracks[0].output == again.buses[0].name == "master (dry)"


@pytest.mark.parametrize("name", ["a\nb", "x" * 300, "a/b:c", "\"'`", "🎵", "con", "a\u2028b"])
def test_any_name_goes_out(name, sounds, tmp_path):
    text, losses = written(session_of(tone(name), tone("other")), sounds, tmp_path)
    assert [t.find("./NAME")[1] for t in rpp.loads(text).findall("./TRACK")] == [tellable(name), "other"]
    assert [loss.kind for loss in losses] == ["channel.name"] * (tellable(name) != name)


# Damaged files


def made(name: str) -> bytes:
    """What is too large to keep as a file."""
    deep = b"<REAPER_PROJECT 0.1\n" + b"<A\n" * 100_000
    return {"deep": deep, "huge_line": b"<REAPER_PROJECT 0.1\nNAME " + b"x" * (5 * 2**20) + b"\n>\n"}[name]


@pytest.mark.parametrize("path", [*CORRUPTED, "deep", "huge_line"], ids=lambda path: getattr(path, "stem", path))
def test_a_damaged_file_is_refused_in_one_line(path, tmp_path):
    if isinstance(path, str):
        (tmp_path / "made.rpp").write_bytes(made(path))
        path = tmp_path / "made.rpp"
    with pytest.raises(InputError) as caught:
        read(path, Media(tmp_path / "in"))
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_the_fixtures_are_read_alike_by_the_other_parsers():
    for path in FIXTURES.glob("*.rpp"):
        text = path.read_text()
        names = [block.first("NAME") for block in parse(text.encode(), "x").blocks("TRACK")]
        assert names == [t.find("./NAME")[1:] for t in rpp.loads(text).findall("./TRACK")]
        assert rppxml.loads(text).name == "REAPER_PROJECT"
