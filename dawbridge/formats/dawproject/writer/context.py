"""Draft: what the parts of a project share while it is written."""

from dataclasses import dataclass, field
from pathlib import Path

from dawbridge.formats.audio_files import AudioFiles
from dawbridge.formats.dawproject.writer.elements import Ids
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.formats.loss import Losses
from dawbridge.session import Rendered, Session
from dawbridge.session.model import MASTER
from dawbridge.session.rendered import INSTRUMENT


@dataclass(frozen=True)
class Lane:
    """Points of one parameter, by its identity; in `unit`, over seconds."""

    parameter: str
    unit: str
    points: list[EnvelopePoint]


@dataclass(frozen=True)
class Place:
    """Where a device stands: its channel's name, its position, and how a person is told."""

    channel: str
    position: int
    where: str

    @property
    def role(self) -> str:
        return "instrument" if self.position == INSTRUMENT else "audioFX"


@dataclass
class Draft:
    """sources: the folder where the session's paths start
    states:  a plugin state's name in the archive → its bytes
    lanes:   channel → the automation of what it has
    """

    session: Session
    rendered: Rendered
    audio: AudioFiles
    losses: Losses
    sources: Path
    ids: Ids = field(default_factory=Ids)
    states: dict[str, bytes] = field(default_factory=dict)
    lanes: dict[str, list[Lane]] = field(default_factory=dict)

    def track_id(self, name: str) -> str:
        """The identity of a channel's track."""
        return f"track{self._number(name)}"

    def channel_id(self, name: str) -> str:
        """The identity of a channel in the mixer."""
        return f"channel{self._number(name)}"

    def add_lane(self, channel: str, lane: Lane) -> None:
        self.lanes.setdefault(channel, []).append(lane)

    def add_state(self, stem: str, suffix: str, data: bytes) -> str:
        """A plugin's state; its name in the archive."""
        name = f"plugins/{len(self.states) + 1:03d}-{stem}{suffix}"
        self.states[name] = data
        return name

    def _number(self, name: str) -> int:
        if not hasattr(self, "_numbers"):
            self._numbers = {channel.name: n for n, channel in enumerate(self.session.channels, start=1)}
        return 0 if name == MASTER else self._numbers[name]
