"""Reads a route's processors, in their order, into a channel strip."""

from lxml import etree

from dawbridge.formats.ardour.reader.automation import playing_list, read_lane
from dawbridge.formats.ardour.reader.channel_strip import ChannelStrip, Stage, StripSend
from dawbridge.formats.ardour.reader.numbers import control_value, controllable, is_on
from dawbridge.formats.ardour.reader.panner import read_panner
from dawbridge.formats.ardour.reader.plugins import is_instrument, is_plugin, read_device, width_after
from dawbridge.formats.ardour.reader.routes import Route
from dawbridge.formats.ardour.reader.stereo_gains import constant_gains, equal_gains
from dawbridge.formats.ardour.reader.strip_switches import read_switches
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.ardour.reader.vcas import Vcas
from dawbridge.formats.ardour.terms import POLARITY_NAME, TRIM_NAME
from dawbridge.formats.loss import Losses
from dawbridge.session import Device
from dawbridge.units import db_to_gain

# Types of processors that are read elsewhere, or that do not change the sound of a mix.
_IGNORED = {
    "diskwriter", "diskreader", "meter", "polarity", "trim", "intreturn", "return", "capture", "delay", "delayline",
    "listen", "monitor", "beatbox", "main-outs",
}  # fmt: skip


class ChannelStripReader:
    """Reads the routes of one session; `widths`: route id → channels of its input."""

    def __init__(self, widths: dict[str, int], vcas: Vcas, clock: Clock, losses: Losses) -> None:
        self.widths, self.vcas, self.clock, self.losses = widths, vcas, clock, losses

    def read(self, route: Route) -> ChannelStrip:
        """The route as a channel strip. Raises InputError for absurd numbers."""
        width = 0 if route.kind == "midi" else route.width
        strip = ChannelStrip(route, [Stage()], width, constant_gains(1.0, 1.0))
        read_switches(strip, self.vcas, self.losses)
        has_played = route.kind not in ("track", "midi")
        for node in route.processors:
            kind = node.get("type", "")
            has_played = has_played or kind == "diskreader"
            if is_plugin(node) and not has_played:
                self.losses.add("foreign.disk_position", route.label, f"plugin {node.get('name')!r} before its audio")
            else:
                self._add(node, kind, strip)
        shell = route.element.find("Processor[@type='main-outs']/PannerShell")
        widths = strip.width, len(route.outputs)
        strip.pan = read_panner(shell, _pannable(route), widths, self.clock, self.losses, route.label)
        return strip

    def _add(self, node: etree._Element, kind: str, strip: ChannelStrip) -> None:
        where, name = strip.route.label, node.get("name")
        if is_plugin(node):
            self._add_plugin(node, strip)
        elif kind == "amp":
            self._add_fader(node, strip)
        elif kind in ("intsend", "send"):
            self._add_send(node, kind, strip)
        elif kind == "triggerbox":
            if any(row.get("region") or row.find("Region") is not None for row in node.iter("Trigger")):
                self.losses.add("foreign.trigger", where, "the clips in its launcher")
        elif kind in ("port", "insert"):
            if is_on(node, "active", True):
                self.losses.add("foreign.external", where, f"the insert {name!r}")
        elif kind not in _IGNORED and is_on(node, "active", True):
            self.losses.add("foreign.processor", where, f"{name!r}, a processor of type {node.get('type')!r}")

    def _add_plugin(self, node: etree._Element, strip: ChannelStrip) -> None:
        where, name = strip.route.label, node.get("name")
        device = read_device(node, self.clock, self.losses, where)
        entry = node.get("id", ""), device
        if strip.route.kind == "midi" and strip.instrument is None:
            strip.width = width_after(node, 2 if is_instrument(node) else strip.width)
            if is_instrument(node) or strip.width:
                strip.instrument = entry
            else:
                self.losses.add("foreign.midi_effect", where, f"plugin {name!r}")
            return
        if _is_input_stand_in(node, device, strip):
            strip.trim *= db_to_gain(device.values.get("gain_db", 0.0))
            strip.is_inverted ^= device.device == "polarity"
            return
        strip.width = width_after(node, strip.width)
        stage = strip.stages[-1]
        if stage.has_fader or stage.pre_fader_sends:
            if stage.has_fader:
                self.losses.add("foreign.post_fader_plugin", where, f"plugin {name!r}")
            strip.stages.append(stage := Stage())
        stage.devices.append(entry)

    def _add_fader(self, node: etree._Element, strip: ChannelStrip) -> None:
        where, stage = strip.route.label, strip.stages[-1]
        value = control_value(node, "gaincontrol", where, 1.0)
        lane = read_lane(node, "gain", value, self.clock, where)
        stage.fader = equal_gains(lane) * self.vcas.gain(controllable(node, "gaincontrol"))
        stage.has_fader = True

    def _add_send(self, node: etree._Element, kind: str, strip: ChannelStrip) -> None:
        where = f"{strip.route.label} send {node.get('name')!r}"
        if control_value(node, "polarity-invert", where, 0.0) > 0.5:
            what = f"the polarity of send {node.get('name')!r}"
            self.losses.add("foreign.send_polarity", strip.route.label, what)
        name = "send" if playing_list(node, "send") is not None else "gain"
        value = control_value(node, "gaincontrol", where, 1.0)
        gain = equal_gains(read_lane(node, name, value, self.clock, where))
        shell = node.find("PannerShell")
        is_linked = shell is not None and is_on(shell, "linked-to-route", True)
        pannable = _pannable(strip.route) if is_linked else node.find("Pannable")
        target, ports = node.get("target", ""), tuple(node.iterfind("IO[@direction='Output']/Port"))
        widths = strip.width, self.widths.get(target, 2) if kind == "intsend" else len(ports)
        pan = read_panner(shell, pannable, widths, self.clock, self.losses, where)
        send = StripSend(gain * pan, is_on(node, "active", True), target if kind == "intsend" else "", ports)
        stage = strip.stages[-1]
        (stage.post_fader_sends if stage.has_fader else stage.pre_fader_sends).append(send)


def _pannable(route: Route) -> etree._Element | None:
    return route.element.find("Pannable")


def _is_input_stand_in(node: etree._Element, device: Device, strip: ChannelStrip) -> bool:
    """Whether our own writer made it to stand in for the trim or polarity of a MIDI track."""
    is_first = strip.instrument is not None and len(strip.stages) == 1 and not strip.stages[0].devices
    is_named = (node.get("name"), device.device) in ((TRIM_NAME, "gain"), (POLARITY_NAME, "polarity"))
    return is_first and is_named and not device.is_bypassed and not device.automation
