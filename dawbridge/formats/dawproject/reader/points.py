"""Reads Points as an envelope in seconds of the arrangement."""

from dataclasses import dataclass

from lxml import etree

from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.formats.dawproject.reader.time_base import BEATS, Frame
from dawbridge.formats.envelope import EnvelopePoint

_FLAGS = {"true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}


@dataclass(frozen=True)
class ReadLane:
    """An envelope as a DAW drew it, in `unit`; "" if the project does not say it."""

    points: list[EnvelopePoint]
    unit: str
    where: str


def read_points(document: Document, element: etree._Element, frame: Frame) -> list[EnvelopePoint]:
    """(seconds, value), ascending, with straight lines between them. Where the value jumps, two have the same time."""
    rows = [_row(document, point) for point in element if str(point.tag).endswith("Point")]
    rows.sort(key=lambda row: row[0])
    points: list[EnvelopePoint] = []
    for number, (time, value, _) in enumerate(rows):
        if number and not rows[number - 1][2]:
            points.append((frame.seconds(time), rows[number - 1][1]))
        elif number:
            points += _bends(frame, rows[number - 1], (time, value))
        points.append((frame.seconds(time), value))
    return _distinct(points)


def from_zero(points: list[EnvelopePoint]) -> list[EnvelopePoint]:
    """The envelope from the arrangement's start on."""
    late = [point for point in points if point[0] >= 0.0]
    early = [point for point in points if point[0] < 0.0]
    if not early:
        return late
    (time, value), begin = early[-1], early[-1][1]
    if late:
        begin = value + (late[0][1] - value) * -time / (late[0][0] - time)
    return [(0.0, begin), *late]


def _row(document: Document, point: etree._Element) -> tuple[float, float, bool]:
    time = document.number(point, "time")
    flag = _FLAGS.get(point.get("value", "")) if point.tag == "BoolPoint" else None
    if flag is not None:
        return time, flag, False
    value = document.any_number(point, "value")
    return time, min(max(value, -1e12), 1e12), point.get("interpolation") == "linear"


def _bends(frame: Frame, before: tuple[float, float, bool], after: tuple[float, float]) -> list[EnvelopePoint]:
    """The points where the tempo bends a line over beats, seen over seconds."""
    if frame.unit != BEATS or frame.map.is_steady:
        return []
    (first, low, _), (last, high) = before, after
    beats = frame.map.changes(frame.origin + first, frame.origin + last)
    shares = [(beat - frame.origin - first) / (last - first) for beat in beats]
    return [(frame.map.seconds(beat), low + share * (high - low)) for beat, share in zip(beats, shares)]


def _distinct(points: list[EnvelopePoint]) -> list[EnvelopePoint]:
    return [point for number, point in enumerate(points) if number == 0 or point != points[number - 1]]
