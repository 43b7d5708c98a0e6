"""A playlist of MIDI regions as a track's MIDI clips.

A region plays the notes that begin within it, cut at its end. If that is a whole file, the file is copied; else a new
MIDI file is written.
"""

from dataclasses import dataclass, replace

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.numbers import is_on
from dawbridge.formats.ardour.reader.regions import length_and_position, source_ids
from dawbridge.formats.ardour.reader.sources import Source, SourceFiles
from dawbridge.formats.ardour.reader.time import Clock, beats_at
from dawbridge.formats.loss import Losses
from dawbridge.formats.media import Media
from dawbridge.midi_notes import BeatNote, other_events, read_notes
from dawbridge.session import MidiClip

_TOLERANCE_BEATS = 1e-4


@dataclass(frozen=True)
class MidiClipReader:
    """Reads playlists of one session."""

    sources: dict[str, Source]
    files: SourceFiles
    media: Media
    clock: Clock
    losses: Losses

    def clips(self, playlist: etree._Element, where: str) -> tuple[MidiClip, ...]:
        """The MIDI clips. Raises InputError for absurd positions."""
        rows = [row for row in playlist.iterfind("Region") if row.get("type") == "midi" and not is_on(row, "muted")]
        clips = [self._clip(row, f"{where} region {row.get('name', '')!r}") for row in rows]
        return tuple(sorted((clip for clip in clips if clip is not None), key=lambda clip: clip.start_beats))

    def _clip(self, row: etree._Element, where: str) -> MidiClip | None:
        start, offset, length = self._span(row, where)
        try:
            path = self.files.path_of(self._source(row))
            notes, others = read_notes(path), other_events(path)
        except InputError as error:
            self.losses.add("foreign.missing_audio", where, str(error))
            return None
        if others:
            self.losses.add("foreign.midi_events", where, f"its {', '.join(others)}")
        late = max(-start, 0.0)
        heard = [_cut(note, offset + length) for note in notes if _begins(note, offset + late, offset + length)]
        if not heard:
            return None
        if not late and offset < _TOLERANCE_BEATS and heard == notes:
            return MidiClip(midi=self.media.add_file(path), start_beats=start)
        moved = [replace(note, start_beats=max(note.start_beats - offset - late, 0.0)) for note in heard]
        return MidiClip(midi=self.media.add_notes(moved, path.stem), start_beats=max(start, 0.0))

    def _source(self, row: etree._Element) -> Source:
        found = [self.sources[source] for source in source_ids(row, "region") if source in self.sources]
        if not found or found[0].kind != "midi":
            raise InputError("its source is not there")
        return found[0]

    def _span(self, row: etree._Element, where: str) -> tuple[float, float, float]:
        """(start, offset in the file, length) in beats; the start counts from the start of the session's range."""
        length, position = length_and_position(row)
        begin = self.clock.beats(position, f"{where} position")
        if length.startswith("b"):
            count = self.clock.beats(length, f"{where} length")
        else:
            end_s = self.clock.seconds(position, where) + self.clock.seconds(length, f"{where} length")
            count = beats_at(self.clock.tempo, end_s) - begin
        offset = self.clock.beats(row.get("start", "b0"), f"{where} start")
        zero = beats_at(self.clock.tempo, self.clock.start_s)
        if not (abs(begin) < 1e7 and 0.0 <= offset < 1e7 and 0.0 <= count < 1e7):
            raise InputError(f"{where}: at beat {begin:g}, from {offset:g} on, {count:g} long; that is out of bounds")
        return begin - zero, offset, count


def _begins(note: BeatNote, first: float, last: float) -> bool:
    return first - _TOLERANCE_BEATS <= note.start_beats < last - _TOLERANCE_BEATS


def _cut(note: BeatNote, end: float) -> BeatNote:
    if note.start_beats + note.length_beats <= end + _TOLERANCE_BEATS:
        return note
    return replace(note, length_beats=max(end - note.start_beats, 0.0))
