"""Routing without sound: the order of channels, loops spelled out, and what solo and mute let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawbridge.errors import InputError
from dawbridge.session import Bus, Device, Master, MidiClip, Send, Session, Sidechain, Track
from dawbridge.session.routing import channel_order, edges, heard_edges
from dawbridge.session.validation import check_session


def track(name: str, to: str = "master", *sends, **fields) -> Track:
    return Track(name=name, audio="a.wav", output=to, sends=tuple(Send(to=bus) for bus in sends), **fields)


def bus(name: str, to: str = "master", *sends, **fields) -> Bus:
    return Bus(name=name, output=to, sends=tuple(Send(to=other) for other in sends), **fields)


def ducked(source: str) -> tuple[Device, ...]:
    return (Device(device="sidechain_compressor", sidechain=Sidechain(source=source)),)


def session(*channels: Track | Bus, **fields) -> Session:
    tracks = tuple(channel for channel in channels if isinstance(channel, Track))
    buses = tuple(channel for channel in channels if isinstance(channel, Bus))
    return Session(sample_rate=8000, length_samples=1, tracks=tracks, buses=buses, **fields)


# Order


def test_every_channel_comes_after_what_feeds_or_steers_it():
    made = session(
        track("bass", "low", devices=ducked("drums")),
        track("kick", "drums", "room"),
        bus("low", "all"),
        bus("all"),
        bus("drums", "all", "room"),
        bus("room", "master"),
    )
    order = channel_order(made)
    assert sorted(order) == sorted(["bass", "kick", "low", "all", "drums", "room", "master"]) and order[-1] == "master"
    for before, after in [*edges(made), ("drums", "bass")]:
        assert order.index(before) < order.index(after), (before, after)


def test_no_channel_at_all_leaves_the_master():
    assert channel_order(session()) == ["master"] and heard_edges(session()) == set()
    check_session(session())


# The last name of a loop is its first: the way round is spelled out.
LOOPS = {
    "two buses": [bus("a", "b"), bus("b", "a")],
    "a bus into itself": [bus("a", "a")],
    "a send to itself": [bus("a", "master", "a")],
    "a send back": [bus("a", "b"), bus("b", "master", "a")],
    "three long": [bus("a", "b"), bus("b", "c"), bus("c", "master", "a")],
    "two that duck each other": [track("a", devices=ducked("b")), track("b", devices=ducked("a"))],
    "ducked by itself": [track("a", devices=ducked("a"))],
    "ducked by the bus it goes to": [track("a", "b", devices=ducked("b")), bus("b")],
    "a bus that ducks what it is sent": [track("a", "master", "b", devices=ducked("b")), bus("b")],
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_is_refused_and_spelled_out(name):
    with pytest.raises(InputError, match="session: routing runs in a loop: ") as error:
        check_session(session(*LOOPS[name]))
    way = str(error.value).split("loop: ")[1].split(";")[0].split(" → ")
    names = {channel.name for channel in LOOPS[name]}
    assert way[0] == way[-1] and set(way) == names and len(way) == len(names) + 1


def test_a_muted_send_closes_no_loop():
    check_session(session(bus("a", "b"), Bus(name="b", sends=(Send(to="a", is_muted=True),))))


def test_the_master_may_be_ducked_by_any_channel():
    made = session(track("a"), master=Master(devices=ducked("a")))
    check_session(made)
    assert channel_order(made) == ["a", "master"]


def test_what_steers_an_instrument_comes_before_it_too():
    vocoder = Device(device="synth", sidechain=Sidechain(source="b"))
    assert channel_order(session(Track(name="a", instrument=vocoder), track("b"))) == ["b", "a", "master"]


# Names


NAMES = {
    "no such output": ([track("a", "b"), bus("c")], "track 'a': output 'b' is no bus; it can be one of c, master"),
    "a track as output": ([track("a", "b"), track("b")], "output 'b' is no bus; it can be one of master"),
    "no such bus": ([track("a", "master", "c"), bus("b")], "track 'a' send 1: no bus 'c'; it can be one of: b"),
    "no bus at all": ([track("a", "master", "c")], "send 1: no bus 'c'; it can be one of: no bus is there"),
    "a send to the master": ([track("a", "master", "master"), bus("b")], "send 1: no bus 'master'"),
    "a send to a track": ([track("a", "master", "b"), track("b")], "send 1: no bus 'b'"),
    "no such sidechain": ([track("a", devices=ducked("b"))], "sidechain 'b' is no channel; it can be one of a"),
    "the master as sidechain": ([track("a", devices=ducked("master"))], "sidechain 'master' is no channel"),
    "two of a name": ([track("a"), bus("a")], "two channels named 'a'; rename one"),
    "the master's name": ([bus("master")], "a channel named 'master', which is the master's own name"),
    "a sidechain for nothing": (
        [track("a", devices=(Device(device="eq", sidechain=Sidechain(source="b")),)), track("b")],
        "track 'a' device 1 (eq): takes no sidechain; remove it",
    ),
    "an instrument among the devices": (
        [track("a", devices=(Device(device="synth"),))],
        "track 'a' device 1: synth is an instrument; give it to a track as such",
    ),
    "a device as instrument": ([Track(name="a", instrument=Device(device="eq"))], "eq is no instrument"),
    "audio and an instrument": (
        [Track(name="a", audio="a.wav", instrument=Device(device="synth"))],
        "both audio and instrument; a track has one of audio, clips, instrument",
    ),
    "MIDI for nothing": ([track("a", midi_clips=(MidiClip(midi="a.mid"),))], "MIDI clips but no instrument; name one"),
    "nothing to play": ([Track(name="a")], "audio path is empty"),
    "a start for nothing": (
        [Track(name="a", instrument=Device(device="synth"), start_samples=4)],
        "start_samples without audio",
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_bad_names_and_sources_are_refused_by_place(name):
    channels, message = NAMES[name]
    with pytest.raises(InputError) as error:
        check_session(session(*channels))
    assert message in str(error.value)


# Solo

GRAPH = (
    track("kick", "drums", "room"),
    track("snare", "drums", "room"),
    track("vox", "master", "room"),
    bus("drums", "all"),
    bus("all"),
    bus("room", "all"),
)


def heard_with(*soloed: str) -> set[str]:
    """The edges as `a>b`."""
    channels = [c.model_copy(update={"is_soloed": c.name in soloed}) for c in GRAPH]
    return {">".join(pair) for pair in heard_edges(session(*channels))}


ALL = {"kick>drums", "kick>room", "snare>drums", "snare>room", "vox>master", "vox>room", "drums>all", "all>master"}


@pytest.mark.parametrize(
    ("soloed", "wanted"),
    [
        ((), ALL | {"room>all"}),
        # A track is heard with its sends, and with all that these pass through.
        (("vox",), {"vox>master", "vox>room", "room>all", "all>master"}),
        (("kick",), {"kick>drums", "kick>room", "drums>all", "room>all", "all>master"}),
        # What feeds a bus is heard through it alone: kick>room is not.
        (("drums",), {"kick>drums", "snare>drums", "drums>all", "all>master"}),
        (("room",), {"kick>room", "snare>room", "vox>room", "room>all", "all>master"}),
        (("all",), ALL - {"vox>master"} | {"room>all"}),
        # Several: what each lets through, together.
        (
            ("drums", "vox"),
            {"kick>drums", "snare>drums", "drums>all", "all>master", "vox>master", "vox>room", "room>all"},
        ),
        (("kick", "snare", "vox"), ALL | {"room>all"}),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_heard_under_solo(soloed, wanted):
    assert heard_with(*soloed) == wanted


CHANNELS = [f"c{n}" for n in range(6)]


@st.composite
def graphs(draw):
    """Buses that go to later ones, some soloed."""
    rows = []
    for place, name in enumerate(CHANNELS):
        delays = CHANNELS[place + 1 :]
        sends = draw(st.lists(st.sampled_from(delays), max_size=2, unique=True)) if delays else []
        to = draw(st.sampled_from([*delays, "master"]))
        rows.append(bus(name, to, *sends, is_soloed=draw(st.booleans())))
    return session(*rows)


@given(graphs())
def test_an_edge_is_heard_where_a_way_to_the_master_leads_over_it_and_a_soloed_channel(made):
    """All ways to the master, counted one by one."""
    every, soloed = set(edges(made)), {channel.name for channel in made.channels if channel.is_soloed}

    def ways(name, way):
        if name == "master":
            yield [*way, name]
        for source, target in every:
            if source == name:
                yield from ways(target, [*way, name])

    wanted = set()
    for name in CHANNELS:
        for way in ways(name, []):
            if not soloed or soloed & set(way):
                wanted |= set(zip(way, way[1:]))
    assert heard_edges(made) == wanted
