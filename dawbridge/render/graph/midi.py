"""MIDI clips become notes in seconds: each keeps its beats, and the session's tempo map plays them."""

import math
from pathlib import Path

from dawbridge.midi_notes import read_notes
from dawbridge.session.automation import TempoMap
from dawbridge.session.model import MidiClip

# Beats and tempos of a long song add up to far less.
_ARITHMETIC_SAMPLES = 1e-3

Note = tuple[int, int, float, float]  # pitch, velocity, start_s, length_s


def clip_notes(clip: MidiClip, folder: Path, tempo: TempoMap) -> list[Note]:
    """The clip's notes in order of their start. Raises InputError for a file that is no MIDI, or counts no beats."""
    rows = read_notes(folder / clip.midi, clip.channel)
    begins = tempo.seconds([clip.start_beats + row.start_beats for row in rows])
    ends = tempo.seconds([clip.start_beats + row.start_beats + row.length_beats for row in rows])
    return [(row.pitch, row.velocity, float(begin), float(end - begin)) for row, begin, end in zip(rows, begins, ends)]


def on_samples(notes: list[Note], sample_rate: int, offset_samples: int, length_samples: int) -> tuple[Note, ...]:
    """The notes from whole sample to whole sample, at least one long, `offset_samples` later; none after the end.

    A note sounds with the sample in which it begins, as in Ardour. The host cuts times off to samples: a quarter of one
    more keeps it from ending a note after the next has begun. It counts in 32 bits.
    """
    rows = []
    for pitch, velocity, start_s, length_s in notes:
        first, last = (_sample_of(end_s, sample_rate) + offset_samples for end_s in (start_s, start_s + length_s))
        if first < length_samples:
            held = max(min(last, length_samples) - first, 1)
            rows.append((pitch, velocity, (first + 0.25) / sample_rate, held / sample_rate))
    return tuple(rows)


def _sample_of(time_s: float, sample_rate: int) -> int:
    """The sample in which a time lies; one that lies at a sample, but for its arithmetic, is at it."""
    return math.floor(time_s * sample_rate + _ARITHMETIC_SAMPLES)
