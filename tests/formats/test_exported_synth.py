"""The built-in synth as an LV2 and as a JSFX plays notes as our own render does, voice by voice."""

import ctypes

import numpy as np
import pytest

from builtin_host import null_db
from dawbridge.devices import get_device
from dawbridge.devices.faust import source
from dawbridge.formats.jsfx import jsfx_text, slider_names
from dawbridge.formats.lv2 import write_bundle
from exported_devices import RATES, draw, highest, lowest
from jsfx_in_puredata import BLOCK, play_notes_in_eel2
from jsfx_interpreter import Jsfx
from lv2_host import MIDI_EVENT, Lv2Plugin, midi_sequence
from playing_notes import draw_notes, midi_of, play_ours

pytest_plugins = ("lv2_fixtures",)
SYNTH = get_device("synth")
LENGTH_S = 2.0
MAX_NULL_DB = -100
QUICK = {"release_s": 0.03, "attack_s": 0.002}
# name → (notes, values); the crowds have more notes at once than there are voices
SONGS = {
    "one note": ([(69, 100, 0.1, 0.5)], {}),
    "a chord": ([(pitch, 80, 0.2, 0.7) for pitch in (48, 55, 64, 71)], {}),
    "the same note again": ([(60, 40 + 5 * step, step / 10, 0.1) for step in range(12)], QUICK),
    "two of the same": ([(60, 100, 0.1, 0.8), (60, 60, 0.3, 0.2)], {}),
    "few": (draw_notes(1, 12, 0.3), {}),
    "used again": (draw_notes(2, 60, 0.1), QUICK),
    "a crowd": (draw_notes(3, 100, 1.0), {}),
    "a crowd that is released": (draw_notes(4, 150, 0.05), {"release_s": 2.0}),
    "nearly at once": ([(40 + pitch, 90, 0.25 + pitch / 9600, 0.5) for pitch in range(20)], {}),
    "no length": ([(60, 100, 0.1, 0.0), (62, 100, 0.1, 0.0)], QUICK),
    **{f"drawn {index}": (draw_notes(index, 30, 0.4), values) for index, values in enumerate(draw(SYNTH, 3), start=5)},
}
CROWDS = ("used again", "a crowd")
PLAYS = [(name, rate) for rate in RATES for name in (SONGS if rate == 48000 else CROWDS)]


@pytest.fixture(scope="module")
def plugin(lv2_folder) -> Lv2Plugin:
    return Lv2Plugin(lv2_folder / "dawbridge-synth.lv2", SYNTH)


@pytest.fixture(scope="module")
def ours() -> dict[tuple[str, int], np.ndarray]:
    output = play_ours("synth", [(*SONGS[name], rate) for name, rate in PLAYS], LENGTH_S)
    return dict(zip(PLAYS, output))


def song(name: str, rate: int) -> tuple[list, int]:
    """(MIDI, samples) of a song."""
    length = round(LENGTH_S * rate)
    return midi_of(SONGS[name][0], rate, length), length


# LV2


@pytest.mark.parametrize(("name", "rate"), PLAYS)
def test_the_lv2_sounds_as_our_own_render(name, rate, plugin, ours):
    output = plugin.play(*song(name, rate), rate, SONGS[name][1])
    assert np.abs(output).max() > 1e-4
    assert null_db(output, ours[name, rate]) < MAX_NULL_DB


@pytest.mark.parametrize("block", [1, 64, 333, 4096])
def test_blocks_change_nothing(block, plugin):
    wanted = plugin.play(*song("a crowd", 44100), 44100)
    assert np.array_equal(plugin.play(*song("a crowd", 44100), 44100, block=block), wanted)


def test_activating_again_forgets_the_notes_before(plugin):
    midi, length = song("a crowd", 44100)
    with plugin.instance(44100) as instance:
        kept = plugin.set_values(instance, {})
        plugin.calls.activate(instance)
        once = plugin.play_on(instance, midi, length)
        plugin.calls.activate(instance)
        assert np.array_equal(plugin.play_on(instance, midi, length), once)
        assert not plugin.start(44100, has_map=False) and len(kept) == len(SYNTH.parameters)


@pytest.mark.parametrize("beyond", [1e9, -1e9, np.nan])
def test_values_out_of_range_count_as_the_nearest(beyond, plugin):
    limit = highest(SYNTH) if beyond > 0 else lowest(SYNTH) if beyond < 0 else {}
    midi, length = song("few", 44100)
    output = plugin.play(midi, length, 44100, dict.fromkeys(SYNTH.defaults, beyond))
    assert np.array_equal(output, plugin.play(midi, length, 44100, limit)) and np.isfinite(output).all()


def test_all_notes_off_releases_and_all_sound_off_silences(plugin):
    begin = [(0, bytes((0x90, 60, 100))), (0, bytes((0x93, 64, 100)))]
    off, silence = ([*begin, (4000, bytes((0xB0, number, 0)))] for number in (123, 120))
    ended = [*begin, (4000, bytes((0x80, 60, 0))), (4000, bytes((0x90, 64, 0)))]
    released, silent, wanted = (plugin.play(midi, 20000, 44100) for midi in (off, silence, ended))
    assert np.array_equal(released, wanted) and np.abs(wanted[:, 4000:]).max() > 0.01
    assert np.array_equal(silent[:, :4000], wanted[:, :4000]) and not silent[:, 4000:].any()


ODD = {
    "a short message": midi_sequence([(0, b"\x90")]),
    "a system message": midi_sequence([(0, b"\xf0\x01\x02\x03\x04\x05\x06\x07\x08\xf7")]),
    "another word": midi_sequence([(0, b"\x90\x3c\x64")], word=MIDI_EVENT + 1),
    "no notes": midi_sequence([]),
    "cut off": midi_sequence([(0, b"\x90\x3c\x64")])[:-8],
    "an end before its head": b"\0" * 16,
    "a pitch that never began": midi_sequence([(0, b"\x80\x3c\x64")]),
}


