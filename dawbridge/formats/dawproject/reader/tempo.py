"""Transport, TempoAutomation and TimeSignatureAutomation → the tempo map."""

from lxml import etree

from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.session import Tempo, TempoMap, TimeSignature
from dawbridge.session.automation import BPM

_LEAST_BEATS = 1e-4  # between two tempos: what jumps at one beat jumps there
_DENOMINATORS = (1, 2, 4, 8, 16, 32, 64)


def read_tempo(document: Document) -> TempoMap:
    """The project's tempo map: 120 beats a minute and 4/4 where it tells none."""
    transport = document.root.find("Transport")
    return TempoMap(tempos=_tempos(document, transport), signatures=_signatures(document, transport))


def is_tempo(document: Document, points: etree._Element) -> bool:
    """Whether automation moves the tempo or the time signature."""
    target, transport = points.find("Target"), document.root.find("Transport")
    moved = None if target is None else document.by_id(target.get("parameter"))
    return moved is not None and transport is not None and moved.getparent() is transport


def _tempos(document: Document, transport: etree._Element | None) -> tuple[Tempo, ...]:
    fixed = None if transport is None else transport.find("Tempo")
    rows = _points(document, "TempoAutomation", "Tempo", "RealPoint")
    if not rows:
        return (Tempo(bpm=120.0 if fixed is None else _bpm(document, fixed)),)
    told = [(time, _bpm(document, row), _shape(row)) for time, row in rows]
    beats = _in_beats(document, told)
    tempos: list[Tempo] = []
    for beat, (_, bpm, shape) in zip(beats, told):
        at = max(beat, 0.0) if not tempos else max(beat, tempos[-1].beat + _LEAST_BEATS)
        if not tempos and at > 0.0:
            tempos.append(Tempo(beat=0.0, bpm=bpm))
        tempos.append(Tempo(beat=at, bpm=bpm, shape=shape))
    return tuple(tempos)


def _signatures(document: Document, transport: etree._Element | None) -> tuple[TimeSignature, ...]:
    fixed = None if transport is None else transport.find("TimeSignature")
    rows = _points(document, "TimeSignatureAutomation", "TimeSignature", "TimeSignaturePoint")
    if not rows or rows[0][0] > 0.0:
        rows = [(0.0, fixed), *rows]
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
    """(time, point), ascending, of the automation of the arrangement, or of any lane that aims at the parameter."""
    lanes = [row for row in document.root.iterfind("Arrangement") if row.find(element) is not None]
    found = [lane.find(element) for lane in lanes]
    for lane in document.root.iterfind("Arrangement//Points"):
        target = lane.find("Target")
        aimed = None if target is None else document.by_id(target.get("parameter"))
        if aimed is not None and aimed.tag == parameter and aimed.getparent().tag == "Transport":
            found.append(lane)
    if len(found) > 1:
        document.losses.add("foreign.automation", f"{parameter} automation", "a second lane of it")
    rows = [(document.number(row, "time"), row) for lane in found[:1] for row in lane.iterfind(tag)]
    return sorted(rows, key=lambda row: row[0])


def _in_beats(document: Document, rows: list[tuple[float, float, str]]) -> list[float]:
    """Where the tempos begin: the times themselves, or counted through where they are seconds."""
    lane = document.root.find("Arrangement/TempoAutomation")
    if lane is None or lane.get("timeUnit") != "seconds":
        return [time for time, _, _ in rows]
    beats, before = [], None
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


def _shape(row: etree._Element) -> str:
    return "linear" if row.get("interpolation") == "linear" else "hold"
