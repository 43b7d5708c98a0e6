"""MIDI clips become notes in seconds: each keeps its beats, and the session's tempo map plays them."""

from collections.abc import Iterator
from pathlib import Path

import mido

from dawbridge.errors import InputError
from dawbridge.files import check_is_file
from dawbridge.session.automation import TempoMap
from dawbridge.session.model import MidiClip

Note = tuple[int, int, float, float]  # pitch, velocity, start_s, length_s


def clip_notes(clip: MidiClip, folder: Path, tempo: TempoMap) -> list[Note]:
    """The clip's notes in order of their start. Raises InputError for a file that is no MIDI, or counts no beats."""
    rows = list(_beats(_read(folder / clip.midi), clip.channel))
    begins, ends = (tempo.seconds([clip.start_beats + row[side] for row in rows]) for side in (0, 1))
    notes = [
        (pitch, velocity, float(begin), float(end - begin))
        for (_, _, pitch, velocity), begin, end in zip(rows, begins, ends)
    ]
    return sorted(notes, key=lambda note: (note[2], note[0]))


def on_samples(notes: list[Note], sample_rate: int, offset_samples: int, length_samples: int) -> tuple[Note, ...]:
    """The notes from whole sample to whole sample, at least one long, `offset_samples` later; none after the end.

    The host cuts times off to samples: a quarter of one more keeps it from ending a note after the next has begun. It
    counts in 32 bits.
    """
    rows = []
    for pitch, velocity, start_s, length_s in notes:
        first = round(start_s * sample_rate) + offset_samples
        last = round((start_s + length_s) * sample_rate) + offset_samples
        if first < length_samples:
            held = max(min(last, length_samples) - first, 1)
            rows.append((pitch, velocity, (first + 0.25) / sample_rate, held / sample_rate))
    return tuple(rows)


def _read(path: Path) -> mido.MidiFile:
    check_is_file(path)
    try:
        song = mido.MidiFile(path)
    except (OSError, EOFError, ValueError, LookupError, mido.KeySignatureError) as error:
        raise InputError(f"{path}: no readable MIDI file ({error}); export it again") from None
    if song.ticks_per_beat <= 0 or song.ticks_per_beat >= 0x8000:
        raise InputError(f"{path}: counts film frames, not beats; export it with ticks per quarter note")
    return song


def _beats(song: mido.MidiFile, channel: int | None) -> Iterator[tuple[float, float, int, int]]:
    """(first beat, last beat, pitch, velocity) of each note; one that never ends sounds to its track's end."""
    for track in song.tracks:
        ticks, open_notes = 0, {}
        for message in track:
            ticks += message.time
            if message.type not in ("note_on", "note_off") or channel not in (None, message.channel + 1):
                continue
            key = message.channel, message.note
            if key in open_notes:
                begin, velocity = open_notes.pop(key)
                yield begin / song.ticks_per_beat, ticks / song.ticks_per_beat, message.note, velocity
            if message.type == "note_on" and message.velocity:
                open_notes[key] = ticks, message.velocity
        for (_, pitch), (begin, velocity) in open_notes.items():
            yield begin / song.ticks_per_beat, ticks / song.ticks_per_beat, pitch, velocity
