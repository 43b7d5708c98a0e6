"""A route as a channel strip: stages that each fit into one channel of a session.

A session's channel has its devices first, then pre-fader sends, the fader, and post-fader sends. Ardour's processors
can have any order. Where a processor comes too late for its stage, the next stage begins, which becomes a bus of its
own. So the order of processing never changes.
"""

from dataclasses import dataclass, field

import numpy as np
from lxml import etree

from dawbridge.formats.ardour.reader.routes import Route
from dawbridge.formats.ardour.reader.stereo_gains import StereoGains, constant_gains
from dawbridge.session import Device

_AUDIBLE_GAIN = 1e-4


@dataclass(frozen=True)
class StripSend:
    """A send of a route.

    target: id of the route that it feeds; empty if it feeds ports
    ports:  output ports of a send to a sidechain or out of the computer
    """

    gains: StereoGains
    is_active: bool
    target: str = ""
    ports: tuple[etree._Element, ...] = ()


@dataclass
class Stage:
    """One stage; `devices`: (processor id, device); `fader`: the gains of fader and VCAs."""

    devices: list[tuple[str, Device]] = field(default_factory=list)
    pre_fader_sends: list[StripSend] = field(default_factory=list)
    fader: StereoGains = field(default_factory=lambda: constant_gains(1.0, 1.0))
    has_fader: bool = False
    post_fader_sends: list[StripSend] = field(default_factory=list)

    @property
    def sends(self) -> tuple[StripSend, ...]:
        """All sends, in order."""
        return (*self.pre_fader_sends, *self.post_fader_sends)


@dataclass
class ChannelStrip:
    """A route as stages.

    width:          channels of audio at its output
    pan:            gains of the output's panner, for stereo outputs
    trim:           linear gain at the input
    instrument:     (processor id, device) of a MIDI track
    is_let_through: whether other routes' solos let it sound; None if Ardour did not save that
    mute_points:    the points that its mute closes
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


def separate_pan(strip: ChannelStrip, pans: list[StereoGains]) -> None:
    """Adds a stage for the pan alone if a post-fader send carries what the pan silences.

    Ardour's post-fader sends leave before the pan, but a session's leave after it.
    """
    sends = [send for send in strip.stages[-1].post_fader_sends if send.target and send.is_active]
    for pan in pans:
        if any(_is_silenced(send.gains, pan) for send in sends):
            strip.stages.append(Stage())


def _is_silenced(send: StereoGains, pan: StereoGains) -> bool:
    """Whether the pan silences, at any time, a side on which the send is audible."""
    seconds = np.array([0.0, *send.times, *pan.times])
    pairs = zip(send.at(seconds), pan.at(seconds))
    return any(bool(np.any((wanted > _AUDIBLE_GAIN) & (left < _AUDIBLE_GAIN))) for wanted, left in pairs)
