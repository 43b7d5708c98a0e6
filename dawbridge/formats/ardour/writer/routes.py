"""Routes: the channels of a session and its master, with all their processors in order."""

from collections.abc import Iterable

from lxml import etree
from lxml.builder import E

from dawbridge.devices import get_device
from dawbridge.formats.ardour.terms import EVERY_MUTE_POINT, POLARITY_NAME, TRIM_NAME, VERSION
from dawbridge.formats.ardour.writer.context import DeviceLocation, ExportContext, pan_channels
from dawbridge.formats.ardour.writer.elements import audio_io, automation, controllable, processor
from dawbridge.formats.ardour.writer.plugins import plugin_processor
from dawbridge.formats.ardour.writer.sends import aux_send, initial_value, pannable, panner_shell, sidechain_send
from dawbridge.session import Device
from dawbridge.session.model import MASTER, Bus, Channel, Fader, Track
from dawbridge.session.rendered import INSTRUMENT
from dawbridge.units import db_to_gain

_SIDES = (1, 2)  # left and right, as ports are counted


def master_route(context: ExportContext) -> etree._Element:
    """The master: its inputs are summed and go through its devices, fader and pan to the system's outputs."""
    master, name = context.session.master, context.names[MASTER]
    route = _route(MASTER, context, "MasterOut", 0)
    outputs = [[f"system:playback_{side}"] for side in _SIDES]
    route.extend([audio_io(name, "Input", "audio_in", _member_ports(MASTER, context), context.ids)])
    route.append(audio_io(name, "Output", "audio_out", outputs, context.ids))
    _add_fader(route, master, MASTER, context, "master")
    return route


def channel_route(channel: Channel, order: int, playlist_id: str, context: ExportContext) -> etree._Element:
    """The route of a track or bus; `order`: its position in the mixer; `playlist_id`: used by tracks only."""
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
    """Whether it is a track with an instrument."""
    return isinstance(channel, Track) and channel.instrument is not None


def _route(channel: str, context: ExportContext, flag: str, order: int) -> etree._Element:
    route = E.Route({
        "version": VERSION, "id": context.route_ids[channel], "name": context.names[channel], "default-type": "audio",
        "strict-io": "1", "active": "1", "meter-point": "MeterPostFader", "disk-io-point": "DiskIOPreFader",
        "meter-type": "MeterPeak",
    })  # fmt: skip
    route.append(E.PresentationInfo(order=str(order), flags=f"{flag},OrderSet"))
    return route


def _member_ports(name: str, context: ExportContext) -> list[list[str]]:
    """The output ports connected to the left and to the right input of a bus or the master."""
    rows = [context.names[channel.name] for channel in context.session.channels if channel.output == name]
    return [[f"{row}/audio_out {side}" for row in rows] for side in _SIDES]


def _add_ports(route: etree._Element, channel: Channel, is_midi: bool, context: ExportContext) -> None:
    name, ids = context.names[channel.name], context.ids
    if is_midi:
        io = E.IO({"name": name, "id": ids(), "direction": "Input", "default-type": "midi"})
        io.append(E.Port(type="midi", name=f"{name}/midi_in 1"))
    else:
        links = _member_ports(channel.name, context) if isinstance(channel, Bus) else [[], []]
        io = audio_io(name, "Input", "audio_in", links, ids)
    route.append(io)
    targets = [[f"{context.names[channel.output]}/audio_in {side}"] for side in _SIDES]
    output = audio_io(name, "Output", "audio_out", targets, ids, "midi" if is_midi else "audio")
    if is_midi:
        output.append(E.Port(type="midi", name=f"{name}/midi_out 1"))
    route.append(output)


def _add_switches(route: etree._Element, channel: Channel, is_midi: bool, context: ExportContext) -> None:
    """Adds mute, solo and polarity."""
    ids, state = context.ids, context.mute_solo[channel.name]
    before, after = map(str, state.soloed_by)
    counts = {"self-solo": _flag(state.is_soloed), "soloed-by-upstream": before, "soloed-by-downstream": after}
    route.append(controllable("solo", state.is_soloed, ids, "Toggle,RealTime", **counts))
    isolated = {"solo-isolated": _flag(state.is_isolated)}
    route.append(controllable("solo-iso", state.is_isolated, ids, "Toggle,RealTime", **isolated))
    points = ",".join(state.mute_points) if state.is_muted else EVERY_MUTE_POINT
    route.append(E.MuteMaster({"mute-point": points, "muted": _flag(state.is_muted)}))
    route.append(controllable("mute", state.is_muted, ids, "Toggle,RealTime"))
    is_inverted = channel.is_inverted and not is_midi
    per_side = {"phase-invert": "" if is_midi else _flag(is_inverted) * 2}
    route.append(controllable("phase", is_inverted, ids, "Toggle", **per_side))


