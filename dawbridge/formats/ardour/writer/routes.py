"""Routes: a channel of the session, or its master, with all that stands on its way."""

from collections.abc import Iterable

from lxml import etree
from lxml.builder import E

from dawbridge.devices import get_device
from dawbridge.formats.ardour.terms import EVERY_MUTE_POINT, POLARITY_NAME, TRIM_NAME, VERSION
from dawbridge.formats.ardour.writer.context import DeviceSlot, ExportContext, law
from dawbridge.formats.ardour.writer.elements import automation, controllable, processor, stereo_io
from dawbridge.formats.ardour.writer.plugins import plugin
from dawbridge.formats.ardour.writer.sends import aux_send, first_of, pannable, panner_shell, sidechain_send
from dawbridge.session import Device
from dawbridge.session.model import MASTER, Bus, Channel, Fader, Track
from dawbridge.session.rendered import INSTRUMENT
from dawbridge.units import db_to_gain

_SIDES = (1, 2)


def master_route(context: ExportContext) -> etree._Element:
    """The master: the sum of what goes there, through its devices, fader and pan, to the system's outputs."""
    master, name = context.session.master, context.names[MASTER]
    route = _route(MASTER, context, "MasterOut", 0)
    outputs = [[f"system:playback_{side}"] for side in _SIDES]
    route.extend([stereo_io(name, "Input", "audio_in", _members(MASTER, context), context.ids)])
    route.append(stereo_io(name, "Output", "audio_out", outputs, context.ids))
    _add_fader(route, master, MASTER, context, "master")
    return route


def channel_route(channel: Channel, order: int, playlist_id: str, context: ExportContext) -> etree._Element:
    """A track or bus; `playlist_id` is a track's."""
    is_midi, is_track = is_midi_track(channel), isinstance(channel, Track)
    flag = "MidiTrack" if is_midi else "AudioTrack" if is_track else "AudioBus"
    route = _route(channel.name, context, flag, order)
    route.set("default-type", "midi" if is_midi else "audio")
    if is_track:
        kind = "midi" if is_midi else "audio"
        route.attrib.update({f"{kind}-playlist": playlist_id, "alignment-choice": "Automatic"})
        route.attrib.update({"note-mode": "Sustained"} if is_midi else {"mode": "Normal"})
    _add_ports(route, channel, is_midi, context)
    _add_switches(route, channel, is_midi, context)
    _add_fader(route, channel, channel.name, context, "track" if is_track else "bus")
    return route


def is_midi_track(channel: Fader) -> bool:
    return isinstance(channel, Track) and channel.instrument is not None


def _route(channel: str, context: ExportContext, flag: str, order: int) -> etree._Element:
    route = E.Route({
        "version": VERSION, "id": context.route_ids[channel], "name": context.names[channel], "default-type": "audio",
        "strict-io": "1", "active": "1", "meter-point": "MeterPostFader", "disk-io-point": "DiskIOPreFader",
        "meter-type": "MeterPeak",
    })  # fmt: skip
    route.append(E.PresentationInfo(order=str(order), flags=f"{flag},OrderSet"))
    return route


def _members(name: str, context: ExportContext) -> list[list[str]]:
    """The ports that go to the left, and to the right input of a bus or the master."""
    rows = [context.names[channel.name] for channel in context.session.channels if channel.output == name]
    return [[f"{row}/audio_out {side}" for row in rows] for side in _SIDES]


def _add_ports(route: etree._Element, channel: Channel, is_midi: bool, context: ExportContext) -> None:
    name, ids = context.names[channel.name], context.ids
    if is_midi:
        io = E.IO({"name": name, "id": ids(), "direction": "Input", "default-type": "midi"})
        io.append(E.Port(type="midi", name=f"{name}/midi_in 1"))
    else:
        links = _members(channel.name, context) if isinstance(channel, Bus) else [[], []]
        io = stereo_io(name, "Input", "audio_in", links, ids)
    route.append(io)
    targets = [[f"{context.names[channel.output]}/audio_in {side}"] for side in _SIDES]
    output = stereo_io(name, "Output", "audio_out", targets, ids, "midi" if is_midi else "audio")
    if is_midi:
        output.append(E.Port(type="midi", name=f"{name}/midi_out 1"))
    route.append(output)


def _add_switches(route: etree._Element, channel: Channel, is_midi: bool, context: ExportContext) -> None:
    """Mute, solo and polarity."""
    ids, mute_solo = context.ids, context.mute_solos[channel.name]
    before, after = map(str, mute_solo.soloed_by)
    counts = {"self-solo": _flag(mute_solo.is_soloed), "soloed-by-upstream": before, "soloed-by-downstream": after}
    route.append(controllable("solo", mute_solo.is_soloed, ids, "Toggle,RealTime", **counts))
    isolated = {"solo-isolated": _flag(mute_solo.is_isolated)}
    route.append(controllable("solo-iso", mute_solo.is_isolated, ids, "Toggle,RealTime", **isolated))
    points = ",".join(mute_solo.mute_points) if mute_solo.is_muted else EVERY_MUTE_POINT
    route.append(E.MuteMaster({"mute-point": points, "muted": _flag(mute_solo.is_muted)}))
    route.append(controllable("mute", mute_solo.is_muted, ids, "Toggle,RealTime"))
    is_inverted = channel.is_inverted and not is_midi
    sides = {"phase-invert": "" if is_midi else _flag(is_inverted) * 2}
    route.append(controllable("phase", is_inverted, ids, "Toggle", **sides))