@pytest.mark.parametrize("name", ODD)
def test_unusual_events_do_no_harm(name, plugin):
    data = ODD[name]
    sequence = ctypes.create_string_buffer(data)
    if name == "cut off":
        ctypes.memmove(sequence, (len(data) - 8).to_bytes(4, "little"), 4)
    assert not played(plugin, ctypes.addressof(sequence)).any()


def test_frames_outside_a_block_count_as_its_ends_and_no_port_is_silence(plugin):
    early, late = (ctypes.create_string_buffer(midi_sequence([(at, b"\x90\x3c\x64")])) for at in (-(2**60), 2**60))
    assert played(plugin, ctypes.addressof(early)).any()
    assert not played(plugin, ctypes.addressof(late)).any() and not played(plugin, None).any()


def played(plugin: Lv2Plugin, notes: int | None) -> np.ndarray:
    """One block of what is at that address."""
    output = np.full((2, 512), np.nan, np.float32)
    with plugin.instance(44100) as instance:
        kept = plugin.set_values(instance, {})
        plugin.calls.connect_port(instance, plugin.device.notes, notes)
        for index, row in zip(plugin.device.outputs, output):
            plugin.calls.connect_port(instance, index, row.ctypes.data)
        plugin.calls.run(instance, 512)
        del kept
    return output


# JSFX


@pytest.fixture(scope="module")
def effect(compiler, tmp_path_factory) -> Jsfx:
    return Jsfx(jsfx_text(SYNTH), compiler, tmp_path_factory.mktemp("jsfx"))


@pytest.fixture(scope="module")
def exact(tmp_path_factory, cxx_compiler) -> Lv2Plugin:
    """The LV2 in double precision, but for the values of its controls: a note's frequency and gain too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(source._OPTIONS, "cpp", ("-double",))
        return Lv2Plugin(write_bundle("synth", tmp_path_factory.mktemp("double")), SYNTH)


def play_jsfx(effect: Jsfx, midi, length: int, rate: int, values: dict[str, float]) -> np.ndarray:
    return effect.play(np.zeros((0, length)), rate, list((SYNTH.defaults | values).values()), midi)


@pytest.mark.parametrize("rate", RATES)
def test_the_jsfx_is_the_lv2_in_double_precision(rate, effect, exact):
    """Of the notes a, whose frequencies are whole numbers, at full velocity. At whole numbers of samples it rounds."""
    midi, length = song("a crowd", rate)
    midi = [(at, bytes((kind, 33 + 12 * (pitch % 6), velocity and 127))) for at, (kind, pitch, velocity) in midi]
    values = {"sustain_0to1": 0.75, "release_s": 0.0625, "detune_cents": 0.0, "cutoff_hz": 2000.0, "level_db": 0.0}
    values |= {"attack_s": 0.0078125, "decay_s": 0.125}
    output, wanted = play_jsfx(effect, midi, length, rate, values), exact.play(midi, length, rate, values)
    assert null_db(output, wanted) < -80


@pytest.mark.parametrize(("name", "rate"), PLAYS)
def test_the_jsfx_is_as_near_to_our_own_render_as_single_precision_lets_it(name, rate, effect, exact, ours):
    """Its oscillators' frequencies are not rounded to single precision, so they drift apart."""
    midi, length = song(name, rate)
    output, true = play_jsfx(effect, midi, length, rate, SONGS[name][1]), exact.play(midi, length, rate, SONGS[name][1])
    rounded = ours[name, rate]
    assert null_db(output, rounded) < max(MAX_NULL_DB, null_db(true, rounded) + 1.0)
    assert null_db(output, rounded) < -30


@pytest.mark.parametrize("rate", RATES)
def test_it_sounds_so_in_eel2_itself(rate, effect, puredata, tmp_path):
    """Its blocks are short, so notes begin with them."""
    midi, length = song("a crowd", rate)
    midi = [(at // BLOCK * BLOCK, message) for at, message in midi]
    output = play_notes_in_eel2(jsfx_text(SYNTH), midi, length, rate, tmp_path)
    assert null_db(output, play_jsfx(effect, midi, length, rate, {})) < MAX_NULL_DB


def test_the_jsfxs_blocks_and_sliders(effect):
    assert (effect.inputs, effect.outputs) == (0, 2)
    assert slider_names(SYNTH) == tuple(parameter.name for parameter in SYNTH.parameters)
    midi, length = song("few", 44100)
    for beyond, limit in ((1e9, highest(SYNTH)), (-1e9, lowest(SYNTH))):
        output = effect.play(np.zeros((0, length)), 44100, [beyond] * len(effect.sliders), midi)
        assert np.array_equal(output, play_jsfx(effect, midi, length, 44100, limit)) and np.isfinite(output).all()


def test_the_jsfx_stops_its_notes(effect):
    begin = [(0, bytes((0x90, 60, 100))), (0, bytes((0x93, 64, 100)))]
    off, silence = ([*begin, (4000, bytes((0xB0, number, 0)))] for number in (123, 120))
    ended = [*begin, (4000, bytes((0x80, 60, 0))), (4000, bytes((0x90, 64, 0)))]
    released, silent, wanted = (play_jsfx(effect, midi, 20000, 44100, {}) for midi in (off, silence, ended))
    assert np.array_equal(released, wanted) and np.abs(wanted[:, 4000:]).max() > 0.01
    assert not silent[:, 4000:].any()
