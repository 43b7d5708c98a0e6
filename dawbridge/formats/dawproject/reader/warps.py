"""Warps: time-stretched content. Only content at its original speed can be carried over."""

from lxml import etree

from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.formats.dawproject.reader.time_base import SECONDS, Frame

_TOLERANCE_S = 1e-3


def content_frame(document: Document, warps: etree._Element, frame: Frame, begin_s: float) -> tuple[Frame, bool]:
    """(the frame of the content, whether it is stretched).

    The frame of stretched content is aligned at `begin_s`: there sounds what would sound with the stretch.
    """
    unit = warps.get("contentTimeUnit", SECONDS)
    rows = [(document.number(row, "time"), document.number(row, "contentTime")) for row in warps.iterfind("Warp")]
    if unit not in ("beats", "seconds"):
        raise document.fault(warps, "contentTimeUnit", "beats or seconds")
    if not rows:
        return frame.within(unit), False
    rows.sort()
    times_s = [frame.seconds(time) for time, _ in rows]
    straight = frame.anchored(unit, times_s[0], rows[0][1])
    off = max(abs(straight.seconds(content) - time_s) for time_s, (_, content) in zip(times_s, rows))
    if off <= _TOLERANCE_S:
        return straight, False
    begin_s = max(begin_s, times_s[0])
    return frame.anchored(unit, begin_s, _content_at(begin_s, times_s, rows)), True


def _content_at(seconds: float, times_s: list[float], rows: list[tuple[float, float]]) -> float:
    """The content's time at `seconds` of the arrangement, interpolated between warps."""
    for number in range(len(times_s) - 1):
        if times_s[number] <= seconds < times_s[number + 1]:
            share = (seconds - times_s[number]) / (times_s[number + 1] - times_s[number])
            return rows[number][1] + share * (rows[number + 1][1] - rows[number][1])
    return rows[-1][1] if seconds >= times_s[-1] else rows[0][1]
