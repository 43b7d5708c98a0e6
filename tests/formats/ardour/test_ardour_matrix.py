"""Ardour opens what is exported and plays what the render plays: a matrix of sessions, exported without a screen.

All cases stand one after the other in one session, a second each, so that one export proves them; under `long` each is
a session of its own. Deterministic plugins, faders, pans, sends, groups, clips, fades, sidechains and held automation
null at -100 dB or better. What Ardour does otherwise has a tolerance of its own, measured on Ardour 7.3:

- Moving faders and sends: Ardour smooths them by a low-pass of 25 Hz, and in an export plays a moving fader 256 samples
  late. With both taken into account they null at -75 dB; where the level has come to rest, at -90 dB (there the
  low-pass stops at the last bits of a float).
- Moving pans: -85 dB. A VST2's or LV2's parameter on a ramp: -60 dB, in steps of 1/4000 of its range.
- A foreign synthesiser: -60 dB. Its notes begin at ours to the sample. The built-in one nulls.
- A parameter of a VST3, or of an LV2 that plays notes: at Ardour's own blocks alone, of 1024 samples in an export. So
  it jumps up to a block late.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from ardour_cases import CASES, EQ, NULL_DB, RATE, SINGLE, alone, device, in_a_row, make_sounds, points, track
from dawbridge.audio import Audio, read_audio, write_audio
from dawbridge.formats import get_format
from dawbridge.formats.lv2 import exportable_devices, write_bundles
from dawbridge.midi_notes import BeatNote, write_notes
from dawbridge.paths import find_plugin_file
from dawbridge.render import Farm, render_session
from dawbridge.session import (
    Bus,
    Device,
    Master,
    MidiClip,
    Rendered,
    Send,
    Session,
    Sidechain,
    Tempo,
    TempoMap,
    TimeSignature,
    Track,
)
from dawbridge.session.automation import curve_of
from dawbridge.units import db_to_gain
from render_bench.agreement import null_db
from render_bench.ardour import Ardour

ARDOUR = get_format("ardour")
MOVING = {"channel.automation", "send.automation", "device.automation"}  # what Ardour moves in its own way
PLUGINS = (
    "ZamEQ2.vst3", "ZamCompX2.vst3", "ZaMaximX2.vst3", "3BandEQ-vst.so", "ZamComp-vst.so", "ZamCompX2-vst.so",
    "amsynth_vst.so", "DragonflyHallReverb-vst.so",
)  # fmt: skip
FAR_DB = -20.0
EXPORT_LAG_SAMPLES = 256  # of moving faders, in an export with Ardour's dummy backend
SMOOTHING = 156.825 / RATE  # of moving gains: what is left of the way goes by this share a sample


@pytest.fixture(scope="module")
def exporter(ardour, zam_plugins, tmp_path_factory) -> Ardour:
    """Ardour, knowing the plugins."""
    found = [path for name in PLUGINS if (path := find_plugin_file(name))]
    if len(found) < len(PLUGINS):
        pytest.skip("plugin missing: run tools/fetch_plugins")
    made = Ardour(Path(ardour), tmp_path_factory.mktemp("ardour-home"))
    made.scan(found)
    return made


@pytest.fixture(scope="module")
def bundles(cxx_compiler, tmp_path_factory):
    """The LV2s, compiled once, where an export looks for installed ones."""
    folder = tmp_path_factory.mktemp("lv2")
    write_bundles(exportable_devices(), folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LV2_PATH", str(folder))
        yield folder


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Path:
    return make_sounds(tmp_path_factory.mktemp("sounds"))


def exported(session: Session, sounds: Path, folder: Path) -> tuple[Rendered, list]:
    """(what the render gives, the losses) of a session, which now lies in `folder` as Ardour's."""
    with Farm(1) as farm:
        rendered = render_session(session, sounds, farm)
        return rendered, ARDOUR.write(session, rendered, folder, sounds)


