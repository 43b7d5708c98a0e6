"""Keys, chord progressions and the notes of a chord near a given height."""

from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
TONICS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9}

# Scale degrees from 0, one chord a bar. Each row wants to go home to the tonic when it ends.
PROGRESSIONS = {
    "major": ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 2, 3, 4)),
    "minor": ((0, 5, 2, 6), (0, 3, 5, 6), (0, 6, 5, 6), (5, 6, 0, 4)),
}


@dataclass(frozen=True)
class Key:
    """A key: `tonic` is a name in TONICS, `mode` one in SCALES."""

    tonic: str
    mode: str

    @property
    def name(self) -> str:
        """As MIDI writes it: `A` is A major, `Am` A minor."""
        return self.tonic + ("m" if self.mode == "minor" else "")

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """The seven pitch classes of the key, 0…11, from the tonic up."""
        return tuple((TONICS[self.tonic] + step) % 12 for step in SCALES[self.mode])

    def chord(self, degree: int) -> tuple[int, ...]:
        """Pitch classes of the chord on that degree: root, third, fifth, and the seventh if it is minor."""
        root, third, fifth, seventh = (self.pitch_classes[(degree + step) % 7] for step in (0, 2, 4, 6))
        return (root, third, fifth, seventh) if (seventh - root) % 12 == 10 else (root, third, fifth)

    def scale(self, low: int, high: int) -> list[int]:
        """The MIDI notes of the key in low…high, ascending."""
        return pitches(self.pitch_classes, low, high)


def pitches(pitch_classes: tuple[int, ...], low: int, high: int) -> list[int]:
    """The MIDI notes of these pitch classes in low…high, ascending."""
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in pitch_classes]


def choose_key(generator: np.random.Generator) -> Key:
    """Any key of the table."""
    mode = str(generator.choice(list(SCALES)))
    return Key(str(generator.choice(list(TONICS))), mode)


def choose_chords(key: Key, bars: int, generator: np.random.Generator) -> list[tuple[int, ...]]:
    """One chord a bar, as pitch classes, root first."""
    progression = PROGRESSIONS[key.mode][generator.integers(len(PROGRESSIONS[key.mode]))]
    return [key.chord(degree) for degree in islice(cycle(progression), bars)]
