"""Export: what the parts of the writer share while they write one project."""

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
    """One export.

    sources:    the folder where the session's paths start
    rows:       the channels in the order of REAPER's tracks
    names:      channel → the name of its track
    file_names: channel → a file name that no other channel has
    jsfx:       built-in devices to be written as JSFX beside the project
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
    def track_indices(self) -> dict[str, int]:
        """Channel → the index of its track."""
        return {row.channel.name: index for index, row in enumerate(self.rows)}

    def where(self, name: str) -> str:
        """The channel as losses name it."""
        kinds = {channel.name: "bus" for channel in self.session.buses}
        kinds |= {channel.name: "track" for channel in self.session.tracks}
        return f"{kinds[name]} {name!r}" if name in kinds else name
