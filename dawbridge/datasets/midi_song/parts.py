"""The parts of the song: for each track a function (Bar, generator) → that bar's notes.

What one seed decides once for the whole song (a groove, a figure, a motif) is drawn by `choose_figures`; what
a player varies from bar to bar (velocity, timing) is drawn bar by bar.
"""

from dataclasses import dataclass

import numpy as np

from dawbridge.datasets.midi_song.harmony import Key, pitches
from dawbridge.datasets.midi_song.notes import Note

KICK, SNARE, CLAP, CLOSED_HAT, OPEN_HAT = 36, 38, 39, 42, 46
BASS_RANGE, PAD_RANGE, PLUCK_RANGE, LEAD_RANGE = (33, 56), (55, 66), (60, 83), (67, 86)

# Onsets within a bar, in beats.
KICK_GROOVES = ((0, 2), (0, 1.5, 2, 3.5), (0, 2, 2.5), (0, 1, 2, 3))
# (onset, length, index of the chord tone; 3 is the root an octave up)
BASS_GROOVES = (
    ((0, 0.75, 0), (1, 0.5, 0), (1.5, 0.5, 3), (2, 0.75, 0), (3, 0.5, 2), (3.5, 0.5, 0)),
    ((0, 1.5, 0), (1.5, 0.5, 0), (2.5, 1.0, 2), (3.5, 0.5, 3)),
    tuple((0.5 * eighth, 0.4, 3 if eighth == 7 else 0) for eighth in range(8)),
)
PLUCK_FIGURES = ((0, 1, 2, 3, 4, 3, 2, 1), (0, 2, 1, 3, 2, 4, 3, 1), (4, 3, 2, 1, 0, 1, 2, 3))
# (onset, length)
LEAD_RHYTHMS = (
    ((0, 1.5), (1.5, 0.5), (2, 1.75)),
    ((0.5, 0.5), (1, 1), (2, 0.5), (2.5, 1.25)),
    ((0, 0.75), (0.75, 0.75), (1.5, 0.5), (2, 1.5)),
)


@dataclass(frozen=True)
class Figures:
    """What stays the same through a song; `contour` is the lead's steps on the scale from note to note."""

    kick: tuple
    bass: tuple
    pluck: tuple
    lead: tuple
    contour: tuple[int, ...]


@dataclass(frozen=True)
class Bar:
    """One bar to play: its first beat, its chord (pitch classes, root first), the song's key and figures."""

    number: int
    start_beats: float
    chord: tuple[int, ...]
    key: Key
    figures: Figures


def choose_figures(generator: np.random.Generator) -> Figures:
    """One of each table, and a contour of small steps."""
    kick = KICK_GROOVES[generator.integers(len(KICK_GROOVES))]
    bass = BASS_GROOVES[generator.integers(len(BASS_GROOVES))]
    pluck = PLUCK_FIGURES[generator.integers(len(PLUCK_FIGURES))]
    lead = LEAD_RHYTHMS[generator.integers(len(LEAD_RHYTHMS))]
    steps = generator.choice((-2, -1, 1, 2), len(lead))
    return Figures(kick, bass, pluck, lead, contour=tuple(int(step) for step in steps))


def play_kick(bar: Bar, generator: np.random.Generator) -> list[Note]:
    """On the groove, dead on time: it is what the others are late or early to."""
    return [_note(bar, KICK, 105, beat, 0.25, generator, loose_beats=0.0) for beat in bar.figures.kick]


def play_snare(bar: Bar, generator: np.random.Generator) -> list[Note]:
    """Two and four, every other bar with a clap, and a ghost note now and then."""
    notes = [_note(bar, SNARE, 100, beat, 0.25, generator) for beat in (1, 3)]
    if bar.number % 2:
        notes.append(_note(bar, CLAP, 95, 3, 0.25, generator))
    if generator.random() < 0.5:
        notes.append(_note(bar, SNARE, 45, 3.75, 0.2, generator))
    return notes


def play_hats(bar: Bar, generator: np.random.Generator) -> list[Note]:
    """Eighths, weaker off the beat; the last one open."""
    beats = [0.5 * eighth for eighth in range(8)]
    rows = [(beat, OPEN_HAT if beat == 3.5 else CLOSED_HAT, 70 if beat % 1 else 92) for beat in beats]
    return [_note(bar, pitch, velocity, beat, 0.2, generator) for beat, pitch, velocity in rows]


def play_bass(bar: Bar, generator: np.random.Generator) -> list[Note]:
    """Roots, fifths and octaves."""
    root = pitches(bar.chord[:1], *BASS_RANGE)[0]
    tones = {0: root, 2: pitches(bar.chord[2:3], root, root + 11)[0], 3: root + 12}
    return [_note(bar, tones[tone], 92, beat, length, generator) for beat, length, tone in bar.figures.bass]


def play_pad(bar: Bar, generator: np.random.Generator) -> list[Note]:
    """The chord in close position; all chords lie in one octave, so that voices move by small steps."""
    return [_note(bar, pitch, 80, 0, 3.9, generator) for pitch in pitches(bar.chord, *PAD_RANGE)]


def play_pluck(bar: Bar, generator: np.random.Generator) -> list[Note]:
    """The figure in eighths over the chord's tones."""
    tones = pitches(bar.chord[:3], *PLUCK_RANGE)
    eighths = enumerate(bar.figures.pluck)
    return [_note(bar, tones[tone], 84, 0.5 * eighth, 0.5, generator) for eighth, tone in eighths]


def play_lead(bar: Bar, generator: np.random.Generator) -> list[Note]:
    """The motif, moved to the bar's chord: it begins and ends on the chord, and walks the scale between."""
    scale, tones = bar.key.scale(*LEAD_RANGE), pitches(bar.chord[:3], *LEAD_RANGE)
    place, notes = scale.index(tones[2]), []
    direction = -1 if bar.number % 4 == 3 else 1
    last = len(bar.figures.lead) - 1
    for number, ((beat, length), step) in enumerate(zip(bar.figures.lead, bar.figures.contour, strict=True)):
        pitch = scale[place]
        if number == last:
            pitch = min(tones, key=lambda tone: abs(tone - pitch))
        notes.append(_note(bar, pitch, 88, beat, length, generator))
        place = int(np.clip(place + direction * step, 0, len(scale) - 1))
    return notes


def _note(
    bar: Bar,
    pitch: int,
    velocity: float,
    beat: float,
    length_beats: float,
    generator: np.random.Generator,
    loose_beats: float = 0.012,
) -> Note:
    """A note as a person plays it: velocity and time a little off, never so far that it meets the next."""
    velocity = int(np.clip(round(generator.normal(velocity, 5)), 25, 118))
    late = float(np.clip(generator.normal(0, loose_beats), -0.015, 0.015))
    return Note(pitch, velocity, max(0.0, bar.start_beats + beat + late), 0.94 * length_beats)
