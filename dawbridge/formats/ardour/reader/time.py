"""Ardour's positions as seconds, samples and beats.

Ardour 7 writes `a<superclocks>` (audio time) or `b<ticks>` (1920 to a quarter note), and a length as
`<length>@<position>`; Ardour 6 writes samples as bare numbers.
"""

from dataclasses import dataclass, field

import numpy as np

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.numbers import parse_integer, parse_number
from dawbridge.formats.ardour.terms import SUPERCLOCKS_PER_SECOND, TICKS_PER_BEAT
from dawbridge.session import TempoMap
from dawbridge.session.model import LONGEST_SAMPLES


@dataclass(frozen=True)
class Clock:
    """Converts positions, which count from the session's own zero.

    rate:          sample rate
    superclocks:   per second
    start_samples: where the session's range begins, which is what sounds
    """

    rate: int
    superclocks: int = SUPERCLOCKS_PER_SECOND
    tempo: TempoMap = field(default_factory=TempoMap)
    start_samples: int = 0

    @property
    def start_s(self) -> float:
        """Where the session's range begins, in seconds."""
        return self.start_samples / self.rate

    def samples(self, text: str | None, where: str) -> int:
        """The position, rounded to samples. Raises InputError."""
        domain, count = self._parsed(text, where)
        if domain == "a":
            return self._within((2 * count * self.rate + self.superclocks) // (2 * self.superclocks), text, where)
        if domain == "b":
            return self._within(round(float(self.tempo.seconds(count / TICKS_PER_BEAT)) * self.rate), text, where)
        return self._within(count, text, where)

    def seconds(self, text: str | None, where: str) -> float:
        """The position in seconds. Raises InputError."""
        domain, count = self._parsed(text, where)
        if domain == "a":
            return count / self.superclocks
        return float(self.tempo.seconds(count / TICKS_PER_BEAT)) if domain == "b" else count / self.rate

    def beats(self, text: str | None, where: str) -> float:
        """The position in quarter notes. Raises InputError."""
        domain, count = self._parsed(text, where)
        if domain == "b":
            return count / TICKS_PER_BEAT
        return beats_at(self.tempo, self.seconds(text, where))

    def _parsed(self, text: str | None, where: str) -> tuple[str, int]:
        text = (text or "").strip()
        if text[:1] in ("a", "b"):
            return text[0], parse_integer(text[1:], where)
        return "", round(parse_number(text, where, most=2.0**53))

    def _within(self, samples: int, text: str | None, where: str) -> int:
        if abs(samples) > LONGEST_SAMPLES:
            raise InputError(f"{where}={text} is sample {samples}; a session has at most {LONGEST_SAMPLES}")
        return samples


def beats_at(tempo: TempoMap, seconds: float) -> float:
    """The position in quarter notes of a time in seconds: the inverse of `TempoMap.seconds`."""
    starts = [float(tempo.seconds(row.beat)) for row in tempo.tempos]
    row = max(int(np.searchsorted(starts, seconds, side="right")) - 1, 0)
    here, after = tempo.tempos[row], tempo.tempos[row + 1 : row + 2]
    passed = seconds - starts[row]
    slope = (after[0].bpm - here.bpm) / (after[0].beat - here.beat) if after and here.shape == "linear" else 0.0
    if abs(slope) < 1e-9:
        return here.beat + passed * here.bpm / 60.0
    return here.beat + here.bpm / slope * float(np.expm1(slope * passed / 60.0))
