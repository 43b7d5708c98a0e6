"""A chord chart drawn from a seed, as a text that MMA plays: AABA in phrases of four bars, over and over.

Chords are degrees of a scale, one or two a bar, the last bar of a phrase on the dominant. The same song and seed give
the same text; MMA's own chance (who plays a little early, or louder) hangs on the seed in the text.
"""

import math
from dataclasses import dataclass

import numpy as np

from dawbridge.seeds import random_stream

BEATS = 4  # of a bar, in every groove here
PHRASE_BARS, FORM = 4, "AABA"
ROOTS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
# Of a scale: semitones of its degrees, their triads and their seventh chords as MMA writes them, and its dominant.
MAJOR = ((0, 2, 4, 5, 7, 9), ("", "m", "m", "", "", "m"), ("M7", "m7", "m7", "M7", "7", "m7"), 4)
MINOR = ((0, 3, 5, 7, 8, 10), ("m", "", "m", "", "", ""), ("m7", "M7", "m7", "7", "M7", "7"), 3)
TWO_CHORDS_0TO1 = 0.25


@dataclass(frozen=True)
class Style:
    """groove: MMA's name. tempo_bpm: from, to. has_sevenths: its chords have four tones."""

    groove: str
    tempo_bpm: tuple[int, int]
    has_sevenths: bool


STYLES = {
    "rock": Style("BasicRockSus", (100, 140), False),  # distorted and clean guitars, bass, strings
    "soul": Style("DSoulSusPlus", (90, 115), True),  # electric piano, picked guitars, fretless bass, strings
    "trance": Style("Trance1", (120, 140), False),  # synth bass, pads, brass, a guitar
    "ska": Style("SkaSus", (110, 140), False),  # piano, saxophones, bass, a synth voice
    "fusion": Style("LFusionSus", (95, 125), True),  # electric piano, basses, strings, Latin percussion
}
SONGS = ("rock", "soul", "trance")  # those that are made unless others are asked for


def chart(name: str, seed: int, seconds: float) -> str:
    """The text of a song in the style `name` that lasts at least `seconds`."""
    style, rng = STYLES[name], random_stream(seed, f"chart of {name}")
    tempo = int(rng.integers(*style.tempo_bpm, endpoint=True))
    scale, root = (MAJOR, MINOR)[rng.integers(2)], int(rng.integers(len(ROOTS)))
    phrases = {letter: _phrase(rng, scale, root, style.has_sevenths) for letter in sorted(set(FORM))}
    bars = [bar for letter in FORM for bar in phrases[letter]]
    count = math.ceil(seconds * tempo / 60 / BEATS) + 1
    lines = [f"RndSeed {seed}", f"Tempo {tempo}", f"Groove {style.groove}"]
    return "\n".join([*lines, *(f"{number + 1} {bars[number % len(bars)]}" for number in range(count))]) + "\n"


def _phrase(rng: np.random.Generator, scale, root: int, has_sevenths: bool) -> list[str]:
    """Bars of one or two chords; MMA holds a chord over a beat that is written `/`."""
    steps, triads, sevenths, dominant = scale
    chords = [
        ROOTS[(root + step) % len(ROOTS)] + kind for step, kind in zip(steps, sevenths if has_sevenths else triads)
    ]
    bars = [chords[0]]
    for _ in range(PHRASE_BARS - 2):
        first, second = rng.choice(len(chords), 2, replace=False)
        bars.append(f"{chords[first]} / {chords[second]}" if rng.uniform() < TWO_CHORDS_0TO1 else chords[first])
    return [*bars, chords[dominant]]
