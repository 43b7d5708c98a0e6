"""ImportContext: what the parts of the reader share while they read one project."""

import re
from dataclasses import dataclass
from pathlib import Path

from dawbridge.formats.loss import Losses
from dawbridge.formats.media import Media
from dawbridge.formats.reaper.notes import Notes
from dawbridge.formats.reaper.text import Block, number
from dawbridge.session import TempoMap

_LEAST_LAW, _MOST_LAW = 0.05, 4.0
BALANCE, CLASSIC = 3, 0


@dataclass
class ImportContext:
    """One import. `where` names the file in errors; `notes` is what dawbridge wrote into the project's notes."""

    project: Block
    path: Path
    media: Media
    losses: Losses
    where: str
    sample_rate: int
    tempo: TempoMap
    notes: Notes

    @property
    def pan_law(self) -> float:
        """The gain of the project's pan law at the centre."""
        law = number(self.project.first("PANLAW"), 0, 1.0, f"{self.where}: PANLAW")
        return law if _LEAST_LAW <= law <= _MOST_LAW else 1.0

    @property
    def pan_mode(self) -> int:
        """The project's pan mode, as REAPER numbers them."""
        return int(number(self.project.first("PANMODE"), 0, BALANCE, f"{self.where}: PANMODE"))

    def samples(self, seconds: float) -> int:
        """Seconds as samples, rounded."""
        return round(seconds * self.sample_rate)


def is_line(line: str, name: str) -> bool:
    """Whether a line begins with that word."""
    return re.match(rf"{name}(\s|$)", line) is not None
