"""Sends of a route: to buses, and to the sidechains of devices on other routes. Also the elements of a pan."""

from lxml import etree
from lxml.builder import E

from dawbridge.formats.ardour.terms import BALANCE
from dawbridge.formats.ardour.writer.context import ExportContext, SidechainLink, pan_channels
from dawbridge.formats.ardour.writer.elements import audio_port, automation, controllable, processor
from dawbridge.formats.ardour.writer.envelopes import ControlValue
from dawbridge.session.model import Channel, Send
from dawbridge.units import db_to_gain

_GAIN_FLAGS = "GainLike,InlineControl"


def aux_send(send: Send, position: int, channel: Channel, context: ExportContext) -> etree._Element:
    """A send to a bus. A post-fader send without a pan of its own is linked to the channel's pan."""
    is_linked = not send.is_pre_fader and send.pan_lr == 0.0 and "pan_lr" not in send.automation
    gain, azimuth = context.envelopes.send(send, channel, pan_channels(channel))
    node = processor(
        context.names[send.to], "intsend", context.ids, own_input="1", own_output="1", role="Aux",
        bitslot=str(context.send_slot(channel.name, position)),
        selfdestruct="0", target=context.route_ids[send.to], allow_feedback="0",
    )  # fmt: skip
    is_silent = position in context.mute_solo[channel.name].silent_sends
    node.set("active", str(int(not is_silent)))
    if isinstance(gain, list):
        what = f"how steeply its send to {send.to!r} moves"
        context.losses.add("send.automation", f"channel {channel.name!r}", what)
        node.append(E.Automation(automation("send", gain, context.ids)))
    node.append(panner_shell(is_linked))
    node.append(pannable(0.5 if is_linked else azimuth, context))
    node.append(controllable("gaincontrol", initial_value(gain), context.ids, _GAIN_FLAGS))
    return node


def sidechain_send(link: SidechainLink, context: ExportContext, slot: int) -> etree._Element:
    """A send to the sidechain of a device on another route. A post-fader send has the channel's pan."""
    name = f"send {slot}"
    node = processor(
        name, "send", context.ids, own_input="1", own_output="1", role="Send", bitslot=str(slot), selfdestruct="1"
    )
    io = E.IO({"name": name, "id": context.ids(), "direction": "Output", "default-type": "audio"})
    for number, port in enumerate((*link.ports, None)[:2], start=1):
        io.append(audio_port(f"{name}/audio_send {number}", [port] if port else []))
    node.append(io)
    node.append(panner_shell(not link.is_pre_fader))
    node.append(pannable(0.5, context))
    node.append(controllable("gaincontrol", float(db_to_gain(link.gain_db)), context.ids, _GAIN_FLAGS))
    return node


def panner_shell(is_linked: bool) -> etree._Element:
    """A balance panner; `is_linked`: whether it follows the route's own pan."""
    shell = {"bypassed": "0", "user-panner": BALANCE, "linked-to-route": str(int(is_linked))}
    return E.PannerShell(shell, E.Panner(uri=BALANCE, type="Stereo Balance"))


def pannable(azimuth: ControlValue, context: ExportContext) -> etree._Element:
    """The pan's control, with its automation if it moves; `azimuth` 0…1."""
    control = controllable("pan-azimuth", initial_value(azimuth), context.ids)
    node = E.Pannable(control, controllable("pan-width", 1.0, context.ids))
    if isinstance(azimuth, list):
        node.append(E.Automation(automation("pan-azimuth", azimuth, context.ids)))
    return node


def initial_value(value: ControlValue) -> float:
    """The value at the start."""
    return float(value[0][1] if isinstance(value, list) else value)
