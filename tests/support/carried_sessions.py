"""Hypothesis: sessions with real audio and notes, as an exporter gets them; and what a render would have given."""

import base64
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from any_session import automations
from dawbridge.audio import Audio, write_audio
from dawbridge.devices import all_devices, get_device
from dawbridge.devices.states.fxp import Fxp, encode_fxp
from dawbridge.devices.states.vstpreset import VstPreset, encode_vstpreset
from dawbridge.midi_notes import BeatNote, write_notes
from dawbridge.session import (
    Automation,
    Bus,
    Clip,
    Device,
    ForeignPlugin,
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
from dawbridge.session.model import MASTER
from dawbridge.session.rendered import INSTRUMENT

RATE = 48000
LENGTH = 4800
SOUNDS = ("mono.wav", "stereo.wav", "sub/Ünïcode name.wav", "slower.flac")
NOTES = "notes.mid"
BUILT_IN = ("gain", "pan", "polarity", "eq", "compressor", "reverb")
HOSTED = ("zam_eq2", "zam_comp_x2", "dragonfly_plate", "three_band_eq")
DB = st.floats(-60, 12)
PAN = st.floats(-1, 1)


def make_sounds(folder: Path) -> Path:
    """The files that the sessions name."""
    random = np.random.default_rng(0)
    for name, channels, rate in zip(SOUNDS, (1, 2, 2, 1), (RATE, RATE, RATE, 44100)):
        noise = random.uniform(-0.3, 0.3, (channels, LENGTH)).astype(np.float32)
        if name.endswith("flac"):
            import soundfile

            soundfile.write(folder / name, noise.T, rate)
        else:
            write_audio(folder / name, Audio(noise, rate))
    write_notes([BeatNote(0.0, 60, 0.5, 100), BeatNote(0.25, 67, 1.0, 80), BeatNote(2.0, 60, 1.0, 1)], folder / NOTES)
    return folder


def state_of(name: str, data: bytes = b"state") -> bytes:
    """A preset of a hosted device."""
    spec = get_device(name)
    if spec.kind == "vst3":
        return encode_vstpreset(VstPreset(spec.class_id, data, None))
    if len(data) % 2:
        return encode_fxp(Fxp(int(spec.class_id), 1, "p", chunk=data, parameter_count=len(spec.parameters)))
    return encode_fxp(Fxp(int(spec.class_id), 1, "p", parameters=tuple(0.25 for _ in range(8))))


FOREIGN = (
    ForeignPlugin(kind="vst3", id="0123456789ABCDEF0123456789ABCDEF", label="Deluxe Limiter"),
    ForeignPlugin(kind="vst2", id="1147954035", label='Old <Chorus> & "Co"'),
)


def foreign_device(plugin: ForeignPlugin, data: bytes) -> Device:
    if plugin.kind == "vst3":
        state = encode_vstpreset(VstPreset(plugin.id, data, None))
    else:
        state = encode_fxp(Fxp(int(plugin.id), 1, "", chunk=data, parameter_count=3))
    return Device(device="foreign", plugin=plugin, state=base64.b64encode(state).decode())


@st.composite
def known_devices(draw, names, sources=()):
    name = draw(st.sampled_from(names))
    spec = get_device(name)
    chosen = (
        draw(st.lists(st.sampled_from(spec.parameters), max_size=4, unique_by=lambda p: p.name))
        if spec.parameters
        else []
    )
    values = {p.name: float(p.from_0to1(draw(st.floats(0, 1)))) for p in chosen}
    state, moves = None, {}
    if spec.is_hosted:
        values, state = {}, base64.b64encode(state_of(name, draw(st.binary(min_size=1, max_size=40)))).decode()
    if chosen and draw(st.booleans()):
        moved = chosen[0]
        at = st.floats(0, 1).map(lambda place: float(moved.from_0to1(place)))
        moves = {moved.name: draw(automations(at).map(_legal))}
    side = {}
    if spec.sidechain_channels and sources and draw(st.booleans()):
        side = {"sidechain": Sidechain(source=draw(st.sampled_from(sources)), gain_db=draw(DB))}
    return Device(device=name, values=values, state=state, is_bypassed=draw(st.booleans()), automation=moves, **side)


def _legal(row: Automation) -> Automation:
    """The same within 1000 s, on hundredths of a second; straight where an exponential cannot lead on."""
    points = [point.model_copy(update={"time": round(point.time / 1000.0, 2)}) for point in row.points]
    for place, (point, following) in enumerate(zip(points, points[1:])):
        if point.shape == "exponential" and point.value * following.value <= 1e-9:
            points[place] = point.model_copy(update={"shape": "linear"})
    return Automation(points=tuple(points), unit=row.unit)


def moves(**values):
    """Automation of some of the values."""
    return st.fixed_dictionaries({}, optional={name: automations(row).map(_legal) for name, row in values.items()})


def chains(sources=()):
    foreign = st.tuples(st.sampled_from(FOREIGN), st.binary(min_size=1, max_size=30)).map(
        lambda row: foreign_device(*row)
    )
    return st.lists(known_devices(BUILT_IN + HOSTED, sources) | foreign, max_size=3).map(tuple)


CLIPS = st.lists(
    st.builds(
        Clip,
        audio=st.sampled_from(SOUNDS),
        start_samples=st.integers(0, LENGTH),
        offset_samples=st.integers(0, 2000),
        length_samples=st.integers(1200, 2000) | st.none(),
        gain_db=DB,
        fade_in_samples=st.integers(0, 600),
        fade_out_samples=st.integers(0, 600),
        fade_shape=st.sampled_from(["linear", "equal_power"]),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(lambda name: name != MASTER)


@st.composite
def carried_sessions(draw):
    """Tracks and buses in an order that cannot loop: each goes to buses after it alone."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    count = draw(st.integers(1, len(names)))
    buses = names[count:]
    tracks = [draw(channels(name, buses, names[:number], True)) for number, name in enumerate(names[:count])]
    rows = [
        draw(channels(name, buses[number + 1 :], names[: count + number], False)) for number, name in enumerate(buses)
    ]
    tempos = draw(st.sampled_from(TEMPOS))
    master = Master(devices=draw(chains()), fader_db=draw(DB), automation=draw(moves(fader_db=DB)))
    return Session(
        name=draw(NAMES),
        sample_rate=RATE,
        length_samples=2 * LENGTH,
        pre_roll_samples=draw(st.sampled_from([0, 0, 480])),
        tail_s=draw(st.sampled_from([0.0, 0.0, 1.5, "auto"])),
        tempo=tempos,
        tracks=tuple(tracks),
        buses=tuple(rows),
        master=master,
    )


TEMPOS = (
    TempoMap(),
    TempoMap(
        tempos=(Tempo(bpm=97.5),),
        signatures=(TimeSignature(numerator=3), TimeSignature(beat=6.0, numerator=7, denominator=8)),
    ),
    TempoMap(tempos=(Tempo(bpm=90.0), Tempo(beat=4.0, bpm=140.0))),
    TempoMap(tempos=(Tempo(bpm=90.0, shape="linear"), Tempo(beat=8.0, bpm=140.0))),
)


@st.composite
def channels(draw, name, buses, before, is_track):
    sends = [
        draw(
            st.builds(
                Send,
                to=st.just(bus),
                gain_db=DB,
                pan_lr=PAN,
                is_pre_fader=st.booleans(),
                is_muted=st.booleans(),
                automation=moves(gain_db=DB, pan_lr=PAN),
            )
        )
        for bus in buses
        if draw(st.booleans())
    ]
    common = dict(
        name=name,
        devices=draw(chains(before)),
        fader_db=draw(DB),
        pan_lr=draw(PAN),
        automation=draw(moves(fader_db=DB, pan_lr=PAN)),
        trim_db=draw(st.just(0.0) | DB),
        is_inverted=draw(st.booleans()),
        is_muted=draw(st.booleans()),
        is_soloed=draw(st.booleans()),
        output=draw(st.sampled_from([*buses, MASTER])),
        sends=tuple(sends),
    )
    if not is_track:
        return Bus(**common)
    kind = draw(st.sampled_from(["audio", "audio", "clips", "instrument"]))
    if kind == "audio":
        audio = draw(st.sampled_from(SOUNDS))
        channels = 1 if audio in ("mono.wav", "slower.flac") else 2
        return Track(**common, audio=audio, channels=channels, start_samples=draw(st.integers(0, 2000)))
    if kind == "clips":
        clips = draw(CLIPS)
        is_mono = all(clip.audio in ("mono.wav", "slower.flac") for clip in clips)
        return Track(**common, clips=clips, channels=1 if is_mono else 2)
    instrument = draw(known_devices(("synth", "amsynth")))
    clip = MidiClip(midi=NOTES, start_beats=draw(st.sampled_from([0.0, 1.0, 2.5])))
    return Track(**common, instrument=instrument, midi_clips=(clip,))


def rendered_of(session: Session) -> Rendered:
    """As if it had been rendered: the states that the session holds; noise for audio."""
    states, noise = {}, np.random.default_rng(1).uniform(-0.1, 0.1, (2, session.length_samples)).astype(np.float32)
    audio = Audio(noise, session.sample_rate)
    for name, fader in [*((c.name, c) for c in session.channels), (MASTER, session.master)]:
        rows = list(enumerate(fader.devices))
        rows += [(INSTRUMENT, fader.instrument)] if getattr(fader, "instrument", None) is not None else []
        for place, device in rows:
            if device.plugin is None and get_device(device.device).is_hosted and device.state is not None:
                states[name, place] = base64.b64decode(device.state)
    names = [channel.name for channel in session.channels]
    tracks = {track.name: audio for track in session.tracks}
    return Rendered(audio, dict.fromkeys(names, audio), tracks, dict.fromkeys(names, audio), states)


assert set(BUILT_IN + HOSTED) <= set(all_devices())
