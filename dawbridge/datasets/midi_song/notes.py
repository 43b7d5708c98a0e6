"""Notes, and the MIDI file that holds them: one MIDI track per instrument, in beats; read back in seconds."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass

import mido

from dawbridge.errors import InputError

TICKS_PER_BEAT = 480
BEATS_PER_BAR = 4
DRUM_CHANNEL = 9


@dataclass(frozen=True)
class Note:
    """One note in beats: `pitch` and `velocity` as MIDI counts them, 0…127."""

    pitch: int
    velocity: int
    start_beats: float
    length_beats: float


@dataclass(frozen=True)
class TimedNote:
    """One note in seconds from the start of the song."""

    pitch: int
    velocity: int
    start_s: float
    length_s: float


def midi_from(tracks: dict[str, list[Note]], drums: Collection[str], bpm: float, length_beats: float) -> mido.MidiFile:
    """A MIDI file of type 1: a conductor track that is `length_beats` long, then one track per name."""
    conductor = [
        mido.MetaMessage("time_signature", numerator=BEATS_PER_BAR, denominator=4),
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)),
        mido.MetaMessage("end_of_track", time=_ticks(length_beats)),
    ]
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, tracks=[mido.MidiTrack(conductor)])
    pitched = iter(channel for channel in range(16) if channel != DRUM_CHANNEL)
    for name, notes in tracks.items():
        midi.tracks.append(_track(name, notes, DRUM_CHANNEL if name in drums else next(pitched)))
    return midi


def _track(name: str, notes: list[Note], channel: int) -> mido.MidiTrack:
    events = []  # (tick, 0 for off and 1 for on, message): a note ends before the next of its pitch begins
    for note in notes:
        start, end = _ticks(note.start_beats), _ticks(note.start_beats + note.length_beats)
        row = dict(note=note.pitch, channel=channel)
        events.append((start, 1, mido.Message("note_on", velocity=note.velocity, **row)))
        events.append((end, 0, mido.Message("note_off", velocity=0, **row)))
    track, now = mido.MidiTrack([mido.MetaMessage("track_name", name=name)]), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track"))
    return track


def _ticks(beats: float) -> int:
    return round(beats * TICKS_PER_BEAT)


def timed_notes(midi: mido.MidiFile) -> dict[str, list[TimedNote]]:
    """Track name → its notes in the order they start; tracks without notes are left out."""
    seconds = _clock(midi)
    tracks = {}
    for number, track in enumerate(midi.tracks):
        notes = _notes_of(track, seconds)
        name = track.name or f"track {number}"
        if notes and name in tracks:
            raise InputError(f"MIDI file: two tracks named {name!r}; rename one")
        if notes:
            tracks[name] = notes
    return tracks


def _notes_of(track: mido.MidiTrack, seconds: Callable[[int], float]) -> list[TimedNote]:
    tick, notes = 0, []
    sounding: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for message in track:
        tick += message.time
        if message.type not in ("note_on", "note_off"):
            continue
        key = (message.channel, message.note)
        if message.type == "note_on" and message.velocity > 0:
            sounding[key].append((tick, message.velocity))
        elif sounding[key]:
            start, velocity = sounding[key].pop(0)
            start_s = seconds(start)
            notes.append(TimedNote(message.note, velocity, start_s, seconds(tick) - start_s))
    return sorted(notes, key=lambda note: (note.start_s, note.pitch))


def _clock(midi: mido.MidiFile) -> Callable[[int], float]:
    """Tick → seconds."""
    changes, tick, second, tempo = [(0, 0.0, 500_000)], 0, 0.0, 500_000
    for message in mido.merge_tracks(midi.tracks):
        tick += message.time
        second += mido.tick2second(message.time, midi.ticks_per_beat, tempo)
        if message.type == "set_tempo":
            tempo = message.tempo
            changes.append((tick, second, tempo))

    def seconds(tick: int) -> float:
        since, second, tempo = [change for change in changes if change[0] <= tick][-1]
        return second + mido.tick2second(tick - since, midi.ticks_per_beat, tempo)

    return seconds
