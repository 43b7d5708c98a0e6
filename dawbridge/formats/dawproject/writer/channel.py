"""A track, a bus or the master → its Track and Channel in the Structure."""

from lxml import etree

from dawbridge.formats.balance import balance_envelope, fixed, gain_envelope, to_balance
from dawbridge.formats.dawproject.writer.context import Draft, Lane, Place
from dawbridge.formats.dawproject.writer.devices import write_device, write_trim
from dawbridge.formats.dawproject.writer.elements import boolean, real, set_facts, sub, xml_text
from dawbridge.session import Bus, Master, Send, Track
from dawbridge.session.model import MASTER
from dawbridge.session.rendered import INSTRUMENT

_LOUDEST = 2.0  # what DAWs' faders reach; a louder one says so


def write_track(parent: etree._Element, channel: Track | Bus, role: str, facts: dict, draft: Draft) -> etree._Element:
    """Append the channel as a Track; `facts` are what has no element. The Track, for members to stand in."""
    name, kind = channel.name, "notes" if isinstance(channel, Track) and channel.instrument else "audio"
    is_group = role == "submix"
    if xml_text(name) != name:
        facts = facts | {"name": name}
        draft.losses.add("channel.name", _where(channel), f"the name {name!r}, written as {xml_text(name)!r}")
    if channel.is_inverted:
        facts = facts | {"is_inverted": True}
        draft.losses.add("channel.is_inverted", _where(channel), "its inverted polarity")
    content = "tracks" if is_group else kind
    track = sub(parent, "Track", contentType=content, loaded=True, name=name, id=draft.track_id(name))
    set_facts(track, facts)
    element = _channel(track, name, role, draft, channel.output, channel.is_soloed)
    _write_devices(element, channel, draft)
    boolean(element, "Mute", channel.is_muted, draft.ids)
    law = channel.channels if isinstance(channel, Track) and channel.instrument is None else 2
    _write_pan(element, name, channel, law, draft)
    if channel.sends:
        sends = sub(element, "Sends")
        for send in channel.sends:
            _write_send(sends, name, send, draft)
    _write_volume(element, name, channel, "fader_db", law, draft)
    return track


def write_master(parent: etree._Element, master: Master, draft: Draft) -> None:
    """Append the master as a Track of its own."""
    track = sub(parent, "Track", contentType="audio", loaded=True, name="Master", id=draft.track_id(MASTER))
    element = _channel(track, MASTER, "master", draft, None, False)
    _write_devices(element, master, draft)
    _write_pan(element, MASTER, master, 2, draft)
    _write_volume(element, MASTER, master, "fader_db", 2, draft)


def _where(channel: Track | Bus) -> str:
    return f"{'track' if isinstance(channel, Track) else 'bus'} {channel.name!r}"


def _channel(track, name: str, role: str, draft: Draft, output: str | None, is_soloed: bool) -> etree._Element:
    target = None if output is None else draft.channel_id(output)
    row = {"audioChannels": 2, "destination": target, "role": role, "solo": is_soloed}
    return sub(track, "Channel", **row, id=draft.channel_id(name))


def _write_devices(element: etree._Element, channel, draft: Draft) -> None:
    """The instrument, the trim, then the devices."""
    is_master, devices = isinstance(channel, Master), sub(element, "Devices")
    name, where = (MASTER, MASTER) if is_master else (channel.name, _where(channel))
    if isinstance(channel, Track) and channel.instrument is not None:
        write_device(devices, channel.instrument, Place(name, INSTRUMENT, f"{where} instrument"), draft)
    if not is_master and channel.trim_db:
        write_trim(devices, channel.trim_db, draft)
    for position, device in enumerate(channel.devices):
        place = Place(name, position, f"{where} device {position + 1} ({device.device})")
        write_device(devices, device, place, draft)


def _write_send(parent: etree._Element, name: str, send: Send, draft: Draft) -> None:
    kind = "pre" if send.is_pre_fader else "post"
    element = sub(parent, "Send", destination=draft.channel_id(send.to), type=kind, id=draft.ids.next())
    boolean(element, "Enable", not send.is_muted, draft.ids)
    _write_pan(element, name, send, 2, draft)
    _write_volume(element, name, send, "gain_db", 2, draft)


def _write_pan(element: etree._Element, name: str, level, law: int, draft: Draft) -> None:
    """A stereo balance as 0…1; `law`: 1 for a mono file's pan."""
    moves = level.automation.get("pan_lr")
    place = (float(to_balance(0.0, level.pan_lr, law)[1]) + 1.0) / 2.0
    identity = real(element, "Pan", place, "normalized", draft.ids, name="Pan", min=0.0, max=1.0)
    if moves is not None:
        points = [(time, (value + 1.0) / 2.0) for time, value in balance_envelope(moves, draft.session.tempo, law)]
        draft.add_lane(name, Lane(identity, "normalized", points))


def _write_volume(element: etree._Element, name: str, level, level_name: str, law: int, draft: Draft) -> None:
    """A linear gain, which moves with the fader, and with the pan of a mono file."""
    moves, pans = level.automation.get(level_name), level.automation.get("pan_lr")
    level_db, pan_lr = getattr(level, level_name), level.pan_lr
    gain = float(to_balance(level_db, pan_lr, law)[0])
    points = []
    if moves is not None or (pans is not None and law == 1):
        points = gain_envelope(moves or fixed(level_db), pans or fixed(pan_lr), draft.session.tempo, law)
    most = max(_LOUDEST, gain, *(value for _, value in points)) if points else max(_LOUDEST, gain)
    identity = real(element, "Volume", gain, "linear", draft.ids, name="Volume", min=0.0, max=most)
    if points:
        draft.add_lane(name, Lane(identity, "linear", points))
