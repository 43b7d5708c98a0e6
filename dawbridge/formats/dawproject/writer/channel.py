"""Writes a track, a bus or the master as a Track and a Channel of the Structure."""

from lxml import etree

from dawbridge.formats.balance import balance_envelope, fixed, gain_envelope, to_balance
from dawbridge.formats.dawproject.writer.context import DeviceSlot, Export, Lane
from dawbridge.formats.dawproject.writer.devices import write_device, write_trim
from dawbridge.formats.dawproject.writer.elements import boolean, real, set_facts, sub, xml_text
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.session import Automation, Bus, Master, Send, Track
from dawbridge.session.model import MASTER, Fader
from dawbridge.session.rendered import INSTRUMENT

_LOUDEST = 2.0  # the gain that DAWs' faders reach, written as the parameter's maximum; a louder one raises it


def write_track(parent: etree._Element, channel: Track | Bus, role: str, facts: dict, export: Export) -> etree._Element:
    """Append the channel as a Track, with `facts` for which the format has no element.

    Returns the Track: a group's members are written into it.
    """
    name, kind = channel.name, "notes" if isinstance(channel, Track) and channel.instrument else "audio"
    is_group = role == "submix"
    if xml_text(name) != name:
        facts = facts | {"name": name}
        export.losses.add("channel.name", _where(channel), f"the name {name!r}, written as {xml_text(name)!r}")
    if channel.is_inverted:
        facts = facts | {"is_inverted": True}
        export.losses.add("channel.is_inverted", _where(channel), "its inverted polarity")
    content = "tracks" if is_group else kind
    track = sub(parent, "Track", contentType=content, loaded=True, name=name, id=export.track_id(name))
    set_facts(track, facts)
    element = _channel(track, name, role, export, channel.output, channel.is_soloed)
    _write_devices(element, channel, export)
    boolean(element, "Mute", channel.is_muted, export.ids)
    moves = channel.automation
    pan_law = channel.channels if isinstance(channel, Track) and channel.instrument is None else 2
    _write_pan(element, name, channel, pan_law, export)
    if channel.sends:
        sends = sub(element, "Sends")
        for send in channel.sends:
            _write_send(sends, name, send, export)
    _write_volume(element, name, channel, channel.fader_db, moves.get("fader_db"), pan_law, export)
    return track


def write_master(parent: etree._Element, master: Master, export: Export) -> None:
    """Append the master as a Track of its own."""
    track = sub(parent, "Track", contentType="audio", loaded=True, name="Master", id=export.track_id(MASTER))
    element = _channel(track, MASTER, "master", export, None, False)
    _write_devices(element, master, export)
    _write_pan(element, MASTER, master, 2, export)
    _write_volume(element, MASTER, master, master.fader_db, master.automation.get("fader_db"), 2, export)


def _where(channel: Track | Bus) -> str:
    return f"{'track' if isinstance(channel, Track) else 'bus'} {channel.name!r}"


def _channel(
    track: etree._Element, name: str, role: str, export: Export, output: str | None, is_soloed: bool
) -> etree._Element:
    target = None if output is None else export.channel_id(output)
    row = {"audioChannels": 2, "destination": target, "role": role, "solo": is_soloed}
    return sub(track, "Channel", **row, id=export.channel_id(name))


def _write_devices(element: etree._Element, channel: Track | Bus | Master, export: Export) -> None:
    """The instrument, the trim, then the devices."""
    devices = sub(element, "Devices")
    name, where = (MASTER, MASTER) if isinstance(channel, Master) else (channel.name, _where(channel))
    if isinstance(channel, Track) and channel.instrument is not None:
        write_device(devices, channel.instrument, DeviceSlot(name, INSTRUMENT, f"{where} instrument"), export)
    if not isinstance(channel, Master) and channel.trim_db:
        write_trim(devices, channel.trim_db, export)
    for position, device in enumerate(channel.devices):
        slot = DeviceSlot(name, position, f"{where} device {position + 1} ({device.device})")
        write_device(devices, device, slot, export)


def _write_send(parent: etree._Element, name: str, send: Send, export: Export) -> None:
    kind = "pre" if send.is_pre_fader else "post"
    element = sub(parent, "Send", destination=export.channel_id(send.to), type=kind, id=export.ids.next())
    boolean(element, "Enable", not send.is_muted, export.ids)
    _write_pan(element, name, send, 2, export)
    _write_volume(element, name, send, send.gain_db, send.automation.get("gain_db"), 2, export)


def _write_pan(element: etree._Element, name: str, fader: Fader | Send, pan_law: int, export: Export) -> None:
    """A stereo balance as 0…1. `pan_law`: 1 for a mono file's, 2 for a stereo one's."""
    moves = fader.automation.get("pan_lr")
    position = (float(to_balance(0.0, fader.pan_lr, pan_law)[1]) + 1.0) / 2.0
    identity = real(element, "Pan", position, "normalized", export.ids, name="Pan", min=0.0, max=1.0)
    if moves is not None:
        points = [(time, (value + 1.0) / 2.0) for time, value in balance_envelope(moves, export.session.tempo, pan_law)]
        export.add_lane(name, Lane(identity, "normalized", points))


def _write_volume(
    element: etree._Element,
    name: str,
    fader: Fader | Send,
    level_db: float,
    moves: Automation | None,
    pan_law: int,
    export: Export,
) -> None:
    """A linear gain. It moves with the level, and for a mono file also with the pan."""
    pans, pan_lr = fader.automation.get("pan_lr"), fader.pan_lr
    gain = float(to_balance(level_db, pan_lr, pan_law)[0])
    points: list[EnvelopePoint] = []
    if moves is not None or (pans is not None and pan_law == 1):
        points = gain_envelope(moves or fixed(level_db), pans or fixed(pan_lr), export.session.tempo, pan_law)
    most = max(_LOUDEST, gain, *(value for _, value in points)) if points else max(_LOUDEST, gain)
    identity = real(element, "Volume", gain, "linear", export.ids, name="Volume", min=0.0, max=most)
    if points:
        export.add_lane(name, Lane(identity, "linear", points))
