"""Lays out the Arrangement: its pieces of audio, notes and automation, all in times of the arrangement itself.

Timelines hold other timelines: clips in clips, in beats or seconds, looped, warped, or by reference.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.dawproject.clip_gain import ClipGain, read_gain_points
from dawbridge.formats.dawproject.reader.arrangement import Arrangement, Piece
from dawbridge.formats.dawproject.reader.clip import Fade, clip_spans, read_fades
from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.formats.dawproject.reader.points import ReadLane, read_points
from dawbridge.formats.dawproject.reader.tempo import is_tempo
from dawbridge.formats.dawproject.reader.time_base import Frame
from dawbridge.formats.dawproject.reader.warps import content_frame
from dawbridge.midi_notes import BeatNote

_MOST_PIECES = 100_000
_TOLERANCE_S = 1e-6
_UNHEARD = {"Markers": "markers", "markers": "markers", "Video": "video", "ClipSlot": "clip_slot"}


@dataclass(frozen=True)
class Scope:
    """What the timelines around a timeline say: its track's id, the span that sounds, fades and gain."""

    track: str | None = None
    begin_s: float = -math.inf
    end_s: float = math.inf
    fades_in: tuple[Fade, ...] = ()
    fades_out: tuple[Fade, ...] = ()
    gain: ClipGain = ClipGain()
    depth: int = 0
    is_clip: bool = False


