"""A route's processors in their order → stages, each what one channel of a session can do.

A channel's devices come first, then the sends before the fader, the fader, the sends after it. Ardour has them in any
order; where one comes too late for its stage the next stage begins, on a bus of its own. So nothing is moved.
"""

from dataclasses import dataclass, field

import numpy as np
from lxml import etree

from dawbridge.formats.ardour.reader.automation import playing_list, read_lane
from dawbridge.formats.ardour.reader.numbers import control_value, controllable, is_on
from dawbridge.formats.ardour.reader.panner import read_panner
from dawbridge.formats.ardour.reader.plugins import is_instrument, is_plugin, read_device, width_after
from dawbridge.formats.ardour.reader.routes import Route
from dawbridge.formats.ardour.reader.stereo_gains import StereoGains, fixed_gains, stereo_gains
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.ardour.reader.vcas import Vcas
from dawbridge.formats.ardour.terms import POLARITY_NAME, TRIM_NAME
from dawbridge.formats.loss import Losses
from dawbridge.session import Device
from dawbridge.units import db_to_gain

_HEARD = 1e-4
# What has no part in the sound of a mix.
_SILENT = {
    "diskwriter", "diskreader", "meter", "polarity", "trim", "intreturn", "return", "capture", "delay", "delayline",
    "listen", "monitor", "beatbox",
}  # fmt: skip


@dataclass(frozen=True)
class Tap:
    """A send. `target`: the route's id; `ports`: those of one that steers devices or leaves the computer."""

    sides: StereoGains
    is_active: bool
    target: str = ""
    ports: tuple[etree._Element, ...] = ()


@dataclass
class Stage:
    """Devices (with the processor's id), sends before the fader, the fader's and pan's gains, sends after it."""

    devices: list[tuple[str, Device]] = field(default_factory=list)
    before: list[Tap] = field(default_factory=list)
    fader: StereoGains = field(default_factory=lambda: fixed_gains(1.0, 1.0))
    has_fader: bool = False
    after: list[Tap] = field(default_factory=list)


@dataclass
class ChannelStrip:
    """A route as stages. `width`: channels of audio at its output; `pan`: the output's panner, for stereo outputs.

    is_let_through: whether another's solo lets it sound; None where Ardour did not note it
    """

    route: Route
    stages: list[Stage]
    width: int
    pan: StereoGains
    trim: float = 1.0
    is_inverted: bool = False
    instrument: tuple[str, Device] | None = None
    is_muted: bool = False
    is_soloed: bool = False
    is_let_through: bool | None = None
    is_isolated: bool = False
    mute_points: tuple[str, ...] = ()


def part_from_pan(strip: ChannelStrip, pans: list[StereoGains]) -> None:
    """A stage more, for the pan alone, where a send after the fader has what the pan silences: here it comes after."""
    taps = [tap for tap in strip.stages[-1].after if tap.target and tap.is_active]
    for pan in pans:
        if any(_needs_more(tap.sides, pan) for tap in taps):
            strip.stages.append(Stage())


def _needs_more(tap: StereoGains, pan: StereoGains) -> bool:
    seconds = np.array([0.0, *tap.times, *pan.times])
    pairs = zip(tap.at(seconds), pan.at(seconds))
    return any(bool(np.any((wanted > _HEARD) & (left < _HEARD))) for wanted, left in pairs)


def _is_own_input(node: etree._Element, device: Device, strip: ChannelStrip) -> bool:
    """Whether it is what our own writer makes of trim and polarity, which Ardour's MIDI tracks have not."""
    is_first = strip.instrument is not None and len(strip.stages) == 1 and not strip.stages[0].devices
    named = (node.get("name"), device.device) in ((TRIM_NAME, "gain"), (POLARITY_NAME, "polarity"))
    return is_first and named and not device.is_bypassed and not device.automation


