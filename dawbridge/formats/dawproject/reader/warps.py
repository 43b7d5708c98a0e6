"""Warps: content whose time runs at another speed. Only what runs at its own speed can be carried."""

from lxml import etree

from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.formats.dawproject.reader.time_base import SECONDS, Frame

_NEAR_S = 1e-3


def content_frame(document: Document, warps: etree._Element, frame: Frame, begin_s: float) -> tuple[Frame, bool]:
    """(the frame of the content, whether it is stretched).

    Stretched content is laid so that what sounds at `begin_s` is what would have.
    """
    unit = warps.get("contentTimeUnit", SECONDS)
    rows = [(document.number(row, "time"), document.number(row, "contentTime")) for row in warps.iterfind("Warp")]
    if unit not in ("beats", "seconds"):
        raise document.fault(warps, "contentTimeUnit", "beats or seconds")
    if not rows:
        return frame.within(unit), False
    rows.sort()
    places = [frame.seconds(time) for time, _ in rows]
    straight = frame.anchored(unit, places[0], rows[0][1])
    off = max(abs(straight.seconds(content) - place) for place, (_, content) in zip(places, rows))
    if off <= _NEAR_S:
        return straight, False
    begin_s = max(begin_s, places[0])
    return frame.anchored(unit, begin_s, _content_at(begin_s, places, rows)), True


def _content_at(seconds: float, places: list[float], rows: list[tuple[float, float]]) -> float:
    """The content's time at a time of the arrangement, straight between warps."""
    for number in range(len(places) - 1):
        if places[number] <= seconds < places[number + 1]:
            share = (seconds - places[number]) / (places[number + 1] - places[number])
            return rows[number][1] + share * (rows[number + 1][1] - rows[number][1])
    return rows[-1][1] if seconds >= places[-1] else rows[0][1]
