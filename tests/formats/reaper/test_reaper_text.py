"""REAPER: text, ids and plugin blocks, byte for byte."""

import base64
import struct
import uuid

import numpy as np
import pytest
import rpp

from carried_sessions import state_of
from dawbridge.devices import get_device
from dawbridge.formats.reaper.ids import guid, vst2_token, vst3_number, vst3_token
from dawbridge.formats.reaper.text import quoted, token_text, tokens
from dawbridge.formats.reaper.vst_block import VstBlock, decode_block, encode_block, vst3_block
from plugin_ids import reported_class_id
from reaper_fixtures import COMP


@pytest.mark.parametrize("text", ["", "plain", "two words", 'say "hi"', "it's", 'it\'s "so"', "<a>", "#1", "ünï 🎵"])
def test_tokens_come_back_from_their_quotes(text):
    assert tokens(f"NAME {quoted(text)} 1") == ["NAME", text, "1"]
    assert rpp.loads(f"<A\n  NAME {quoted(text)} 1\n>").children[0] == ["NAME", text, "1"]


def test_what_no_token_holds_is_changed():
    assert token_text("a\"b'c`d") == "a\"b'c'd" and token_text("a\nb\x00") == "a b "


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
