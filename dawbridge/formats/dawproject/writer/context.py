"""Export: what the parts of the writer share while they write one project."""

from dataclasses import dataclass, field
from functools import cached_property
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
    """The automation of one parameter, named by its id: (seconds, value in `unit`)."""

    parameter: str
    unit: str
    points: list[EnvelopePoint]


@dataclass(frozen=True)
class DeviceSlot:
    """Where a device is: its channel's name, its position in the chain, and `where` as losses say it."""

    channel: str
    position: int
    where: str

    @property
    def role(self) -> str:
        return "instrument" if self.position == INSTRUMENT else "audioFX"


@dataclass
class Export:
    """One export.

    sources: the folder where the session's paths start
    states:  a plugin state's name in the archive → its bytes
    lanes:   channel → the automation of its parameters
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
        """The id of a channel's Track element."""
        return f"track{self._numbers[name]}"

    def channel_id(self, name: str) -> str:
        """The id of a channel's Channel element."""
        return f"channel{self._numbers[name]}"

    def add_lane(self, channel: str, lane: Lane) -> None:
        self.lanes.setdefault(channel, []).append(lane)

    def add_state(self, stem: str, suffix: str, data: bytes) -> str:
        """Add a plugin's state; return its name in the archive."""
        name = f"plugins/{len(self.states) + 1:03d}-{stem}{suffix}"
        self.states[name] = data
        return name

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {channel.name: number for number, channel in enumerate(self.session.channels, start=1)} | {MASTER: 0}
