"""Plugin states and presets: the codecs on made-up bytes, and real plugins in fresh processes."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.devices.states import host_state, preset_bytes, preset_suffix
from dawbridge.devices.states.fxp import Fxp, decode_fxp, encode_fxp, fxp_from_fxb
from dawbridge.devices.states.juce_state import decode_juce_state, encode_juce_state
from dawbridge.devices.states.vstpreset import VstPreset, decode_vstpreset, encode_vstpreset
from dawbridge.errors import InputError
from hosted_presets import hosted

CLASS_ID = "2046504473616C633251455A00000000"
PLUGIN_ID = int.from_bytes(b"MVrb", "big")
VST3 = DeviceSpec("a", "vst3", "A", (), "A.vst3", class_id=CLASS_ID)
VST2 = DeviceSpec("b", "vst2", "B", (), "B.so", class_id=str(PLUGIN_ID))
BUILT_IN = DeviceSpec("c", "faust", "C", (), "c.dsp")
FAST = settings(max_examples=40, deadline=None)


# Round trips


@FAST
@given(component=st.binary(max_size=200), controller=st.none() | st.binary(max_size=50))
def test_vstpreset_round_trip(component, controller):
    preset = VstPreset(CLASS_ID, component, controller)
    assert decode_vstpreset(encode_vstpreset(preset)) == preset


@FAST
@given(component=st.binary(max_size=200), controller=st.none() | st.binary(min_size=1, max_size=50))
def test_juce_state_round_trip(component, controller):
    assert decode_juce_state(encode_juce_state(component, controller)) == (component, controller)


@FAST
@given(
    plugin_id=st.integers(-(2**31), 2**31 - 1),
    name=st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=27),
    parameters=st.lists(st.floats(0, 1, width=32), max_size=20),
)
def test_fxp_parameters_round_trip(plugin_id, name, parameters):
    program = Fxp(plugin_id, 3, name, tuple(parameters), None, len(parameters))
    assert decode_fxp(encode_fxp(program)) == program


@FAST
@given(chunk=st.binary(max_size=200))
def test_fxp_chunk_round_trip(chunk):
    program = Fxp(PLUGIN_ID, 3, "x", None, chunk, 7)
    assert decode_fxp(encode_fxp(program)) == program


def test_vstpreset_is_laid_out_as_steinberg_says():
    data = encode_vstpreset(VstPreset(CLASS_ID, b"abc"))
    assert data == (
        b"VST3" + b"\x01\0\0\0" + CLASS_ID.encode() + struct.pack("<q", 51)
        + b"abc" + b"List" + b"\x01\0\0\0" + b"Comp" + struct.pack("<qq", 48, 3)
    )  # fmt: skip


def test_juce_base64_is_least_significant_bit_first():
    """One byte 0b10000001: first character bits 0..5 = 1 = 'A', second bits 6..7 = 2 = 'B'."""
    assert b"<IComponent>1.AB</IComponent>" in encode_juce_state(b"\x81")


def bank(magic: bytes, body: bytes, count: int = 1, version: int = 1, current: int = 0) -> bytes:
    numbers = struct.pack(">iiiii", version, PLUGIN_ID, 9, count, current)
    return b"CcnK" + struct.pack(">i", 0) + magic + numbers + b"\0" * 124 + body


def test_fxp_from_a_chunk_bank():
    program = decode_fxp(fxp_from_fxb(bank(b"FBCh", struct.pack(">i", 3) + b"abc")))
    assert (program.plugin_id, program.plugin_version, program.chunk) == (PLUGIN_ID, 9, b"abc")


@pytest.mark.parametrize("version, current, wanted", [(1, 0, 0.25), (2, 1, 0.75), (2, 2, 0.5)])
def test_fxp_from_a_bank_is_its_current_program(version, current, wanted):
    programs = [
        encode_fxp(Fxp(PLUGIN_ID, parameters=(0.25, 0.0))),
        encode_fxp(Fxp(PLUGIN_ID, parameters=(0.75, 1.0))),
        encode_fxp(Fxp(PLUGIN_ID, parameters=(0.5, 1.0))),
    ]
    program = decode_fxp(fxp_from_fxb(bank(b"FxBk", b"".join(programs), 3, version, current)))
    assert program.parameters[0] == wanted


def test_an_fxp_passes_as_it_is():
    data = encode_fxp(Fxp(PLUGIN_ID, parameters=(0.5,)))
    assert fxp_from_fxb(data) == data


# Faults


GOOD_PRESET = encode_vstpreset(VstPreset(CLASS_ID, b"state", b"editor"))
GOOD_STATE = encode_juce_state(b"state", b"editor")
GOOD_FXP = encode_fxp(Fxp(PLUGIN_ID, chunk=b"state"))
GOOD_BANK = bank(b"FBCh", struct.pack(">i", 3) + b"abc")
CODECS = {
    "vstpreset": (decode_vstpreset, GOOD_PRESET),
    "juce": (decode_juce_state, GOOD_STATE),
    "fxp": (decode_fxp, GOOD_FXP),
    "fxb": (fxp_from_fxb, GOOD_BANK),
}


@pytest.mark.parametrize("decode, data", CODECS.values(), ids=CODECS.keys())
def test_every_cut_is_refused(decode, data):
    end = len(data) - (decode is decode_juce_state)  # JUCE's last byte is a NUL that nobody needs
    for length in range(end):
        with pytest.raises(InputError):
            decode(data[:length])


@FAST
@given(data=st.data())
def test_flipped_bytes_never_crash(data):
    decode, good = data.draw(st.sampled_from(list(CODECS.values())))
    place = data.draw(st.integers(0, len(good) - 1))
    broken = good[:place] + bytes([data.draw(st.integers(0, 255))]) + good[place + 1 :]
    try:
        decode(broken)
    except InputError:
        pass


def xml_state(xml: bytes) -> bytes:
    return b"VC2!" + struct.pack("<I", len(xml)) + xml + b"\0"


ENTITY = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
BOTH = b"<VST3PluginState><IComponent>&e;</IComponent></VST3PluginState>"


@pytest.mark.parametrize(
    "decode, data, says",
    [
        (decode_vstpreset, b"", "cut off"),
        (decode_vstpreset, GOOD_FXP, "no .vstpreset"),
        (decode_vstpreset, GOOD_PRESET.replace(b"Comp", b"Else"), "no component state"),
        (decode_vstpreset, GOOD_PRESET.replace(b"Cont", b"Comp"), "twice"),
        (decode_vstpreset, b"VST3" + b"\x02" + GOOD_PRESET[5:], "format version 2"),
        (decode_vstpreset, GOOD_PRESET[:8] + b"Z" * 32 + GOOD_PRESET[40:], "32 hex digits"),
        (decode_vstpreset, GOOD_PRESET[:40] + struct.pack("<q", 2**40) + GOOD_PRESET[48:], "cut off"),
        (decode_vstpreset, GOOD_PRESET[:-8] + struct.pack("<q", 10**9), "outside the file"),
        (decode_juce_state, GOOD_PRESET, "no JUCE state"),
        (decode_juce_state, xml_state(b"<Other/>"), "no <VST3PluginState>"),
        (decode_juce_state, xml_state(ENTITY + BOTH), "no <VST3PluginState>"),
        (decode_juce_state, xml_state(BOTH), "no JUCE base64"),
        (decode_juce_state, xml_state(BOTH.replace(b"&e;", b"9.AB")), "cut off"),
        (decode_juce_state, xml_state(BOTH.replace(b"&e;", b"1.A=")), "alphabet"),
        (decode_juce_state, xml_state(BOTH.replace(b"IComponent", b"IElse")), "no component state"),
        (decode_fxp, GOOD_PRESET, "no .fxp"),
        (decode_fxp, GOOD_FXP[:56] + struct.pack(">i", -1) + b"state", "cut off"),
        (decode_fxp, encode_fxp(Fxp(1, parameters=(float("nan"),))), "NaN"),
        (fxp_from_fxb, bank(b"FxBk", b"", count=0), "current program 0 of 0"),
        (fxp_from_fxb, b"Ccnk" + GOOD_BANK[4:], "no .fxb"),
    ],
)
def test_a_fault_is_named(decode, data, says):
    with pytest.raises(InputError, match=says.replace(".", r"\.")) as caught:
        decode(data, "here")
    assert str(caught.value).startswith("here: ")


@pytest.mark.parametrize("spec", [VST3, VST2], ids=["vst3", "vst2"])
def test_another_plugins_preset_is_refused(spec):
    foreign = {"vst3": encode_vstpreset(VstPreset("F" * 32, b"x")), "vst2": encode_fxp(Fxp(5, chunk=b"x"))}
    with pytest.raises(InputError, match="made for class id"):
        host_state(spec, foreign[spec.kind])


def test_states_become_presets_and_come_back():
    state = encode_juce_state(b"state")
    assert host_state(VST3, preset_bytes(VST3, state)) == state
    assert decode_fxp(host_state(VST2, preset_bytes(VST2, GOOD_BANK))).chunk == b"abc"
    assert (preset_suffix(VST3), preset_suffix(VST2)) == (".vstpreset", ".fxp")
    with pytest.raises(InputError, match="no plugin preset"):
        preset_suffix(BUILT_IN)


# Real plugins, each step in a process of its own, so that nothing but the file passes between them


NAMES = ["zam_eq2", "zam_comp_x2", "dragonfly_plate"]


@pytest.mark.parametrize("name", NAMES)
def test_presets_carry_a_plugin_into_fresh_hosts(name, zam_plugins, tmp_path):
    spec = get_device(name)
    plugin, preset = str(zam_plugins[spec.file_name]), tmp_path / f"p{preset_suffix(spec)}"
    saved = tmp_path / "state"
    made = hosted("make", plugin, str(saved), str(tmp_path / "made.npy"))
    default = hosted("default", plugin, "-", str(tmp_path / "default.npy"))
    preset.write_bytes(preset_bytes(spec, saved.read_bytes()))
    saved.write_bytes(host_state(spec, preset.read_bytes()))
    audio = np.load(tmp_path / "made.npy")
    assert np.abs(audio - np.load(tmp_path / "default.npy")).max() > 0.01
    assert made["texts"] != default["texts"]
    hosts = ["dawdreamer_preset", "dawdreamer_state"] + ["pedalboard"] * (spec.kind == "vst3")
    for host in hosts:
        given = saved if host == "dawdreamer_state" else preset
        got = hosted(host, plugin, str(given), str(tmp_path / "got.npy"))
        assert got["texts"] == made["texts"] or host == "pedalboard"
        if spec.deterministic:
            assert np.abs(np.load(tmp_path / "got.npy") - audio).max() == 0.0, host
