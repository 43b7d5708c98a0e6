"""Reads Transport, TempoAutomation and TimeSignatureAutomation as the tempo map."""

from typing import Literal

from lxml import etree

from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.session import Tempo, TempoMap, TimeSignature
from dawbridge.session.automation import BPM

_LEAST_BEATS = 1e-4  # between two tempos: a jump at one beat becomes a ramp of this length
TempoShape = Literal["linear", "hold"]
_DENOMINATORS = (1, 2, 4, 8, 16, 32, 64)


def read_tempo(document: Document) -> TempoMap:
    """The project's tempo map; 120 beats per minute and 4/4 if it states none."""
    transport = document.root.find("Transport")
    return TempoMap(tempos=_tempos(document, transport), signatures=_signatures(document, transport))


def is_tempo(document: Document, points: etree._Element) -> bool:
    """Whether the automation `points` is of the tempo or the time signature."""
    target, transport = points.find("Target"), document.root.find("Transport")
    moved = None if target is None else document.by_id(target.get("parameter"))
    return moved is not None and transport is not None and moved.getparent() is transport


def _tempos(document: Document, transport: etree._Element | None) -> tuple[Tempo, ...]:
    fixed = None if transport is None else transport.find("Tempo")
    rows = _points(document, "TempoAutomation", "Tempo", "RealPoint")
    if not rows:
        return (Tempo(bpm=120.0 if fixed is None else _bpm(document, fixed)),)
    changes = [(time, _bpm(document, row), _shape(row)) for time, row in rows]
    beats = _in_beats(document, changes)
    tempos: list[Tempo] = []
    for beat, (_, bpm, shape) in zip(beats, changes):
        at = max(beat, 0.0) if not tempos else max(beat, tempos[-1].beat + _LEAST_BEATS)
        if not tempos and at > 0.0:
            tempos.append(Tempo(beat=0.0, bpm=bpm))
        tempos.append(Tempo(beat=at, bpm=bpm, shape=shape))
    return tuple(tempos)


def _signatures(document: Document, transport: etree._Element | None) -> tuple[TimeSignature, ...]:
    fixed = None if transport is None else transport.find("TimeSignature")
    points = _points(document, "TimeSignatureAutomation", "TimeSignature", "TimeSignaturePoint")
    rows: list[tuple[float, etree._Element | None]] = [*points]
    if not rows or rows[0][0] > 0.0:
        rows.insert(0, (0.0, fixed))
    found: dict[float, TimeSignature] = {}
    for time, row in rows:
        found[max(time, 0.0)] = TimeSignature(beat=max(time, 0.0), **_signature(document, row))
    return tuple(found.values())


def _signature(document: Document, row: etree._Element | None) -> dict:
    if row is None:
        return {}
    numerator, denominator = (document.whole(row, name, 1, 64) for name in ("numerator", "denominator"))
    if denominator not in _DENOMINATORS:
        raise document.fault(row, "denominator", "a power of two up to 64")
    return {"numerator": numerator, "denominator": denominator}


def _points(document: Document, element: str, parameter: str, tag: str) -> list[tuple[float, etree._Element]]:
    """(time, point), ascending, of the arrangement's automation, or of any lane whose target is the parameter."""
    arrangements = document.root.iterfind("Arrangement")
    found = [lane for row in arrangements if (lane := row.find(element)) is not None]
    for lane in document.root.iterfind("Arrangement//Points"):
        target = lane.find("Target")
        moved = None if target is None else document.by_id(target.get("parameter"))
        parent = None if moved is None else moved.getparent()
        if moved is not None and moved.tag == parameter and parent is not None and parent.tag == "Transport":
            found.append(lane)
    if len(found) > 1:
        document.losses.add("foreign.automation", f"{parameter} automation", "a second lane of it")
    rows = [(document.number(row, "time"), row) for lane in found[:1] for row in lane.iterfind(tag)]
    return sorted(rows, key=lambda row: row[0])


def _in_beats(document: Document, rows: list[tuple[float, float, TempoShape]]) -> list[float]:
    """The beats where the tempos begin: the times themselves, or counted up if the times are in seconds."""
    lane = document.root.find("Arrangement/TempoAutomation")
    if lane is None or lane.get("timeUnit") != "seconds":
        return [time for time, _, _ in rows]
    beats: list[float] = []
    before: tuple[float, float, TempoShape] | None = None
    for time, bpm, shape in rows:
        if before is None:
            beats.append(max(time, 0.0) * bpm / 60.0)
        else:
            mean = (before[1] + bpm) / 2 if before[2] == "linear" else before[1]
            beats.append(beats[-1] + (time - before[0]) * mean / 60.0)
        before = time, bpm, shape
    return beats


def _bpm(document: Document, row: etree._Element) -> float:
    bpm, (lowest, highest) = document.number(row, "value", 120.0), BPM
    if not lowest <= bpm <= highest:
        raise document.fault(row, "value", f"a tempo of {lowest:g}…{highest:g} beats a minute")
    return bpm


def _shape(row: etree._Element) -> TempoShape:
    return "linear" if row.get("interpolation") == "linear" else "hold"
