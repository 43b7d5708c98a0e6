"""The score: a seed becomes a song of seven tracks as MIDI, in one key, arranged with pauses."""

import mido
import numpy as np

from dawbridge.datasets.midi_song import parts
from dawbridge.datasets.midi_song.harmony import Key, choose_chords, choose_key, pitches
from dawbridge.datasets.midi_song.notes import BEATS_PER_BAR, Note, midi_from
from dawbridge.errors import InputError

BARS = 8
BPM = 108.0
CLOSING_BEATS = 2.0
STRUM_BEATS = 0.08

# Track → (who plays it, where in the song: one mark per eighth of its bars).
TRACKS = {
    "kick": (parts.play_kick, ".xxxxx.x"),
    "snare": (parts.play_snare, "..xxxx.x"),
    "hats": (parts.play_hats, "x.xxxxxx"),
    "bass": (parts.play_bass, ".xxxxxxx"),
    "pad": (parts.play_pad, "xxxx.xxx"),
    "pluck": (parts.play_pluck, "xx.xxx.x"),
    "lead": (parts.play_lead, "...xxx.x"),
}
DRUMS = frozenset(("kick", "snare", "hats"))


def compose(seed: int, bars: int = BARS, bpm: float = BPM) -> mido.MidiFile:
    """The song of that seed: a conductor track, then the seven tracks of TRACKS in their order.

    `bars` bars of four beats (8 or more, so that every track gets to play) and a closing chord. The same
    arguments give the same file.
    """
    if bars < 8 or not 40 <= bpm <= 240:
        raise InputError(f"song of {bars} bars at {bpm:g} bpm: a song has 8 bars or more, at 40…240 bpm")
    generator = np.random.default_rng(seed)
    key = choose_key(generator)
    chords = choose_chords(key, bars, generator)
    figures = parts.choose_figures(generator)
    rows = [parts.Bar(n, n * BEATS_PER_BAR, chord, key, figures) for n, chord in enumerate(chords)]
    tracks = {
        name: [note for bar in rows if marks[bar.number * 8 // bars] == "x" for note in play(bar, player)]
        for (name, (play, marks)), player in zip(TRACKS.items(), generator.spawn(len(TRACKS)), strict=True)
    }
    for name, note in _closing_notes(key, bars * BEATS_PER_BAR):
        tracks[name].append(note)
    midi = midi_from(tracks, DRUMS, bpm, bars * BEATS_PER_BAR + CLOSING_BEATS)
    midi.tracks[0].insert(0, mido.MetaMessage("key_signature", key=key.name))
    return midi


def _closing_notes(key: Key, start_beats: float) -> list[tuple[str, Note]]:
    """Home to the tonic, all together; the pluck strums."""
    chord = key.chord(0)[:3]
    rows = [("kick", parts.KICK, 105), ("bass", pitches(chord[:1], *parts.BASS_RANGE)[0], 92)]
    rows += [("pad", pitch, 82) for pitch in pitches(chord, *parts.PAD_RANGE)]
    rows += [("lead", pitches(chord[:1], *parts.LEAD_RANGE)[0], 86)]
    notes = [(name, Note(pitch, velocity, start_beats, CLOSING_BEATS)) for name, pitch, velocity in rows]
    for place, pitch in enumerate(pitches(chord, *parts.PLUCK_RANGE)[:4]):
        late = STRUM_BEATS * place
        notes.append(("pluck", Note(pitch, 80, start_beats + late, CLOSING_BEATS - late)))
    return notes
