"""Reads MIDI items: their notes in beats from the item's start."""

from dataclasses import dataclass
from pathlib import Path

from dawbridge.errors import InputError
from dawbridge.formats.reaper.reader.context import ImportContext
from dawbridge.formats.reaper.reader.items import span_of
from dawbridge.formats.reaper.reader.tempo import beats_of
from dawbridge.formats.reaper.text import Block, number
from dawbridge.midi_notes import BeatNote, read_notes

_MOST_NOTES = 1_000_000
_ALL_NOTES_OFF = 123
_LONGEST_TICKS = 10**9
_LEAST_BEATS = 1 / 1920
_MESSAGES = {
    10: "aftertouch",
    11: "controllers",
    12: "programs",
    13: "pressure",
    14: "pitch bend",
    15: "system messages",
}


@dataclass(frozen=True)
class MidiSource:
    """The notes of a source, its length in beats, and the kinds of other events in it."""

    notes: tuple[BeatNote, ...]
    length_beats: float
    others: frozenset[str] = frozenset()


def is_midi(block: Block) -> bool:
    """Whether a `<SOURCE` holds MIDI."""
    return block.tokens[1:2] in (["MIDI"], ["MIDIPOOL"])


def read_midi_source(block: Block, context: ImportContext, pool: dict[str, Block], where: str) -> MidiSource:
    """The notes of a source: its own, those of the shared source in `pool`, or those of a file."""
    for row in block.all("POOLEDEVTS"):
        if row and not _events(block):
            block = pool.get(row[0], block)
    if file := block.first("FILE"):
        notes = tuple(read_notes(_midi_path(context.path.parent, file[0], where)))
        return MidiSource(notes, max([0.0, *(note.start_beats + note.length_beats for note in notes)]))
    ticks = number(block.first("HASDATA"), 1, 960, f"{where} HASDATA")
    if not 1 <= ticks <= 100_000:
        raise InputError(f"{where}: {ticks:g} ticks a quarter note, legal are 1…100000; save the project again")
    return _source(block, ticks, where)


def midi_pool_of(tracks: list[Block]) -> dict[str, Block]:
    """Id → MIDI source that several items share."""
    found: dict[str, Block] = {}
    for track in tracks:
        for item in track.blocks("ITEM"):
            for source in item.blocks("SOURCE"):
                for row in source.all("POOLEDEVTS"):
                    if row and _events(source):
                        found.setdefault(row[0], source)
    return found


def _midi_path(folder: Path, name: str, where: str) -> Path:
    path = folder / name.replace("\\", "/")
    if "\0" in name or not path.is_file():
        raise InputError(f"{where}: no MIDI file {name[:200]!r}; put it beside the project")
    return path


def _events(block: Block) -> list[list[str]]:
    """The events as rows: kind, distance in ticks, status, data."""
    rows = [line.split() for line in block.lines]
    return [row for row in rows if row[0] in ("E", "e", "Em", "em") and len(row) >= 4]


def _source(block: Block, ticks: float, where: str) -> MidiSource:
    now = 0
    notes: list[BeatNote] = []
    others: set[str] = set()
    open_notes: dict[tuple[int, int], tuple[int, int]] = {}

    def close(key: tuple[int, int]) -> None:
        begin, velocity = open_notes.pop(key)
        length = max((now - begin) / ticks, _LEAST_BEATS)
        notes.append(BeatNote(begin / ticks, key[1], length, velocity, key[0] + 1))

    for kind, distance, *data in _events(block):
        now = _later(now, distance, where)
        status, first, second = (*_bytes(data, where), 0)[:3]
        key, message = (status % 16, first), status // 16
        if message in (8, 9) and key in open_notes:
            close(key)
        if message == 9 and second and kind in ("E", "e"):
            open_notes[key] = now, second
        elif message not in (8, 9) and not (message == 11 and first == _ALL_NOTES_OFF):
            others.add(_message_name(message))
        elif kind in ("Em", "em"):
            others.add("muted notes")
    for key in list(open_notes):
        close(key)
    if block.blocks("X", "x"):
        others.add("system messages")
    return MidiSource(tuple(sorted(notes)), now / ticks, frozenset(others))


def _later(now: int, distance: str, where: str) -> int:
    later = now + int(number([distance], 0, 0, f"{where} MIDI"))
    if not now <= later <= _LONGEST_TICKS:
        raise InputError(f"{where}: a MIDI event {distance} ticks later; they go forward; save the project again")
    return later


def _bytes(data: list[str], where: str) -> tuple[int, int, int]:
    try:
        values = [int(row, 16) for row in data[:3]]
    except ValueError:
        raise InputError(f"{where}: {' '.join(data)[:40]!r} is no MIDI message; save the project again") from None
    values += [0] * (3 - len(values))
    if not 128 <= values[0] <= 255 or any(not 0 <= value < 128 for value in values[1:]):
        raise InputError(f"{where}: {' '.join(data)[:40]!r} is no MIDI message; save the project again")
    return values[0], values[1], values[2]


def _message_name(message: int) -> str:
    return _MESSAGES.get(message, "other events")


def played_notes(
    item: Block, take: Block, source: MidiSource, context: ImportContext, where: str
) -> tuple[float, list[BeatNote]]:
    """(beat where the item begins, its notes from there on), cut and repeated as the item does."""
    position_s, length_s = span_of(item, where)
    offset_s = number(take.first("SOFFS"), 0, 0.0, f"{where} SOFFS")
    start = beats_of(context.tempo, max(position_s, 0.0))
    length = beats_of(context.tempo, max(position_s, 0.0) + length_s) - start
    offset = max(beats_of(context.tempo, max(position_s + offset_s, 0.0)) - start, 0.0)
    is_looped = (item.first("LOOP") or ["0"])[0] != "0" and source.length_beats > 0
    notes: list[BeatNote] = []
    begin = -offset
    while begin < length and len(notes) < _MOST_NOTES:
        for note in source.notes:
            at = begin + note.start_beats
            if -1e-6 <= at < length - 1e-9:
                notes.append(BeatNote(max(at, 0.0), note.pitch, max(min(note.length_beats, length - at), _LEAST_BEATS),
                                      note.velocity, note.channel))  # fmt: skip
        if not is_looped or not source.notes:
            break
        begin += source.length_beats
    return start, notes
