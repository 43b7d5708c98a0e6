"""Automation: a parameter over time, and the tempo map, which says at what time a beat is.

A point's `shape` is the shape of the segment that begins there. Before the first point its value holds, after the
last one the last. Values are in the parameter's own unit, so a straight line of a fader is straight in decibels.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from dawbridge.curve import Curve, Shape
from dawbridge.session.frozen_model import FrozenModel
from dawbridge.units import Numeric

TimeUnit = Literal["s", "beats"]
BPM = (1.0, 1000.0)
# Seconds or beats, 30 years and more: a render's samples and a format's nanoseconds stay finite and exact enough.
LATEST_TIME = 1e9
LEAST_TEMPO_BEATS = 1e-9  # between two tempos: a change of tempo per beat stays finite
LARGEST_VALUE = 1e18  # of a point: differences, ratios and squares of values stay finite
LARGEST_RATIO = 1e150  # of the two ends of an exponential

Time = Annotated[float, Field(ge=0.0, le=LATEST_TIME)]


class Point(FrozenModel):
    """`value` at `time`, in the automation's unit of time."""

    time: Time
    value: Annotated[float, Field(ge=-LARGEST_VALUE, le=LARGEST_VALUE)]
    shape: Shape = Field(default="linear", description="of the segment from here to the next point")


class Automation(FrozenModel):
    """Points with ascending times. Two points may share a time: the value jumps there."""

    points: Annotated[tuple[Point, ...], Field(min_length=1)]
    unit: TimeUnit = "s"


class Tempo(FrozenModel):
    """`bpm` quarter notes a minute from `beat` on; "linear" runs evenly, per beat, to the next tempo."""

    beat: Time = 0.0
    bpm: Annotated[float, Field(ge=BPM[0], le=BPM[1])] = 120.0
    shape: Literal["hold", "linear"] = "hold"


class TimeSignature(FrozenModel):
    """`numerator` over `denominator` from `beat` (in quarter notes) on."""

    beat: Time = 0.0
    numerator: Annotated[int, Field(ge=1, le=64)] = 4
    denominator: Literal[1, 2, 4, 8, 16, 32, 64] = 4


class TempoMap(FrozenModel):
    """Tempos and time signatures, ascending, the first of each at beat 0. A beat is a quarter note."""

    tempos: Annotated[tuple[Tempo, ...], Field(min_length=1)] = (Tempo(),)
    signatures: Annotated[tuple[TimeSignature, ...], Field(min_length=1)] = (TimeSignature(),)

    def seconds(self, beats: Numeric) -> Numeric:
        """Where `beats` (a number or an array) lie, in seconds from the session's start."""
        beats = np.asarray(beats, dtype=np.float64)
        starts = np.array([tempo.beat for tempo in self.tempos])
        before = np.cumsum([0.0, *map(_span_s, self.tempos, self.tempos[1:])])
        row = np.maximum(np.searchsorted(starts, beats, side="right") - 1, 0)
        return before[row] + self._seconds_within(row, beats - starts[row])

    def _seconds_within(self, row: Numeric, beats: Numeric) -> Numeric:
        """Seconds from the start of tempo `row`: the integral of 60 / bpm over the beats."""
        bpm = np.array([tempo.bpm for tempo in self.tempos])[row]
        slope = np.array([*map(_slope, self.tempos, self.tempos[1:]), 0.0])[row]
        grown = slope * beats / bpm
        safe = np.where(np.abs(grown) > 1e-9, grown, 1.0)
        share = np.where(np.abs(grown) > 1e-9, np.log1p(safe) / safe, 1.0 - grown / 2)
        return 60.0 / bpm * beats * share

    def bpm_at(self, beats: np.ndarray) -> np.ndarray:
        """The tempo at `beats` (an array)."""
        starts = np.array([tempo.beat for tempo in self.tempos])
        row = np.maximum(np.searchsorted(starts, beats, side="right") - 1, 0)
        slopes = np.array([*map(_slope, self.tempos, self.tempos[1:]), 0.0])
        return np.array([tempo.bpm for tempo in self.tempos])[row] + slopes[row] * (beats - starts[row])


def _slope(tempo: Tempo, following: Tempo) -> float:
    """Change of the tempo per beat."""
    return (following.bpm - tempo.bpm) / (following.beat - tempo.beat) if tempo.shape == "linear" else 0.0


def _span_s(tempo: Tempo, following: Tempo) -> float:
    """How long a tempo lasts."""
    return float(TempoMap(tempos=(tempo, following))._seconds_within(0, following.beat - tempo.beat))


def curve_of(automation: Automation, tempo: TempoMap, sample_rate: int, offset_samples: int = 0) -> Curve:
    """`automation` in samples of `sample_rate`, each point at the nearest sample, `offset_samples` later."""
    times = np.array([point.time for point in automation.points], dtype=np.float64)
    seconds = tempo.seconds(times) if automation.unit == "beats" else times
    samples = np.rint(seconds * sample_rate) + offset_samples
    return Curve(
        tuple(samples.tolist()),
        tuple(point.value for point in automation.points),
        tuple(point.shape for point in automation.points),
    )