class StrandReader:
    """Reads the routes of one session; `widths`: route id → channels of its input."""

    def __init__(self, widths: dict[str, int], vcas: Vcas, clock: Clock, losses: Losses):
        self.widths, self.vcas, self.clock, self.losses = widths, vcas, clock, losses

    def strip(self, route: Route) -> ChannelStrip:
        """The route as stages. Raises InputError for absurd numbers."""
        where = route.place
        strip = ChannelStrip(route, [Stage()], 0 if route.kind == "midi" else route.width, fixed_gains(1.0, 1.0))
        self._add_switches(strip, where)
        has_played = route.kind not in ("track", "midi")
        for node in route.processors:
            kind = node.get("type")
            has_played = has_played or kind == "diskreader"
            if is_plugin(node) and not has_played:
                self.losses.add("foreign.disk_position", route.place, f"plugin {node.get('name')!r} before its audio")
            else:
                self._add(node, kind, strip, where)
        shell = route.element.find("Processor[@type='main-outs']/PannerShell")
        widths = strip.width, len(route.outputs)
        strip.pan = read_panner(shell, self._pannable(route), widths, self.clock, self.losses, route.place)
        return strip

    def _pannable(self, route: Route) -> etree._Element | None:
        return route.element.find("Pannable")

    def _add(self, node: etree._Element, kind: str | None, strip: ChannelStrip, where: str) -> None:
        if is_plugin(node):
            self._add_plugin(node, strip, where)
        elif kind == "amp":
            self._add_fader(node, strip, where)
        elif kind in ("intsend", "send"):
            self._add_send(node, kind, strip, where)
        elif kind == "triggerbox":
            if any(row.get("region") or row.find("Region") is not None for row in node.iter("Trigger")):
                self.losses.add("foreign.trigger", strip.route.place, "the clips in its launcher")
        elif kind in ("port", "insert"):
            if is_on(node, "active", True):
                self.losses.add("foreign.external", strip.route.place, f"the insert {node.get('name')!r}")
        elif kind not in _SILENT and kind != "main-outs" and is_on(node, "active", True):
            self.losses.add(
                "foreign.processor", strip.route.place, f"{node.get('name')!r}, a processor of type {kind!r}"
            )

    def _add_plugin(self, node: etree._Element, strip: ChannelStrip, where: str) -> None:
        device = read_device(node, self.clock, self.losses, where)
        entry = node.get("id", ""), device
        if strip.route.kind == "midi" and strip.instrument is None:
            strip.width = width_after(node, 2 if is_instrument(node) else strip.width)
            if is_instrument(node) or strip.width:
                strip.instrument = entry
            else:
                self.losses.add("foreign.midi_effect", strip.route.place, f"plugin {node.get('name')!r}")
            return
        if _is_own_input(node, device, strip):
            strip.trim *= db_to_gain(device.values.get("gain_db", 0.0))
            strip.is_inverted ^= device.device == "polarity"
            return
        strip.width = width_after(node, strip.width)
        stage = strip.stages[-1]
        if stage.has_fader or stage.before:
            if stage.has_fader:
                self.losses.add("foreign.post_fader_plugin", strip.route.place, f"plugin {node.get('name')!r}")
            strip.stages.append(stage := Stage())
        stage.devices.append(entry)

    def _add_fader(self, node: etree._Element, strip: ChannelStrip, where: str) -> None:
        value = control_value(node, "gaincontrol", where, 1.0)
        lane = read_lane(node, "gain", value, self.clock, where)
        stage = strip.stages[-1]
        stage.fader = stereo_gains(lane) * self.vcas.gain(controllable(node, "gaincontrol"))
        stage.has_fader = True

    def _add_send(self, node: etree._Element, kind: str, strip: ChannelStrip, where: str) -> None:
        place = f"{where} send {node.get('name')!r}"
        if control_value(node, "polarity-invert", place, 0.0) > 0.5:
            self.losses.add("foreign.send_polarity", strip.route.place, f"the polarity of send {node.get('name')!r}")
        name = "send" if playing_list(node, "send") is not None else "gain"
        gain = stereo_gains(read_lane(node, name, control_value(node, "gaincontrol", place, 1.0), self.clock, place))
        shell = node.find("PannerShell")
        is_linked = shell is not None and is_on(shell, "linked-to-route", True)
        pannable = self._pannable(strip.route) if is_linked else node.find("Pannable")
        target, ports = node.get("target", ""), tuple(node.iterfind("IO[@direction='Output']/Port"))
        widths = strip.width, self.widths.get(target, 2) if kind == "intsend" else len(ports)
        pan = read_panner(shell, pannable, widths, self.clock, self.losses, place)
        tap = Tap(gain * pan, is_on(node, "active", True), target if kind == "intsend" else "", ports)
        stage = strip.stages[-1]
        (stage.after if stage.has_fader else stage.before).append(tap)

    def _add_switches(self, strip: ChannelStrip, where: str) -> None:
        """Mute, solo, polarity and trim."""
        route, element = strip.route, strip.route.element
        vcas = self.vcas.command(element)
        master = element.find("MuteMaster")
        strip.mute_points = () if master is None else tuple(master.get("mute-point", "").split(","))
        is_muted = master is not None and is_on(master, "muted")
        strip.is_muted = is_muted or vcas.is_muted or control_value(element, "mute", where, 0.0) > 0.5
        solo, isolated = controllable(element, "solo"), controllable(element, "solo-iso")
        strip.is_soloed = (solo is not None and is_on(solo, "self-solo", is_on(solo, "value"))) or vcas.is_soloed
        counts = [None if solo is None else solo.get(f"soloed-by-{side}stream") for side in ("up", "down")]
        strip.is_let_through = None if None in counts else counts != ["0", "0"]
        strip.is_isolated = isolated is not None and is_on(isolated, "solo-isolated", is_on(isolated, "value"))
        if not is_on(element, "active", True):
            self.losses.add("foreign.inactive", route.place, "that it is switched off")
            strip.is_muted, strip.mute_points = True, ("PreFader", "PostFader", "Main")
        if playing_list(element, "mute") is not None:
            self.losses.add("foreign.mute_automation", route.place, "the automation of its mute")
        self._add_input(strip, where)

    def _add_input(self, strip: ChannelStrip, where: str) -> None:
        """Polarity and trim. Where the sides' polarity differs that of the first counts."""
        route = strip.route
        phase = controllable(route.element, "phase")
        bits = "" if phase is None else phase.get("phase-invert", "")[: max(route.width, 1)]
        if len(set(bits)) > 1:
            self.losses.add("foreign.mixed_polarity", route.place, "that one side alone is inverted")
        has_polarity = route.element.find("Processor[@type='polarity']") is not None
        strip.is_inverted = has_polarity and bits[:1] == "1"
        trim = route.element.find("Processor[@type='trim']")
        if trim is not None and is_on(trim, "active", True):
            strip.trim = control_value(trim, "trimcontrol", where, 1.0)
            if playing_list(trim, "trim") is not None:
                self.losses.add("foreign.trim_automation", route.place, "the automation of its trim")
