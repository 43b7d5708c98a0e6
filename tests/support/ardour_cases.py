"""What the Ardour matrix plays: small sessions, each of one second, alone or one after the other in one session."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawbridge.audio import Audio, write_audio
from dawbridge.devices import get_device
from dawbridge.midi_notes import BeatNote, write_notes
from dawbridge.session import (
    Automation,
    Bus,
    Clip,
    Device,
    MidiClip,
    Point,
    Send,
    Session,
    Sidechain,
    Track,
)
from dawbridge.session.model import MASTER

RATE = 48000
NULL_DB = -100.0


def make_sounds(folder: Path) -> Path:
    """Noise, mono and stereo, of one second; a few notes."""
    random = np.random.default_rng(5)
    for name, channels in (("mono.wav", 1), ("stereo.wav", 2)):
        noise = 0.1 * random.standard_normal((channels, RATE))
        write_audio(folder / name, Audio(noise.astype(np.float32), RATE))
    notes = [BeatNote(0.25, 60, 0.5, 100), BeatNote(0.75, 67, 0.5, 80), BeatNote(1.0, 72, 0.5, 60)]
    write_notes(notes, folder / "notes.mid")
    run = [BeatNote(step / 16, 48 + step * 7 % 24, (0.05, 0.2, 0.5)[step % 3], 40 + step) for step in range(28)]
    write_notes(run, folder / "run.mid")
    return folder


@dataclass(frozen=True)
class Case:
    """A session of one second.

    null_db: how well it must null
    spared:  samples (from, to) that are not compared
    is_dry:  it has no plugin that sounds, so taking plugins out changes nothing
    """

    tracks: tuple[Track, ...]
    buses: tuple[Bus, ...] = ()
    null_db: float = NULL_DB
    spared: tuple[tuple[int, int], ...] = ()
    is_dry: bool = False


def track(name: str, **more) -> Track:
    """A track of the stereo noise, or the mono one where `channels` is 1; less its end, so that it falls still."""
    audio = "mono.wav" if more.get("channels") == 1 else "stereo.wav"
    if not more.get("instrument"):
        more = {"clips": (Clip(audio=audio, length_samples=40000),)} | more
    return Track(name=name, **more)


def device(name: str, **values: float) -> Device:
    return Device(device=name, values=values)


def middling(name: str, share: float, *left_alone: str) -> Device:
    """The device with every parameter at `share` of its range, but for those that stay at their default."""
    moved = [p for p in get_device(name).parameters if p.name not in left_alone]
    return Device(device=name, values={p.name: float(p.from_0to1(share)) for p in moved})


def moving(name: str, parameter: str, row: Automation) -> Device:
    return Device(device=name, automation={parameter: row})


def points(*rows: tuple[float, float, str]) -> Automation:
    """(samples, value, shape)"""
    return Automation(points=tuple(Point(time=at / RATE, value=value, shape=shape) for at, value, shape in rows))


# With a knee and a slew, ZamCompX2's samples depend on the host's block size: no two hosts agree on them.
COMPRESSOR = middling("zam_comp_x2", 0.4, "knee_db", "slew")
EQ = middling("zam_eq2", 0.6)
# On our host's blocks, which give a plugin new values every 64 samples.
JUMPS = (10496, 20736, 30976)
HOLDS = points((0, -12.0, "hold"), *((at, level, "hold") for at, level in zip(JUMPS, (-6.0, 0.0, -9.0))))
ARDOUR_BLOCK = 1024  # of an export
RAMPS = points((0, -12.0, "hold"), (6400, -12.0, "linear"), (20480, 6.0, "linear"), (38400, -3.0, "linear"))
PANS = points((0, 0.0, "hold"), (10001, 0.5, "hold"), (20003, -0.75, "hold"))
# Where a block of Ardour's ends just before a jump, its last sample has the new value.
AT_PANS = ((10000, 10001), (20002, 20003))
PAN_RAMPS = points((0, -1.0, "linear"), (20000, 0.5, "linear"), (40000, 0.0, "linear"))
STEERED = {"threshold_db": -40.0, "ratio": 8.0}
FADED = {"fade_in_samples": 5000, "fade_out_samples": 9000}


def clip(start: int, length: int, **more) -> Clip:
    return Clip(**({"audio": "stereo.wav", "start_samples": start, "length_samples": length} | more))


def sending(name: str, **more) -> tuple[Track, ...]:
    """A track with two sends, one of which may be told more of."""
    sends = (Send(to="fx", gain_db=-5.0, pan_lr=0.3, **more), Send(to="fx", gain_db=-9.0, is_muted=True))
    return (track(name, channels=1, pan_lr=-0.5, fader_db=-4.0, sends=sends),)


CASES: dict[str, Case] = {
    "VST3, mono plugin": Case((track("a", devices=(EQ,), channels=1),)),
    "VST3, stereo plugin": Case((track("a", devices=(COMPRESSOR,)),)),
    "VST2": Case((track("a", devices=(middling("three_band_eq", 0.7),)),)),
    "chain": Case((track("a", devices=(EQ, COMPRESSOR), channels=1, pan_lr=-0.4, fader_db=-3.0),)),
    "bypassed": Case((track("a", devices=(EQ.model_copy(update={"is_bypassed": True}),)),), is_dry=True),
    "console": Case(
        (
            track("a", devices=(device("eq", bell_1_gain_db=9.0), device("compressor", threshold_db=-30.0, ratio=4.0))),
            track("b", devices=(device("reverb", wet_0to1=0.6, decay_s=0.3),), channels=1),
        )
    ),
    "gain, pan, polarity": Case(
        (
            track(
                "a", devices=(device("gain", gain_db=-7.0), device("pan", pan_lr=0.4), device("polarity", inverted=1.0))
            ),
        )
    ),
    "pans and faders": Case(
        (
            track("a", channels=1, pan_lr=-0.3, fader_db=12.0),
            track("b", channels=1, pan_lr=1.0, fader_db=-1.0),
            track("c", pan_lr=0.4, fader_db=-60.0),
            track("d", pan_lr=-1.0),
        ),
        is_dry=True,
    ),
    "trim and polarity": Case(
        (track("a", trim_db=22.0, is_inverted=True), track("b", trim_db=-60.0, channels=1)), is_dry=True
    ),
    "muted": Case(
        (
            track("a", is_muted=True, sends=(Send(to="fx"), Send(to="fx", is_pre_fader=True))),
            track("b", channels=1),
        ),
        (Bus(name="fx"),),
        is_dry=True,
    ),
    "send before the fader": Case(sending("a", is_pre_fader=True), (Bus(name="fx", devices=(COMPRESSOR,)),)),
    "send after the fader": Case(sending("a"), (Bus(name="fx", devices=(COMPRESSOR,), pan_lr=0.2),)),
    "send with the track's pan": Case(
        (track("a", pan_lr=-0.5, sends=(Send(to="fx", gain_db=-3.0),)),), (Bus(name="fx", devices=(EQ,)),)
    ),
    "nested groups": Case(
        (track("a", output="inner"), track("b", channels=1, output="outer", pan_lr=0.3)),
        (
            Bus(name="inner", output="outer", fader_db=-3.0, trim_db=2.0, is_inverted=True, devices=(EQ,)),
            Bus(name="outer", pan_lr=-0.2, fader_db=-1.0, devices=(COMPRESSOR,)),
        ),
    ),
    "clips": Case(
        (
            track(
                "a",
                clips=(
                    clip(3000, 9000, offset_samples=777, gain_db=-7.0),
                    clip(20001, 5000, audio="mono.wav", offset_samples=5),
                ),
            ),
        ),
        is_dry=True,
    ),
    "overlaps": Case(
        (
            track(
                "a", clips=(clip(3000, 9000), clip(6001, 15000, audio="mono.wav"), clip(6001, 9000, offset_samples=9))
            ),
        ),
        is_dry=True,
    ),
    "linear fades": Case((track("a", clips=(clip(1000, 20000, **FADED), clip(15000, 20000, **FADED))),), is_dry=True),
    "equal-power fades": Case(
        (track("a", clips=tuple(clip(at, 20000, fade_shape="equal_power", **FADED) for at in (0, 11000))),), is_dry=True
    ),
    "steered LV2": Case(
        (
            track(
                "a",
                devices=(
                    Device(device="sidechain_compressor", values=STEERED, sidechain=Sidechain(source="k", gain_db=3.0)),
                ),
            ),
            track("k", channels=1, is_muted=True, clips=(clip(20000, 9000, audio="mono.wav"),)),
        )
    ),
    "steered by nobody": Case(
        tuple(
            track(name, channels=1, devices=(Device(device=plugin, values=STEERED),))
            for name, plugin in (("a", "sidechain_compressor"), ("b", "zam_comp_sidechain"))
        )
    ),
    "steered VST2s, after the fader": Case(
        tuple(
            track(
                name,
                devices=(
                    Device(
                        device=plugin,
                        values=STEERED | {"sidechain": 1.0},
                        sidechain=Sidechain(source="k", is_pre_fader=False),
                    ),
                ),
            )
            for name, plugin in (("a", "zam_comp_sidechain"), ("b", "zam_comp_x2_sidechain"))
        )
        + (track("k", pan_lr=0.4, fader_db=-3.0, clips=(clip(20000, 9000),)),)
    ),
    # Ardour gives a VST3 new values at its own blocks alone.
    "held VST3": Case(
        (track("a", devices=(moving("zam_eq2", "master_gain_db", HOLDS),)),),
        spared=tuple((at, at + ARDOUR_BLOCK) for at in JUMPS),
    ),
    "held VST2": Case((track("a", devices=(moving("three_band_eq", "master_db", HOLDS),)),)),
    "held LV2": Case((track("a", devices=(moving("gain", "gain_db", HOLDS),)),)),
    "ramped VST2": Case((track("a", devices=(moving("three_band_eq", "master_db", RAMPS),)),), null_db=-65.0),
    "ramped LV2": Case((track("a", devices=(moving("gain", "gain_db", RAMPS),)),), null_db=-60.0),
    "ramped VST3": Case((track("a", devices=(moving("zam_eq2", "master_gain_db", RAMPS),)),), null_db=-20.0),
    "held pan": Case((track("a", automation={"pan_lr": PANS}),), spared=AT_PANS, is_dry=True),
    "held pan of a send": Case(
        (track("a", fader_db=-40.0, sends=(Send(to="fx", is_pre_fader=True, automation={"pan_lr": PANS}),)),),
        (Bus(name="fx"),),
        spared=AT_PANS,
        is_dry=True,
    ),
    "ramped pan": Case((track("a", automation={"pan_lr": PAN_RAMPS}),), null_db=-85.0, is_dry=True),
}
# Of the built-in synth: chords, notes that begin again, and voices that are used again.
SYNTH = device("synth", release_s=0.05, cutoff_hz=5000.0, detune_cents=11.0)
# Not in a row: under a latency Ardour 7.3 starts elsewhere in its blocks, and once in twenty runs its sends came out
# wrong; a foreign synthesiser's oscillators depend on where in a block it starts; and of a session of seven tracks and
# more, one export in ten hands no instrument any note.
SINGLE: dict[str, Case] = {
    "latency": Case((track("a", devices=(middling("za_maxim_x2", 0.5),)), track("b", channels=1))),
    "notes": Case(
        (
            track(
                "a",
                instrument=device("amsynth"),
                midi_clips=(MidiClip(midi="notes.mid"),),
                trim_db=-3.0,
                is_inverted=True,
                pan_lr=0.2,
            ),
        ),
        null_db=-60.0,
    ),
    "synth": Case(
        (
            track(
                "a",
                instrument=SYNTH,
                midi_clips=(MidiClip(midi="run.mid"),),
                trim_db=-3.0,
                is_inverted=True,
                pan_lr=0.2,
            ),
        )
    ),
    "held synth": Case(
        (
            track(
                "a",
                instrument=SYNTH.model_copy(update={"automation": {"level_db": HOLDS}}),
                midi_clips=(MidiClip(midi="run.mid"),),
            ),
        ),
        spared=tuple((at, at + ARDOUR_BLOCK) for at in JUMPS),
    ),
}


def alone(case: Case, **more) -> Session:
    """The case as a session."""
    return Session(name="case", sample_rate=RATE, length_samples=RATE, tracks=case.tracks, buses=case.buses, **more)


def in_a_row(cases: dict[str, Case]) -> Session:
    """All cases, a second each, one after the other."""
    placed = [_placed(case, number) for number, case in enumerate(cases.values())]
    tracks = tuple(track for row in placed for track in row.tracks)
    buses = tuple(bus for row in placed for bus in row.buses)
    length = RATE * len(placed)
    return Session(name="matrix", sample_rate=RATE, length_samples=length, tracks=tracks, buses=buses)


def _placed(case: Case, second: int) -> Case:
    return Case(*(tuple(_later(channel, second) for channel in rows) for rows in (case.tracks, case.buses)))


def _later(channel, second: int):
    """The channel with all that it does `second` seconds later, and names of its own."""
    rows = {
        "name": _named(channel.name, second),
        "output": _named(channel.output, second),
        "devices": tuple(_later_device(row, second) for row in channel.devices),
        "automation": _later_moves(channel.automation, second),
        "sends": tuple(
            send.model_copy(update={"to": _named(send.to, second), "automation": _later_moves(send.automation, second)})
            for send in channel.sends
        ),
    }
    if isinstance(channel, Track):
        first = second * RATE
        rows["clips"] = tuple(
            row.model_copy(update={"start_samples": row.start_samples + first}) for row in channel.clips
        )
        rows["midi_clips"] = tuple(
            row.model_copy(update={"start_beats": row.start_beats + 2 * second}) for row in channel.midi_clips
        )
    return channel.model_copy(update=rows)


def _later_device(row: Device, second: int) -> Device:
    rows = {"automation": _later_moves(row.automation, second)}
    if row.sidechain is not None:
        source = _named(row.sidechain.source, second)
        rows["sidechain"] = row.sidechain.model_copy(update={"source": source})
    return row.model_copy(update=rows)


def _later_moves(moves, second: int):
    return {
        name: Automation(
            points=tuple(point.model_copy(update={"time": point.time + second}) for point in row.points), unit=row.unit
        )
        for name, row in moves.items()
    }


def _named(name: str, second: int) -> str:
    return name if name == MASTER else f"{second:02d} {name}"
