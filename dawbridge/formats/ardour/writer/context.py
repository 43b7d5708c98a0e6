"""The export context: what the writers of all parts of one document share. Ids, names, plugin states, and losses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from dawbridge.devices import DeviceSpec
from dawbridge.formats.ardour.writer.elements import Ids
from dawbridge.formats.ardour.writer.envelopes import Envelopes
from dawbridge.formats.ardour.writer.mute_solo import MuteSoloState
from dawbridge.formats.loss import Losses
from dawbridge.session import Session, Track
from dawbridge.session.model import Fader


@dataclass(frozen=True)
class DeviceLocation:
    """Where a device is: its channel's name in the session, its position in the chain, and both in words."""

    channel: str
    position: int
    description: str


@dataclass(frozen=True)
class SidechainLink:
    """The sidechain of a device: its source channel, the send's settings, and the input ports (left, right)."""

    source: str
    is_pre_fader: bool
    gain_db: float
    ports: tuple[str, ...]


@dataclass
class ExportContext:
    """The export of one session.

    names:     channel → name of its route; MASTER included
    route_ids: channel → id of its route
    mute_solo: channel → its mute and solo in Ardour's terms
    states:    (channel, position) → preset file of the plugin
    missing:   plugins that the render left out, as it names them
    links:     sidechains; filled while devices are written
    """

    session: Session
    names: dict[str, str]
    route_ids: dict[str, str]
    mute_solo: dict[str, MuteSoloState]
    states: Mapping[tuple[str, int], bytes]
    losses: Losses
    ids: Ids
    envelopes: Envelopes
    missing: tuple[str, ...] = ()
    links: list[SidechainLink] = field(default_factory=list)
    sidechain_numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def sample_rate(self) -> int:
        return self.session.sample_rate

    def send_slot(self, channel: str, position: int) -> int:
        """The unique number (`bitslot`) of a channel's send, in the session's order. Raises KeyError."""
        before = 0
        for row in self.session.channels:
            if row.name == channel:
                return before + position + 1
            before += len(row.sends)
        raise KeyError(channel)

    def next_sidechain_slot(self) -> int:
        """A `bitslot` that no other send has."""
        return sum(len(row.sends) for row in self.session.channels) + next(self.sidechain_numbers)

    def state(self, location: DeviceLocation) -> bytes | None:
        """The preset file of a plugin, as captured by the render."""
        return self.states.get((location.channel, location.position))

    def is_missing(self, spec: DeviceSpec, location: DeviceLocation) -> bool:
        """Whether the plugin was not installed when the session was rendered."""
        owner = location.description.rpartition(" device ")[0] or location.description
        return f"{spec.label} on {owner}" in self.missing


def pan_channels(channel: Fader) -> int:
    """The channels of audio at the pan: 1 for a mono audio track, else 2."""
    return channel.channels if isinstance(channel, Track) and channel.instrument is None else 2
