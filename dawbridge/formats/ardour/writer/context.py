"""What the writer of each part of a session must know: ids, names, states, and where losses go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from dawbridge.devices import DeviceSpec
from dawbridge.formats.ardour.writer.elements import Ids
from dawbridge.formats.ardour.writer.envelopes import Envelopes
from dawbridge.formats.ardour.writer.mute_solo import MuteSolo
from dawbridge.formats.loss import Losses
from dawbridge.session import Session
from dawbridge.session.model import Fader


@dataclass(frozen=True)
class DeviceSlot:
    """A device's place: its channel's name in the session, its position, and both in words."""

    channel: str
    position: int
    text: str


@dataclass(frozen=True)
class SidechainLink:
    """What steers a device: the port of the processor's own input, by channel (left, right), and the send there."""

    source: str
    is_pre_fader: bool
    gain_db: float
    ports: tuple[str, ...]


@dataclass
class ExportContext:
    """One session on its way out.

    names:     channel → its route's name; MASTER too
    route_ids: channel → its route's id
    states:    (channel, position) → preset
    missing:   plugins that the render left out, as it names them
    links:     what steers devices; filled as devices are written
    """

    session: Session
    names: dict[str, str]
    route_ids: dict[str, str]
    mute_solos: dict[str, MuteSolo]
    states: Mapping[tuple[str, int], bytes]
    losses: Losses
    ids: Ids
    envelopes: Envelopes
    missing: tuple[str, ...] = ()
    links: list[SidechainLink] = field(default_factory=list)
    slots: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def sample_rate(self) -> int:
        return self.session.sample_rate

    def slot(self, channel: str, position: int) -> int:
        """The number of a channel's send: each has one, and they tell the order that the session has them in."""
        before = 0
        for row in self.session.channels:
            if row.name == channel:
                return before + position + 1
            before += len(row.sends)
        raise KeyError(channel)

    def next_slot(self) -> int:
        """A number that no send to a bus has."""
        return sum(len(row.sends) for row in self.session.channels) + next(self.slots)

    def state(self, place: DeviceSlot) -> bytes | None:
        """The preset of a plugin as it ran."""
        return self.states.get((place.channel, place.position))

    def is_missing(self, spec: DeviceSpec, place: DeviceSlot) -> bool:
        """Whether the render had to do without the plugin."""
        owner = place.text.rpartition(" device ")[0] or place.text
        return f"{spec.label} on {owner}" in self.missing


def law(channel: Fader) -> int:
    """1 for a channel whose pan is a mono one's, else 2."""
    return channel.channels if getattr(channel, "instrument", None) is None and hasattr(channel, "channels") else 2
