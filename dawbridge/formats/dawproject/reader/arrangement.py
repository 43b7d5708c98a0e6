"""Arrangement: what a project's timelines hold, after all of them are laid out on one timeline."""

from dataclasses import dataclass, field

from lxml import etree

from dawbridge.formats.dawproject.clip_gain import ClipGain
from dawbridge.formats.dawproject.reader.points import ReadLane
from dawbridge.midi_notes import BeatNote


@dataclass(frozen=True)
class Piece:
    """A piece of an audio file, in seconds of the timeline. `file_start_s`: where the file's first sample would be."""

    audio: etree._Element
    file_start_s: float
    begin_s: float
    end_s: float
    gain: ClipGain
    where: str


@dataclass
class Arrangement:
    """Pieces and notes by their track's id (None for those outside of all tracks), automation by its parameter's id."""

    pieces: dict[str | None, list[Piece]] = field(default_factory=dict)
    notes: dict[str | None, list[BeatNote]] = field(default_factory=dict)
    lanes: dict[str, list[ReadLane]] = field(default_factory=dict)

    def lanes_of(self, parameter: etree._Element) -> list[ReadLane]:
        """The automation of a parameter's element."""
        identity = parameter.get("id")
        return [] if identity is None else self.lanes.get(identity, [])