def _flag(is_on: bool) -> str:
    return str(int(is_on))


def _add_fader(route: etree._Element, channel: Fader, name: str, context: ExportContext, kind: str) -> None:
    """From the audio, or the sum, to the output: devices, sends, fader, pan."""
    gain, azimuth = context.envelopes.fader(channel, law(channel))
    route.append(pannable(azimuth, context))
    route.extend(_sources(channel, name, context))
    route.extend(_devices(channel, name, context, kind))
    route.extend(_sends(channel, name, context, is_pre_fader=True))
    amp = processor("Amp", "amp", context.ids)
    if isinstance(gain, list):
        context.losses.add("channel.automation", f"channel {name!r}", "how steeply its fader moves")
        amp.append(E.Automation(automation("gain", gain, context.sample_rate, context.ids)))
    amp.append(controllable("gaincontrol", first_of(gain), context.ids, "GainLike"))
    route.append(amp)
    route.extend(_sends(channel, name, context, is_pre_fader=False))
    own = context.names[name]
    outputs = processor(own, "main-outs", context.ids, own_input="1", own_output="0", output=own, role="Main")
    outputs.append(panner_shell(True))
    route.append(outputs)


def _sources(channel: Fader, name: str, context: ExportContext) -> Iterable[etree._Element]:
    """Where the signal comes from, and what Ardour does first with it."""
    own = context.names[name]
    if isinstance(channel, Track):
        yield processor(f"recorder:{own}", "diskwriter", context.ids, record_safe="0")
        yield processor(f"player:{own}", "diskreader", context.ids)
    if isinstance(channel, Bus):
        yield processor("Return", "intreturn", context.ids)
    if not is_midi_track(channel):
        yield processor("Polarity", "polarity", context.ids)
        trim = processor("Amp", "trim", context.ids)
        level = float(db_to_gain(channel.trim_db)) if isinstance(channel, Channel) else 1.0
        trim.append(controllable("trimcontrol", level, context.ids, "GainLike"))
        yield trim


def _devices(channel: Fader, name: str, context: ExportContext, kind: str) -> Iterable[etree._Element]:
    where = name if name == MASTER else f"{kind} {name!r}"
    if isinstance(channel, Track) and channel.instrument is not None:
        yield plugin(channel.instrument, context, DeviceSlot(name, INSTRUMENT, f"{where} instrument"))
        yield from _trims(channel, context)
    for position, device in enumerate(channel.devices):
        yield plugin(device, context, DeviceSlot(name, position, f"{where} device {position + 1} ({device.device})"))


def _trims(track: Track, context: ExportContext) -> Iterable[etree._Element]:
    """Trim and polarity of a MIDI track, where Ardour has neither, as devices of these names."""
    rest_db, place = track.trim_db, DeviceSlot(track.name, INSTRUMENT, "")
    while rest_db:
        gain_db = max(rest_db, get_device("gain").parameter("gain_db").minimum)
        node = plugin(Device(device="gain", values={"gain_db": gain_db}), context, place)
        node.set("name", TRIM_NAME)
        yield node
        rest_db -= gain_db
    if track.is_inverted:
        node = plugin(Device(device="polarity", values={"inverted": 1.0}), context, place)
        node.set("name", POLARITY_NAME)
        yield node


def _sends(channel: Fader, name: str, context: ExportContext, is_pre_fader: bool) -> Iterable[etree._Element]:
    """Sends to buses. What steers devices is known at the end alone: see `add_sidechain_sends`."""
    if not isinstance(channel, Channel):
        return
    for position, send in enumerate(channel.sends):
        if send.is_pre_fader == is_pre_fader:
            yield aux_send(send, position, channel, context)


def add_sidechain_sends(routes: Iterable[etree._Element], context: ExportContext) -> None:
    """Once every device stands: what steers them leaves its source, before the fader or after it."""
    by_id = {route.get("id"): route for route in routes}
    for link in context.links:
        route = by_id[context.route_ids[link.source]]
        node = sidechain_send(link, context, context.next_slot())
        amp = route.find("Processor[@type='amp']")
        if amp is not None:
            amp.addprevious(node) if link.is_pre_fader else amp.addnext(node)
        for number, port in enumerate(link.ports, start=1):
            _connect(by_id.values(), port, f"{node.get('name')}/audio_send {number}")


def _connect(routes: Iterable[etree._Element], port: str, other: str) -> None:
    for route in routes:
        for found in route.iter("Port"):
            if found.get("name") == port:
                found.append(E.Connection(other=other))
