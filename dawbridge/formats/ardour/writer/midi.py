"""MIDI clips as regions. Each gets a MIDI file of its notes, and starts at its beat."""

from pathlib import Path

from lxml import etree
from lxml.builder import E

from dawbridge.formats.ardour.terms import TICKS_PER_BEAT, beat_time
from dawbridge.formats.ardour.writer.elements import Ids
from dawbridge.midi_notes import read_notes, write_notes
from dawbridge.session import Track
from dawbridge.session.model import MidiClip


class MidiRegions:
    """Writes MIDI files into `folder`, adds them to the document's `sources` and `regions`, and makes playlist regions.

    paths_from: the folder that the paths of MIDI clips start from
    """

    def __init__(
        self, folder: Path, paths_from: Path, sources: etree._Element, regions: etree._Element, ids: Ids
    ) -> None:
        self._folder, self._paths_from, self._ids = folder, paths_from, ids
        self._sources, self._regions, self._count = sources, regions, 0

    def track_regions(self, track: Track) -> list[etree._Element]:
        """The regions of the track's MIDI clips. Raises InputError for a file that is not MIDI."""
        rows = [self._region(clip) for clip in track.midi_clips]
        return [row for row in rows if row is not None]

    def _region(self, clip: MidiClip) -> etree._Element | None:
        """The region of a clip; None if it has no notes."""
        notes = read_notes(self._paths_from / clip.midi, clip.channel)
        if not notes:
            return None
        self._count += 1
        name = f"notes-{self._count:02d}"
        self._folder.mkdir(parents=True, exist_ok=True)
        write_notes(notes, self._folder / f"{name}.mid")
        source_id = self._ids()
        self._sources.append(E.Source({
            "name": f"{name}.mid", "type": "midi", "flags": "", "id": source_id, "origin": "",
        }))  # fmt: skip
        # A little longer than the last note, so that rounding does not cut it off.
        end_beats = max(note.start_beats + note.length_beats for note in notes) + 0.25
        ticks = round(end_beats * TICKS_PER_BEAT)
        self._regions.append(self._element(name, source_id, ticks, 0.0, is_whole_file=True))
        return self._element(name, source_id, ticks, clip.start_beats, is_whole_file=False)

    def _element(self, name: str, source_id: str, ticks: int, beat: float, is_whole_file: bool) -> etree._Element:
        return E.Region({
            "name": name, "type": "midi", "id": self._ids(), "whole-file": str(int(is_whole_file)), "external": "0",
            "opaque": "0", "start": "b0", "length": f"b{ticks}@{beat_time(beat)}", "source-0": source_id,
            "master-source-0": source_id, "channels": "1",
        })  # fmt: skip
