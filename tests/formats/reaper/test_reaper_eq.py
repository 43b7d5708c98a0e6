"""ReaEQ's bands against the built-in EQ's and the cookbook's."""

import math
import struct
from pathlib import Path

import numpy as np
import pytest

from dawbridge.formats import Media
from dawbridge.formats.reaper import read, reaeq
from dawbridge.formats.reaper.text import parse
from dawbridge.formats.reaper.vst_block import VstBlock, decode_block, encode_block
from dawbridge.session import Device
from reaper_fixtures import RATE, session_of, sounds_in, tone, written


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Path:
    return sounds_in(tmp_path_factory.mktemp("sounds"))


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
