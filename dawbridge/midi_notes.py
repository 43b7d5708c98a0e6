"""Notes in beats, out of standard MIDI files and into them."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import mido

from dawbridge.errors import InputError
from dawbridge.files import check_is_file

TICKS_PER_BEAT = 960


@dataclass(frozen=True, order=True)
class BeatNote:
    """One note: `pitch` and `velocity` as MIDI counts them, 0…127; `channel` 1…16. A beat is a quarter note."""

    start_beats: float
    pitch: int
    length_beats: float
    velocity: int
    channel: int = 1


def read_notes(path: Path, channel: int | None = None) -> list[BeatNote]:
    """The file's notes in order of their start, of one channel or all. One that never ends sounds to its track's end.

    Raises InputError for a file that is no MIDI, or counts no beats.
    """
    song = _read(path)
    notes = [note for track in song.tracks for note in _notes(track, song.ticks_per_beat)]
    return sorted(note for note in notes if channel in (None, note.channel))


def write_notes(notes: Iterable[BeatNote], path: Path) -> None:
    """A MIDI file of one track, without a tempo: its notes at their beats, to 1/960 of one."""
    events = []  # (tick, 0 for off and 1 for on, message): a note ends before the next of its pitch begins
    for note in notes:
        first, last = _ticks(note.start_beats), _ticks(note.start_beats + note.length_beats)
        row = {"note": note.pitch, "channel": note.channel - 1}
        events.append((first, 1, mido.Message("note_on", velocity=note.velocity, **row)))
        events.append((max(last, first + 1), 0, mido.Message("note_off", velocity=0, **row)))
    track, now = mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track]).save(path)


def other_events(path: Path, channel: int | None = None) -> list[str]:
    """What else of the file sounds: its kinds of messages other than notes, sorted."""
    messages = (message for track in _read(path).tracks for message in track)
    kinds = {m.type for m in messages if hasattr(m, "channel") and channel in (None, m.channel + 1)}
    return sorted(kinds - {"note_on", "note_off"})


def _ticks(beats: float) -> int:
    return round(beats * TICKS_PER_BEAT)


def _read(path: Path) -> mido.MidiFile:
    check_is_file(path)
    if not os.path.exists(path):
        raise InputError(f"{path}: cannot be read (No such file or directory); check the path")
    try:
        song = mido.MidiFile(path)
    except (OSError, EOFError, ValueError, LookupError, mido.KeySignatureError) as error:
        reason = str(error) or "it is cut off"
        raise InputError(f"{path}: no readable MIDI file ({reason}); export it again") from None
    if song.ticks_per_beat <= 0 or song.ticks_per_beat >= 0x8000:
        raise InputError(f"{path}: counts film frames, not beats; export it with ticks per quarter note")
    return song


def _notes(track: mido.MidiTrack, ticks_per_beat: int) -> Iterator[BeatNote]:
    """A note that begins again before it has ended ends there."""
    ticks = 0
    open_notes: dict[tuple[int, int], tuple[int, int]] = {}  # (channel, note) → (tick, velocity)

    def ended(key: tuple[int, int], begin: int, velocity: int) -> BeatNote:
        return BeatNote(begin / ticks_per_beat, key[1], (ticks - begin) / ticks_per_beat, velocity, key[0] + 1)

    for message in track:
        ticks += message.time
        if message.type not in ("note_on", "note_off"):
            continue
        key = message.channel, message.note
        if key in open_notes:
            yield ended(key, *open_notes.pop(key))
        if message.type == "note_on" and message.velocity:
            open_notes[key] = ticks, message.velocity
    for key, opened in open_notes.items():
        yield ended(key, *opened)