def _flag(is_on: bool) -> str:
    return str(int(is_on))


def _add_fader(route: etree._Element, channel: Fader, name: str, context: ExportContext, kind: str) -> None:
    """Adds all processors: input, devices, pre-fader sends, fader, post-fader sends, and output with its pan."""
    gain, azimuth = context.envelopes.fader(channel, pan_channels(channel))
    route.append(pannable(azimuth, context))
    route.extend(_input_processors(channel, name, context))
    route.extend(_devices(channel, name, context, kind))
    route.extend(_sends(channel, context, is_pre_fader=True))
    amp = processor("Amp", "amp", context.ids)
    if isinstance(gain, list):
        context.losses.add("channel.automation", f"channel {name!r}", "how steeply its fader moves")
        amp.append(E.Automation(automation("gain", gain, context.ids)))
    amp.append(controllable("gaincontrol", initial_value(gain), context.ids, "GainLike"))
    route.append(amp)
    route.extend(_sends(channel, context, is_pre_fader=False))
    own = context.names[name]
    outputs = processor(own, "main-outs", context.ids, own_input="1", own_output="0", output=own, role="Main")
    outputs.append(panner_shell(True))
    route.append(outputs)


def _input_processors(channel: Fader, name: str, context: ExportContext) -> Iterable[etree._Element]:
    """The processors at the input: recorder and player of a track, return of a bus, polarity and trim."""
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
        location = DeviceLocation(name, INSTRUMENT, f"{where} instrument")
        yield plugin_processor(channel.instrument, context, location)
        yield from _midi_track_input(channel, context)
    for position, device in enumerate(channel.devices):
        location = DeviceLocation(name, position, f"{where} device {position + 1} ({device.device})")
        yield plugin_processor(device, context, location)


def _midi_track_input(track: Track, context: ExportContext) -> Iterable[etree._Element]:
    """Trim and polarity of a MIDI track as devices with special names, because Ardour has neither there.

    One gain device does not reach down to the lowest trim, so several may follow each other.
    """
    remaining_db, location = track.trim_db, DeviceLocation(track.name, INSTRUMENT, "")
    while remaining_db:
        gain_db = max(remaining_db, get_device("gain").parameter("gain_db").minimum)
        node = plugin_processor(Device(device="gain", values={"gain_db": gain_db}), context, location)
        node.set("name", TRIM_NAME)
        yield node
        remaining_db -= gain_db
    if track.is_inverted:
        node = plugin_processor(Device(device="polarity", values={"inverted": 1.0}), context, location)
        node.set("name", POLARITY_NAME)
        yield node


def _sends(channel: Fader, context: ExportContext, is_pre_fader: bool) -> Iterable[etree._Element]:
    """The sends to buses. Sends to sidechains are known only after all routes: see `add_sidechain_sends`."""
    if not isinstance(channel, Channel):
        return
    for position, send in enumerate(channel.sends):
        if send.is_pre_fader == is_pre_fader:
            yield aux_send(send, position, channel, context)


def add_sidechain_sends(routes: Iterable[etree._Element], context: ExportContext) -> None:
    """Adds the sends to sidechains to their source routes. Call it after all routes are made."""
    by_id = {route.get("id"): route for route in routes}
    for link in context.links:
        route = by_id[context.route_ids[link.source]]
        node = sidechain_send(link, context, context.next_sidechain_slot())
        (fader,) = route.findall("Processor[@type='amp']")
        fader.addprevious(node) if link.is_pre_fader else fader.addnext(node)
        for number, port in enumerate(link.ports, start=1):
            _connect(by_id.values(), port, f"{node.get('name')}/audio_send {number}")


def _connect(routes: Iterable[etree._Element], port: str, other: str) -> None:
    for route in routes:
        for found in route.iter("Port"):
            if found.get("name") == port:
                found.append(E.Connection(other=other))