def without_plugins(folder: Path) -> Path:
    """A copy of an Ardour session that has no plugin."""
    dry = shutil.copytree(folder, folder.with_name(f"{folder.name} dry"))
    (path,) = dry.glob("*.ardour")
    tree = etree.parse(str(path))
    for plugin in [node for node in tree.iter("Processor") if node.get("unique-id")]:
        plugin.getparent().remove(plugin)
    tree.write(str(path), xml_declaration=True, encoding="UTF-8")
    return dry


def compared(case, samples: np.ndarray) -> np.ndarray:
    """What of a second [2, n] is compared."""
    kept = np.ones(samples.shape[1], bool)
    for begin, end in case.spared:
        kept[begin:end] = False
    return samples[:, kept]


def seconds_of(cases: dict, samples: np.ndarray) -> dict[str, np.ndarray]:
    """What is compared of each case, of samples [2, n] in which they stand in a row."""
    return {
        name: compared(case, samples[:, number * RATE : (number + 1) * RATE])
        for number, (name, case) in enumerate(cases.items())
    }


# The matrix


def test_every_case_nulls_and_none_is_dry(exporter, bundles, sounds, tmp_path):
    rendered, losses = exported(in_a_row(CASES), sounds, tmp_path / "matrix")
    assert {loss.kind for loss in losses} == MOVING
    mix = rendered.mix.samples
    dry = seconds_of(CASES, exporter.export(without_plugins(tmp_path / "matrix")))
    ours = seconds_of(CASES, mix)
    assert not [name for name, samples in ours.items() if np.abs(samples).max() <= 1e-3], "silent"
    is_dry = [name for name, case in CASES.items() if not case.is_dry and null_db(ours[name], dry[name]) <= FAR_DB]
    assert not is_dry, "the plugins make no difference"
    for heard in exporter.exports(tmp_path / "matrix"):
        theirs = seconds_of(CASES, heard)
        nulls = {name: null_db(ours[name], theirs[name]) for name in CASES}
        if not (faults := {name: nulls[name] for name, case in CASES.items() if nulls[name] > case.null_db}):
            break
    assert not faults


@pytest.mark.parametrize("name", [*SINGLE, *(pytest.param(name, marks=pytest.mark.long) for name in CASES)])
def test_a_case_nulls_by_itself(name, exporter, bundles, sounds, tmp_path):
    case = (CASES | SINGLE)[name]
    rendered, losses = exported(alone(case), sounds, tmp_path / "case")
    assert {loss.kind for loss in losses} <= MOVING
    ours = compared(case, rendered.mix.samples)
    assert any(null_db(ours, compared(case, heard)) <= case.null_db for heard in exporter.exports(tmp_path / "case"))
    if name in SINGLE:
        assert null_db(ours, compared(case, exporter.export(without_plugins(tmp_path / "case")))) > FAR_DB


# What holds for a whole session


def steered(source: str) -> Device:
    side = Sidechain(source=source)
    return Device(device="sidechain_compressor", values={"threshold_db": -40.0, "ratio": 8.0}, sidechain=side)


def whole_session(solo: dict | None = None) -> Session:
    """Tracks into a bus with sends, a master with plugins, and a fixed tail."""
    solo = solo or {}
    tracks = [
        track("lead", output="group", sends=(Send(to="fx", gain_db=-6.0),)),
        track("choir", channels=1, output="group", pan_lr=0.4, sends=(Send(to="fx", is_pre_fader=True),)),
        track("drums", pan_lr=-0.3, fader_db=-2.0, devices=(EQ,)),
    ]
    buses = [Bus(name="group", devices=(device("gain", gain_db=-2.0),)), Bus(name="fx", is_inverted=True)]
    tracks, buses = (
        tuple(row.model_copy(update={"is_soloed": row.name in solo}) for row in rows) for rows in (tracks, buses)
    )
    master = Master(
        devices=(EQ, steered("drums") if not solo else device("eq", bell_2_gain_db=6.0)), fader_db=-3.0, pan_lr=0.2
    )
    return Session(
        name="whole", sample_rate=RATE, length_samples=RATE, tail_s=0.25, tracks=tracks, buses=buses, master=master
    )


