"""The plan of a render: a session's strips in their order, with devices and gains. `str(plan)` prints it."""

from dataclasses import dataclass

from dawbridge.curve import Curve
from dawbridge.render.farm.job import JobDevice
from dawbridge.render.graph.gain_path import GainPath
from dawbridge.render.graph.nodes import Node
from dawbridge.render.graph.sources import Source
from dawbridge.session.model import MASTER, Bus, Channel, Fader, Send
from dawbridge.units import format_value, gain_to_db


@dataclass(frozen=True)
class StripPlan:
    """One channel's strip.

    channel:   the track, bus or master
    name:      its name; the master's is "master"
    dry:       the node or source of the signal before its devices
    node:      the node of the signal after its devices, before the fader
    devices:   as they are hosted
    positions: where each of `devices` is in the channel's chain, from 0; bypassed ones are left out
    gains:     fader and pan
    is_heard:  False where it is muted, or others are soloed, so that its output is silent
    """

    channel: Fader
    name: str
    dry: Source | Node
    node: Node
    devices: tuple[JobDevice, ...]
    positions: tuple[int, ...]
    gains: GainPath
    is_heard: bool


@dataclass(frozen=True)
class Plan:
    """All strips of a session in the order of its channels, the master last. The master's signal is the mix.

    A strip's samples begin `pre_roll_samples` before the timeline, and end `tail_samples` after it.
    """

    sample_rate: int
    length_samples: int
    pre_roll_samples: int
    tail_samples: int
    strips: tuple[StripPlan, ...]
    nodes: dict[str, Node]
    bypassed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def master(self) -> StripPlan:
        return self.strips[-1]

    def __str__(self) -> str:
        """One line per strip, then the plugins that are missing."""
        seconds = self.length_samples / self.sample_rate
        size = f"{self.length_samples} samples at {self.sample_rate} Hz ({seconds:.2f} s)"
        ends = ((self.pre_roll_samples, "pre-roll"), (self.tail_samples, "tail"))
        more = [f"{count} samples of {what}" for count, what in ends if count]
        lines = [", ".join([f"{len(self.strips) - 1} strips", size, *more])]
        lines += [f"  {_strip_text(strip)}" for strip in self.strips if strip.name != MASTER or _is_busy(strip)]
        return "\n".join([*lines, *(f"  bypassed, missing here: {name}" for name in self.bypassed)])


def _is_busy(master: StripPlan) -> bool:
    return bool(master.devices) or not master.gains.is_identity


def _strip_text(strip: StripPlan) -> str:
    chain = " → ".join(_device_text(device) for device in strip.devices) or "no devices"
    kind = " (bus)" if isinstance(strip.channel, Bus) else ""
    text = f"{strip.name}{kind}: {chain} → channel ({_gains_text(strip)})"
    if not isinstance(strip.channel, Channel):
        return f"{text} → mix"
    sends = "".join(f", {_send_text(send)}" for send in strip.channel.sends)
    muted = ", muted" if strip.channel.is_muted else "" if strip.is_heard else ", not soloed"
    output = "mix" if strip.channel.output == MASTER else strip.channel.output
    return f"{text}{muted} → {output}{sends}"


def _device_text(device: JobDevice) -> str:
    moves = ["automated"] if device.curves else []
    moves += ["sidechain"] if device.sidechain is not None else []
    return f"{device.label} ({', '.join(moves)})" if moves else device.label


def _gains_text(strip: StripPlan) -> str:
    stage = strip.gains.stages[0]
    moving = [n for n, level in (("fader", stage.gain_db), ("pan", stage.pan_lr)) if isinstance(level, Curve)]
    if moving:
        return f"{' and '.join(moving)} automated"
    left, right = (format_value(gain_to_db(float(gain)), "dB") for gain in strip.gains.gains(0, 1)[:, 0])
    return f"left {left}, right {right}"


def _send_text(send: Send) -> str:
    level = "automated" if "gain_db" in send.automation else format_value(send.gain_db, "dB")
    kind = " before the fader" if send.is_pre_fader else ""
    return f"send {level}{kind}{', muted' if send.is_muted else ''} → {send.to}"
