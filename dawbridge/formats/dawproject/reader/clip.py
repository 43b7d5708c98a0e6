"""One clip: which part of its content plays when, and its fades."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.formats.dawproject.reader.time_base import BEATS, Frame

_MOST_ROUNDS = 20_000
_SHORTEST = 1e-6  # loop that counts as one, in beats or seconds


@dataclass(frozen=True)
class Span:
    """The clip's content plays from `begin_s` to `end_s`; `frame` is the content's time."""

    begin_s: float
    end_s: float
    frame: Frame


@dataclass(frozen=True)
class Fade:
    """A fade at the clip's edge `at_s`, in seconds."""

    at_s: float
    length_s: float


def clip_spans(document: Document, clip: etree._Element, frame: Frame) -> Iterator[Span]:
    """The spans of a clip in order: one, or one per round of its loop."""
    unit = clip.get("contentTimeUnit", frame.unit)
    if unit not in ("beats", "seconds"):
        raise document.fault(clip, "contentTimeUnit", "beats or seconds")
    time, play = document.number(clip, "time"), document.number(clip, "playStart", 0.0)
    begin_s, end_s = frame.seconds(time), math.inf
    if clip.get("duration") is not None:
        end_s = frame.seconds(time + max(document.number(clip, "duration"), 0.0))
    early_s = _early_s(document, clip, frame, begin_s)
    inner = frame.anchored(unit, begin_s, play)
    loop = _loop(document, clip, play)
    if loop is None and clip.get("playStop") is not None:
        end_s = min(end_s, inner.seconds(max(document.number(clip, "playStop"), play)))
    if loop is None or math.isinf(end_s):
        yield Span(begin_s - early_s, end_s, inner)
        return
    yield from _rounds(document, inner, Span(begin_s, end_s, inner), play, loop)


def _early_s(document: Document, clip: etree._Element, frame: Frame, begin_s: float) -> float:
    """How long before the clip its sound begins: a negative fade-in, for a crossfade."""
    fade = document.number(clip, "fadeInTime", 0.0)
    return _seconds(clip, frame, begin_s, -fade, -1.0) if fade < 0.0 else 0.0


def _loop(document: Document, clip: etree._Element, play: float) -> tuple[float, float] | None:
    if clip.get("loopEnd") is None:
        return None
    first, last = document.number(clip, "loopStart", 0.0), document.number(clip, "loopEnd")
    return (first, last) if last - first > _SHORTEST and play < last else None


def _rounds(document: Document, frame: Frame, whole: Span, play: float, loop: tuple[float, float]) -> Iterator[Span]:
    first, last = loop
    begin_s, start = whole.begin_s, play
    for _ in range(_MOST_ROUNDS):
        inner = frame.anchored(frame.unit, begin_s, start)
        end_s = min(inner.seconds(last), whole.end_s)
        yield Span(begin_s, end_s, inner)
        if end_s >= whole.end_s - _SHORTEST:
            return
        begin_s, start = end_s, first
    raise InputError(f"{document.path}: a clip loops more than {_MOST_ROUNDS} times; shorten it")


def read_fades(document: Document, clip: etree._Element, frame: Frame, spans: list[Span]) -> tuple[Fade, Fade]:
    """(fade in, fade out) at the clip's edges."""
    begin_s, end_s = spans[0].begin_s, spans[-1].end_s
    rise, fall = (document.number(clip, name, 0.0) for name in ("fadeInTime", "fadeOutTime"))
    length_s = _seconds(clip, frame, begin_s, abs(rise), 1.0)
    if fall <= 0.0 or math.isinf(end_s):
        return Fade(begin_s, length_s), Fade(end_s, 0.0)
    return Fade(begin_s, length_s), Fade(end_s, _seconds(clip, frame, end_s, fall, -1.0))


def _seconds(clip: etree._Element, frame: Frame, at_s: float, length: float, direction: float) -> float:
    """The length in seconds of a fade that goes from `at_s` forward (direction 1) or backward (-1)."""
    if clip.get("fadeTimeUnit", frame.unit) != BEATS:
        return length
    return abs(frame.map.seconds(frame.map.beats(at_s) + direction * length) - at_s)