def test_a_moved_session_with_a_master_chain_and_a_tail_nulls(exporter, bundles, sounds, tmp_path):
    rendered, losses = exported(whole_session(), sounds, tmp_path / "here")
    assert {loss.kind for loss in losses} <= MOVING
    shutil.move(tmp_path / "here", tmp_path / "thére it is")
    heard = exporter.nearest_export(tmp_path / "thére it is", rendered.mix.samples, NULL_DB)
    assert heard.shape == (2, RATE + RATE // 4)
    assert null_db(rendered.mix.samples, heard) <= NULL_DB
    assert null_db(rendered.mix.samples, exporter.export(without_plugins(tmp_path / "thére it is"))) > FAR_DB


# A track; a bus that gets outputs; a bus that gets sends alone, whose members sound through nothing else; a track with
# a bus behind it. The third cannot be told by Ardour's solo.
SOLOS = {"drums": [], "group": [], "fx": ["channel.is_muted", "channel.is_soloed"], "lead": []}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.long] * (name != "lead")) for name in SOLOS])
def test_a_solo_sounds_as_here(name, exporter, bundles, sounds, tmp_path):
    rendered, losses = exported(whole_session({name}), sounds, tmp_path / "solo")
    assert sorted({loss.kind for loss in losses}) == SOLOS[name]
    mix = rendered.mix.samples
    assert null_db(mix, exporter.nearest_export(tmp_path / "solo", mix, NULL_DB)) <= NULL_DB


def test_a_muted_track_steers_on_and_its_sends_are_still(exporter, bundles, sounds, tmp_path):
    tracks = (
        track("lead", devices=(steered("key"),)),
        track("key", channels=1, is_muted=True, sends=(Send(to="fx", is_pre_fader=True), Send(to="fx"))),
    )
    session = Session(name="key", sample_rate=RATE, length_samples=RATE, tracks=tracks, buses=(Bus(name="fx"),))
    rendered, (loss,) = exported(session, sounds, tmp_path / "key")
    assert (loss.kind, loss.where) == ("send.is_muted", "track 'key'")
    mix = rendered.mix.samples
    assert null_db(mix, exporter.nearest_export(tmp_path / "key", mix, NULL_DB)) <= NULL_DB


# What Ardour smooths

FADER_MOVES = points(
    (0, -6.0, "hold"), (9000, -12.0, "hold"), (18000, 0.0, "linear"), (30000, -18.0, "hold"), (39001, -3.0, "hold")
)


def smoothed(gains: np.ndarray) -> np.ndarray:
    """Moving gains as Ardour plays them."""
    state, result = gains[0], np.empty_like(gains)
    for at, gain in enumerate(gains):
        result[at] = state
        state += SMOOTHING * (gain - state)
    return result


@pytest.mark.parametrize("what", ["fader", "send"])
def test_a_moving_level_is_as_drawn_but_for_ardours_smoothing(what, exporter, sounds, tmp_path):
    if what == "fader":
        tracks, buses = (Track(name="a", audio="stereo.wav", automation={"fader_db": FADER_MOVES}),), ()
    else:
        send = Send(to="fx", is_pre_fader=True, automation={"gain_db": FADER_MOVES})
        tracks, buses = (Track(name="a", audio="stereo.wav", fader_db=-120.0, sends=(send,)),), (Bus(name="fx"),)
    session = Session(name="moves", sample_rate=RATE, length_samples=RATE, tracks=tracks, buses=buses)
    rendered, losses = exported(session, sounds, tmp_path / "moves")
    ours, dry = rendered.mix.samples, rendered.dry["a"].samples
    assert {loss.kind for loss in losses} <= MOVING
    late = EXPORT_LAG_SAMPLES if what == "fader" else 0
    gains = db_to_gain(curve_of(FADER_MOVES, session.tempo, RATE).at(np.arange(RATE) - late))
    heard = exporter.nearest_export(tmp_path / "moves", moved := dry * smoothed(gains), -75.0)
    assert null_db(moved, heard) <= -75.0
    for settled in (slice(0, 9000), slice(9000 + 4500, 18000), slice(30000 + 4500, 39000), slice(39001 + 4500, RATE)):
        assert null_db(ours[:, settled], heard[:, settled]) <= -90.0


