"""Beats and seconds: converts times of nested timelines to times of the arrangement."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from dawbridge.session import Tempo, TempoMap

BEATS, SECONDS = "beats", "seconds"


class TimeMap:
    """Beats ↔ seconds of a tempo map; before its start the first tempo holds."""

    def __init__(self, tempo: TempoMap):
        self.tempo = tempo
        beats = [row.beat for row in tempo.tempos]
        self._rows = list(zip(beats, [float(at) for at in tempo.seconds(beats)], (row.bpm for row in tempo.tempos)))
        self._slopes = [_slope(one, other) for one, other in pairwise(tempo.tempos)] + [0.0]
        self.is_steady = len(beats) == 1

    def seconds(self, beats: float) -> float:
        row = self._row(beats, 0)
        first, start_s, bpm = self._rows[row]
        passed, slope = beats - first, self._slopes[row]
        if passed <= 0 or slope == 0.0:
            return start_s + 60.0 * passed / bpm
        return start_s + 60.0 / slope * math.log1p(slope * passed / bpm)

    def beats(self, seconds: float) -> float:
        row = self._row(seconds, 1)
        first, start_s, bpm = self._rows[row]
        passed, slope = seconds - start_s, self._slopes[row]
        if passed <= 0 or slope == 0.0:
            return first + passed * bpm / 60.0
        return first + bpm / slope * math.expm1(slope * passed / 60.0)

    def changes(self, first: float, last: float) -> list[float]:
        """The beats between `first` and `last` at which a straight line over beats bends when drawn over seconds."""
        beats: list[float] = []
        for (beat, _, _), slope, following in zip(self._rows, self._slopes, [*self._rows[1:], (math.inf, 0, 0)]):
            begin, end = max(beat, first), min(following[0], last)
            if begin < end:
                pieces = 16 if slope else 1
                beats += [begin + (end - begin) * piece / pieces for piece in range(pieces)]
        return [beat for beat in beats if first < beat < last]

    def _row(self, value: float, column: int) -> int:
        return max(bisect_right(self._rows, value, key=lambda row: row[column]) - 1, 0)


def _slope(tempo: Tempo, following: Tempo) -> float:
    return (following.bpm - tempo.bpm) / (following.beat - tempo.beat) if tempo.shape == "linear" else 0.0


@dataclass(frozen=True)
class Frame:
    """The time of one timeline: its unit, and where its 0 is in the arrangement, in that unit."""

    map: TimeMap
    unit: str = BEATS
    origin: float = 0.0

    def seconds(self, time: float) -> float:
        return self.map.seconds(self.origin + time) if self.unit == BEATS else self.origin + time

    def beats(self, time: float) -> float:
        return self.origin + time if self.unit == BEATS else self.map.beats(self.origin + time)

    def within(self, unit: str | None) -> "Frame":
        """The same time in another unit, if one is given."""
        return self if unit in (None, self.unit) else self.anchored(unit, self.seconds(0.0), 0.0)

    def anchored(self, unit: str, seconds: float, time: float) -> "Frame":
        """The frame whose `time` is at `seconds` of the arrangement."""
        anchor = self.map.beats(seconds) if unit == BEATS else seconds
        return Frame(self.map, unit, anchor - time)