class TimelineReader:
    """Lays out timelines into `arrangement`. What a session cannot hold is a Loss."""

    def __init__(self, document: Document):
        self.document, self.arrangement, self._count = document, Arrangement(), 0
        self._walks = {
            "Lanes": self._lanes,
            "Clips": self._clips,
            "Notes": self._notes,
            "Audio": self._audio,
            "Warps": self._warps,
            "Points": self._points,
            "Timeline": lambda *_: None,
        }

    def walk(self, element: etree._Element, frame: Frame, scope: Scope) -> None:
        """Lay out one timeline of any kind."""
        self._count += 1
        if self._count > _MOST_PIECES or scope.depth > 200:
            raise InputError(f"{self.document.path}: more than {_MOST_PIECES} clips and points, or clips in a loop")
        scope = replace(scope, track=element.get("track", scope.track), depth=scope.depth + 1)
        if element.tag in _UNHEARD:
            name = _UNHEARD[element.tag]
            self._lose(name, scope, f"{element.tag} (line {element.sourceline})")
        elif element.tag in self._walks:
            self._walks[element.tag](element, frame.within(_unit(element, "timeUnit")), scope)

    def _lose(self, name: str, scope: Scope, what: str) -> None:
        track = self.document.by_id(scope.track)
        where = "the arrangement" if track is None else f"track {track.get('name', '')!r}"
        self.document.losses.add(f"foreign.{name}", where, what)

    def _lanes(self, element: etree._Element, frame: Frame, scope: Scope) -> None:
        scope = self._with_gain(element, frame, scope)
        for child in element:
            self.walk(child, frame, scope)

    def _with_gain(self, element: etree._Element, frame: Frame, scope: Scope) -> Scope:
        """The scope with the gain that the automation beside a clip's audio draws."""
        lanes = [row for row in element.iterfind("Points") if _expression(row) == "gain"]
        if not lanes or not scope.is_clip:
            return scope
        points = read_points(self.document, lanes[0], frame.within(_unit(lanes[0], "timeUnit")))
        if lanes[0].get("unit") == "decibel":
            points = [(time, 10.0 ** (min(value, 200.0) / 20.0)) for time, value in points]
        length_s = min(scope.end_s, 1e12) - scope.begin_s
        shifted = [(time - scope.begin_s, value) for time, value in points]
        found = read_gain_points(shifted, length_s) if points else ClipGain()
        if found is None or len(lanes) > 1 or scope.gain != ClipGain():
            self._lose("clip_envelope", scope, f"the moving gain of a clip (line {element.sourceline})")
        return replace(scope, gain=found or ClipGain())

    def _clips(self, element: etree._Element, frame: Frame, scope: Scope) -> None:
        for clip in element.iterfind("Clip"):
            self._clip(clip, frame, scope)

    def _clip(self, clip: etree._Element, frame: Frame, scope: Scope) -> None:
        document, what = self.document, f"the clip {clip.get('name', '')!r} (line {clip.sourceline})"
        content = next((row for row in clip if isinstance(row.tag, str)), None)
        if content is None and clip.get("reference") is not None:
            content = document.by_id(clip.get("reference"))
            if content is None:
                self._lose("reference", scope, f"{what}, whose content {clip.get('reference')!r} does not exist")
        if content is None:
            return
        if not document.flag(clip, "enable", True):
            return self._lose("muted_clip", scope, what)
        spans = list(clip_spans(document, clip, frame))
        fade_in, fade_out = read_fades(document, clip, frame, spans)
        for number, span in enumerate(spans):
            self._count += 1
            fades_in = (*scope.fades_in, fade_in) if number == 0 else scope.fades_in
            fades_out = (*scope.fades_out, fade_out) if number == len(spans) - 1 else scope.fades_out
            begin_s, end_s = max(scope.begin_s, span.begin_s), min(scope.end_s, span.end_s)
            inner = replace(scope, begin_s=begin_s, end_s=end_s, fades_in=fades_in, fades_out=fades_out, is_clip=True)
            if begin_s < end_s:
                self.walk(content, span.frame, inner)

    def _notes(self, element: etree._Element, frame: Frame, scope: Scope) -> None:
        document, rows = self.document, self.arrangement.notes.setdefault(scope.track, [])
        for note in element.iterfind("Note"):
            time, duration = document.number(note, "time"), max(document.number(note, "duration"), 0.0)
            begin_s, end_s = frame.seconds(time), min(frame.seconds(time + duration), scope.end_s)
            if len(note):
                self._lose("note_expression", scope, f"the expression of notes (line {note.sourceline})")
            if begin_s < max(scope.begin_s, 0.0) - _TOLERANCE_S or begin_s >= scope.end_s:
                continue
            start, end = frame.beats(time), frame.map.beats(end_s)
            velocity = min(max(document.number(note, "vel", 100 / 127), 0.0), 1.0)
            key, channel = document.whole(note, "key", 0, 127), document.whole(note, "channel", 0, 15)
            what = key, max(end - start, 0.0), max(round(velocity * 127), 1), channel + 1
            rows.append(BeatNote(max(start, 0.0), *what))

    def _audio(self, element: etree._Element, frame: Frame, scope: Scope) -> None:
        start_s = frame.seconds(0.0)
        begin_s = max(scope.begin_s, start_s)
        if begin_s >= scope.end_s:
            return
        fade_in = self._fade(scope.fades_in, begin_s, scope, lambda fade: fade.at_s + fade.length_s > begin_s)
        fade_out = self._fade(scope.fades_out, scope.end_s, scope, lambda fade: fade.at_s - fade.length_s < scope.end_s)
        gain = scope.gain
        if fade_in or fade_out:
            gain = replace(gain, fade_in_s=fade_in or gain.fade_in_s, fade_out_s=fade_out or gain.fade_out_s)
        piece = Piece(element, start_s, begin_s, scope.end_s, gain, f"line {element.sourceline}")
        self.arrangement.pieces.setdefault(scope.track, []).append(piece)

    def _fade(self, fades: tuple[Fade, ...], at_s: float, scope: Scope, reaches: Callable[[Fade], bool]) -> float:
        """How long the audio fades at its edge `at_s`. Another fade that `reaches` into the audio is a Loss."""
        lengths = [0.0]
        for fade in fades:
            if fade.length_s > 0.0 and abs(fade.at_s - at_s) <= _TOLERANCE_S:
                lengths.append(fade.length_s)
            elif fade.length_s > 0.0 and reaches(fade):
                self._lose("fade", scope, f"a fade of {fade.length_s:g} s that another clip's edge cuts")
        return max(lengths)

    def _warps(self, element: etree._Element, frame: Frame, scope: Scope) -> None:
        inner, is_stretched = content_frame(self.document, element, frame, scope.begin_s)
        if is_stretched:
            self._lose("warp", scope, f"time stretch (line {element.sourceline}); it plays at its own speed")
        for child in element:
            if child.tag != "Warp":
                self.walk(child, inner, scope)

    def _points(self, element: etree._Element, frame: Frame, scope: Scope) -> None:
        target = element.find("Target")
        parameter = None if target is None else target.get("parameter")
        if parameter is None:
            expression = _expression(element)
            if expression != "gain" or not scope.is_clip:
                what = f"the automation of {expression or 'nothing'} (line {element.sourceline})"
                self._lose("expression", scope, what)
        elif not is_tempo(self.document, element):
            points = read_points(self.document, element, frame)
            inside = [point for point in points if scope.begin_s <= point[0] <= scope.end_s]
            lane = ReadLane(inside, element.get("unit", ""), f"line {element.sourceline}")
            if inside:
                self.arrangement.lanes.setdefault(parameter, []).append(lane)


def lay_out(document: Document, frame: Frame) -> Arrangement:
    """All that the project's arrangement holds; `frame` is the arrangement's time."""
    reader = TimelineReader(document)
    for arrangement in document.root.iterfind("Arrangement"):
        for child in _timelines(arrangement):
            reader.walk(child, frame, Scope())
    return reader.arrangement


def _timelines(arrangement: etree._Element) -> Iterator[etree._Element]:
    return (child for child in arrangement if child.tag not in ("TempoAutomation", "TimeSignatureAutomation"))


def _expression(points: etree._Element) -> str:
    target = points.find("Target")
    return "" if target is None else target.get("expression", "")


def _unit(element: etree._Element, name: str) -> str | None:
    unit = element.get(name)
    return unit if unit in ("beats", "seconds") else None