# Notes and tempo


def test_notes_follow_a_tempo_map_to_the_sample(exporter, tmp_path):
    """Under tempos with ramps; Ardour cuts times off to samples where the render rounds them."""
    tempo = TempoMap(
        tempos=(Tempo(bpm=90.0, shape="linear"), Tempo(beat=1.0, bpm=240.0), Tempo(beat=1.5, bpm=100.0)),
        signatures=(TimeSignature(numerator=3), TimeSignature(beat=6.0, numerator=7, denominator=8)),
    )
    write_notes([BeatNote(beat, 60, 0.1, 100) for beat in (0.0, 0.6, 1.1, 2.0)], tmp_path / "short.mid")
    clip = MidiClip(midi="short.mid", start_beats=0.25)
    played = Track(name="keys", instrument=device("amsynth"), midi_clips=(clip,))
    session = Session(name="tempo", sample_rate=RATE, length_samples=2 * RATE, tempo=tempo, tracks=(played,))
    rendered, losses = exported(session, tmp_path, tmp_path / "tempo")
    assert {loss.kind for loss in losses} <= MOVING
    ours = first_sounds(rendered.mix.samples)
    assert len(ours) == 4
    theirs = (first_sounds(heard) for heard in exporter.exports(tmp_path / "tempo"))
    assert any(len(onsets) == 4 and np.abs(np.subtract(ours, onsets)).max() <= 1 for onsets in theirs)


def first_sounds(samples: np.ndarray) -> list[int]:
    """Where sound begins after silence."""
    loud = np.abs(samples[0]) > 1e-3
    return [at for at in np.flatnonzero(loud).tolist() if at > 300 and not loud[at - 300 : at].any()]


# A reverb that nobody steers


def octave_bands_db(samples: np.ndarray) -> np.ndarray:
    """The power in octave bands from 125 Hz to 8 kHz."""
    power = np.abs(np.fft.rfft(samples.mean(axis=0))) ** 2
    hertz = np.fft.rfftfreq(samples.shape[1], 1 / RATE)
    centres = 125.0 * 2.0 ** np.arange(7)
    return np.array([10 * np.log10(power[(hertz > c / 2**0.5) & (hertz < c * 2**0.5)].sum()) for c in centres])


def decay_s(samples: np.ndarray) -> float:
    """The time of 60 dB, from -5 to -25 dB of Schroeder's backward sum."""
    energy = np.cumsum((samples**2).sum(axis=0)[::-1])[::-1]
    level = 10 * np.log10(energy / energy[0])
    first, last = (int(np.argmax(level < at)) for at in (-5.0, -25.0))
    return 3.0 * (last - first) / RATE


def test_a_modulated_reverb_sounds_alike(exporter, tmp_path):
    """Dragonfly Hall, whose modulation runs free: each octave to 1 dB, the decay to 5 %."""
    random = np.random.default_rng(8)
    burst = np.zeros((2, 3 * RATE), np.float32)
    burst[:, : RATE // 4] = 0.2 * random.standard_normal((2, RATE // 4))
    write_audio(tmp_path / "burst.wav", Audio(burst, RATE))
    reverb = device("dragonfly_hall", dry_level_percent=0.0, decay_s=1.2)
    tracks = (Track(name="a", audio="burst.wav", devices=(reverb,)),)
    session = Session(name="hall", sample_rate=RATE, length_samples=3 * RATE, tracks=tracks)
    rendered, losses = exported(session, tmp_path, tmp_path / "hall")
    assert losses == []
    heard, ours = exporter.export(tmp_path / "hall"), rendered.mix.samples
    dry = read_audio(tmp_path / "burst.wav").samples
    assert np.abs(octave_bands_db(heard) - octave_bands_db(ours)).max() < 1.0
    assert decay_s(heard[:, RATE // 4 :]) == pytest.approx(decay_s(ours[:, RATE // 4 :]), rel=0.05)
    assert null_db(dry, heard) > FAR_DB
