"""What the parts of the writer share."""

from dataclasses import dataclass, field
from pathlib import Path

from dawbridge.formats.audio_files import AudioFiles
from dawbridge.formats.loss import Losses
from dawbridge.formats.reaper.writer.layout import Row
from dawbridge.formats.reaper.writer.sidechains import Sidechains
from dawbridge.session import Rendered, Session

AUDIO = "audio"
EFFECTS = "Effects/dawbridge"


@dataclass
class Export:
    """One export on its way.

    rows:      the channels as REAPER's tracks; a channel's `places` entry is its number among them
    names:     channel → the name of its track
    file_names: channel → the same for files, unlike any other's
    jsfx:      built-in devices whose text lies beside
    """

    session: Session
    rendered: Rendered
    path: Path
    sources: Path
    losses: Losses
    audio: AudioFiles
    rows: list[Row]
    names: dict[str, str]
    file_names: dict[str, str]
    sidechains: Sidechains
    jsfx: set[str] = field(default_factory=set)

    @property
    def places(self) -> dict[str, int]:
        return {row.channel.name: place for place, row in enumerate(self.rows)}

    def where(self, name: str) -> str:
        """A channel as losses name it."""
        kinds = {channel.name: "bus" for channel in self.session.buses}
        kinds |= {channel.name: "track" for channel in self.session.tracks}
        return f"{kinds[name]} {name!r}" if name in kinds else name
