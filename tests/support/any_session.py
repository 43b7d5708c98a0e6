"""Hypothesis strategies: sessions of all kinds of channels, sound as `check_session` has it."""

from hypothesis import strategies as st

from dawbridge.devices import all_devices
from dawbridge.session import (
    Automation,
    Bus,
    Clip,
    Device,
    Master,
    MidiClip,
    Point,
    Provenance,
    Send,
    Session,
    Tempo,
    TempoMap,
    Track,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAME = TEXT.filter(lambda name: name not in ("", "master"))
AUDIO = NAME.filter(lambda name: "\0" not in name and name.strip("/.") != "")
HASHES = st.dictionaries(TEXT, TEXT, max_size=3)
PROVENANCE = st.builds(
    Provenance,
    dawbridge=TEXT,
    method=TEXT,
    chain=TEXT,
    seed=st.none() | st.integers(),
    versions=HASHES,
    plugin_sha256=HASHES,
)


DEVICES = sorted(name for name, spec in all_devices().items() if not spec.is_instrument)
INSTRUMENTS = sorted(name for name, spec in all_devices().items() if spec.is_instrument)
SAMPLES = st.integers(0, 2**29 - 1024)
SHAPES = st.sampled_from(["linear", "hold", "exponential"])


def automations(values):
    """Automations whose points have these values: positive ones alone, so that any shape may lead on."""
    times = st.lists(st.floats(0, 1e6), min_size=1, max_size=4).map(sorted)
    point = st.tuples(values, SHAPES)
    rows = times.flatmap(lambda at: st.tuples(st.just(at), st.lists(point, min_size=len(at), max_size=len(at))))
    return rows.flatmap(
        lambda row: st.builds(
            Automation,
            points=st.just(tuple(Point(time=t, value=v, shape=s) for t, (v, s) in zip(*row))),
            unit=st.sampled_from(["s", "beats"]),
        )
    )


@st.composite
def devices(draw, names=DEVICES):
    spec = all_devices()[draw(st.sampled_from(names))]
    chosen = draw(st.lists(st.sampled_from(spec.parameters), max_size=5)) if spec.parameters else []
    positions = {p.name: draw(st.floats(0, 1)) for p in chosen}
    values = {name: float(spec.parameter(name).from_0to1(place)) for name, place in positions.items()}
    return Device(device=spec.name, values=values, is_bypassed=draw(st.booleans()))


FADERS = dict(
    devices=st.lists(devices(), max_size=3).map(tuple),
    fader_db=st.floats(-120, 24),
    pan_lr=st.floats(-1, 1),
    automation=st.dictionaries(st.just("fader_db"), automations(st.floats(0.01, 24)), max_size=1),
)
CHANNELS = FADERS | dict(
    name=NAME, trim_db=st.floats(-120, 24), is_inverted=st.booleans(), is_muted=st.booleans(), is_soloed=st.booleans()
)
FILES = st.builds(
    Track, **CHANNELS, audio=AUDIO, channels=st.sampled_from([1, 2]), start_samples=st.integers(-(2**40), 2**40)
)
CLIP = st.builds(
    Clip, audio=AUDIO, start_samples=st.integers(-(2**40), 2**40), offset_samples=SAMPLES, gain_db=st.floats(-120, 24),
    fade_in_samples=SAMPLES, fade_out_samples=SAMPLES, fade_shape=st.sampled_from(["linear", "equal_power"]),
)  # fmt: skip
CLIPPED = st.builds(Track, **CHANNELS, clips=st.lists(CLIP, min_size=1, max_size=3).map(tuple))
MIDI = st.builds(MidiClip, midi=AUDIO, start_beats=st.floats(0, 1e6), channel=st.none() | st.integers(1, 16))
PLAYED = st.builds(Track, **CHANNELS, instrument=devices(INSTRUMENTS), midi_clips=st.lists(MIDI, max_size=2).map(tuple))
TRACKS = st.lists(FILES | CLIPPED | PLAYED, max_size=3)
BUSES = st.lists(st.builds(Bus, **CHANNELS), max_size=3)
TEMPO = st.builds(Tempo, beat=st.floats(0.1, 1e6), bpm=st.floats(1, 1000), shape=st.sampled_from(["hold", "linear"]))
TEMPOS = st.lists(TEMPO, max_size=3, unique_by=lambda tempo: tempo.beat).map(
    lambda rows: TempoMap(tempos=(Tempo(bpm=90.0), *sorted(rows, key=lambda tempo: tempo.beat)))
)


@st.composite
def sessions(draw):
    """Channels of all kinds, each of which goes to a bus after it, or to the master."""
    channels = [*draw(TRACKS), *draw(BUSES)]
    channels = list({channel.name: channel for channel in channels}.values())
    for place, channel in enumerate(channels):
        after = [bus.name for bus in channels[place + 1 :] if isinstance(bus, Bus)]
        send = st.builds(Send, to=st.sampled_from(after), gain_db=st.floats(-120, 24), is_pre_fader=st.booleans())
        sends = draw(st.lists(send, max_size=2)) if after else []
        output = draw(st.sampled_from([*after, "master"]))
        channels[place] = channel.model_copy(update={"output": output, "sends": tuple(sends)})
    return Session(
        name=draw(TEXT),
        sample_rate=draw(st.integers(8000, 384000)),
        length_samples=draw(st.integers(1, 2**29 - 1024)),
        pre_roll_samples=draw(SAMPLES),
        tail_s=draw(st.just("auto") | st.floats(0, 600)),
        tempo=draw(TEMPOS),
        tracks=tuple(channel for channel in channels if isinstance(channel, Track)),
        buses=tuple(channel for channel in channels if isinstance(channel, Bus)),
        master=draw(st.builds(Master, **FADERS)),
        made_by=draw(st.none() | PROVENANCE),
    )
