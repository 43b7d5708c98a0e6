"""MIDI clips as notes in seconds: the session's tempo map turns the file's beats into times."""

import math
from pathlib import Path

from dawbridge.midi_notes import read_notes
from dawbridge.session.automation import TempoMap
from dawbridge.session.model import MidiClip

# The rounding errors of beats and tempos in a long song are far smaller than this.
_ROUNDING_SAMPLES = 1e-3

Note = tuple[int, int, float, float]  # pitch, velocity, start_s, length_s


def clip_notes(clip: MidiClip, folder: Path, tempo: TempoMap) -> list[Note]:
    """The clip's notes in order of their start. Raises InputError for a file that is no MIDI, or counts no beats."""
    rows = read_notes(folder / clip.midi, clip.channel)
    begins = tempo.seconds([clip.start_beats + row.start_beats for row in rows])
    ends = tempo.seconds([clip.start_beats + row.start_beats + row.length_beats for row in rows])
    return [(row.pitch, row.velocity, float(begin), float(end - begin)) for row, begin, end in zip(rows, begins, ends)]


def on_samples(notes: list[Note], sample_rate: int, offset_samples: int, length_samples: int) -> tuple[Note, ...]:
    """The notes with starts and ends on whole samples, `offset_samples` later. Those after the end are left out.

    A note begins at the sample in which its start lies, as in Ardour, and lasts one sample at least. The host truncates
    times to samples, in 32-bit floats. A quarter of a sample is added to each start, so that no note ends after the
    next one has begun.
    """
    rows = []
    for pitch, velocity, start_s, length_s in notes:
        first, last = (_sample_of(end_s, sample_rate) + offset_samples for end_s in (start_s, start_s + length_s))
        if first < length_samples:
            held = max(min(last, length_samples) - first, 1)
            rows.append((pitch, velocity, (first + 0.25) / sample_rate, held / sample_rate))
    return tuple(rows)


def _sample_of(time_s: float, sample_rate: int) -> int:
    """The sample in which a time lies. A time that misses a sample by a rounding error counts as that sample."""
    return math.floor(time_s * sample_rate + _ROUNDING_SAMPLES)
