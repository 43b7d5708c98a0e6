"""MIDI clips become notes in seconds: each keeps its beats, and the session's tempo map plays them."""

from collections.abc import Iterator
from pathlib import Path

import mido

from dawbridge.errors import InputError
from dawbridge.session.automation import TempoMap
from dawbridge.session.model import MidiClip

Note = tuple[int, int, float, float]  # pitch, velocity, start_s, length_s


def clip_notes(clip: MidiClip, folder: Path, tempo: TempoMap) -> list[Note]:
    """The clip's notes in order of their start. Raises InputError for a file that is no MIDI, or counts no beats."""
    song = _read(folder / clip.midi)
    rows = []
    for begin, end, pitch, velocity in _beats(song, clip.channel):
        start_s = float(tempo.seconds(clip.start_beats + begin))
        rows.append((pitch, velocity, start_s, float(tempo.seconds(clip.start_beats + end)) - start_s))
    return sorted(rows, key=lambda note: (note[2], note[0]))


def _read(path: Path) -> mido.MidiFile:
    try:
        song = mido.MidiFile(path)
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
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
