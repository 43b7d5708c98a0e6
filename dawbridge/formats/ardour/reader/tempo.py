"""Ardour's tempo map as a session's, counted from the start of the session's range.

In both, a ramp is linear in beats (in Ardour, superclocks per quarter note fall as e^(-omega t)). Ardour's `npm` counts
notes of `note-type` a minute; a session counts quarter notes.
"""

from itertools import pairwise
from typing import TypeVar

import numpy as np
from lxml import etree

from dawbridge.formats.ardour.reader.numbers import is_on, number, parse_integer
from dawbridge.formats.ardour.reader.time import beats_at
from dawbridge.formats.ardour.terms import TICKS_PER_BEAT
from dawbridge.formats.loss import Losses
from dawbridge.session import Tempo, TempoMap, TimeSignature
from dawbridge.session.automation import BPM, LATEST_TIME

_DENOMINATORS = (1, 2, 4, 8, 16, 32, 64)
_LEAST_BEAT = 1e-6


def read_tempo(element: etree._Element | None, losses: Losses, where: str) -> TempoMap:
    """The map from Ardour's own zero. Raises InputError for absurd numbers."""
    if element is None:
        return TempoMap()
    tempos, meters = element.iter("Tempo"), element.iter("Meter")
    rows = [_tempo(row, losses, where) for row in tempos if is_on(row, "active", True)]
    signatures = [_signature(row, losses, where) for row in meters]
    return TempoMap(tempos=tuple(_joined(rows)), signatures=tuple(_first_at_zero(signatures, TimeSignature())))


def tempo_from(tempo: TempoMap, start_s: float) -> TempoMap:
    """The same map, counted from `start_s` seconds."""
    if start_s <= 0.0:
        return tempo
    start = beats_at(tempo, start_s)
    within = [row for row in tempo.tempos if row.beat <= start][-1]
    first = within.model_copy(update={"beat": 0.0, "bpm": float(tempo.bpm_at(np.asarray(start)))})
    later = [row.model_copy(update={"beat": row.beat - start}) for row in tempo.tempos if row.beat > start]
    bar = [row for row in tempo.signatures if row.beat <= start][-1].model_copy(update={"beat": 0.0})
    bars = [row.model_copy(update={"beat": row.beat - start}) for row in tempo.signatures if row.beat > start]
    return TempoMap(tempos=(first, *later), signatures=(bar, *bars))


def _tempo(row: etree._Element, losses: Losses, where: str) -> tuple[Tempo, float]:
    """(tempo, beats a minute at the end of its ramp)"""
    note_type = number(row, "note-type", where, 4.0, most=1024) or 4.0
    first_name, last_name = ("npm", "enpm") if row.get("npm") else ("beats-per-minute", "end-beats-per-minute")
    bpm = _bpm(number(row, first_name, where) * 4.0 / note_type, losses, where)
    last = _bpm(number(row, last_name, where, bpm * note_type / 4.0) * 4.0 / note_type, losses, where)
    is_ramp = row.get("type", "").endswith("Ramped") or (row.get("type") is None and last != bpm)
    return Tempo(beat=_beat(row, where), bpm=bpm, shape="linear" if is_ramp else "hold"), last


def _bpm(bpm: float, losses: Losses, where: str) -> float:
    within = min(max(bpm, BPM[0]), BPM[1])
    if within != bpm:
        losses.add("foreign.tempo", where, f"a tempo of {bpm:g}; it is {within:g} here")
    return within


def _signature(row: etree._Element, losses: Losses, where: str) -> TimeSignature:
    asked = number(row, "divisions-per-bar", where, 4.0, most=1e6), number(row, "note-value", where, 4.0, most=1e6)
    numerator = min(max(round(asked[0]), 1), 64)
    denominator = min(_DENOMINATORS, key=lambda legal: abs(legal - asked[1]))
    if (numerator, denominator) != asked:
        losses.add(
            "foreign.meter", where, f"a meter of {asked[0]:g}/{asked[1]:g}; it is {numerator}/{denominator} here"
        )
    return TimeSignature(beat=_beat(row, where), numerator=numerator, denominator=denominator)


def _beat(row: etree._Element, where: str) -> float:
    """The position in quarter notes: `quarters` of Ardour 7 (`<quarters>:<ticks>`), `pulse` of 6 (whole notes)."""
    if (text := row.get("quarters")) is None:
        return max(number(row, "pulse", where, 0.0, most=1e9) * 4.0, 0.0)
    quarters, _, ticks = text.partition(":")
    beat = (
        parse_integer(quarters, f"{where}: quarters", 10**9)
        + parse_integer(ticks or "0", f"{where}: ticks", 10**9) / TICKS_PER_BEAT
    )
    return max(beat, 0.0)


def _joined(rows: list[tuple[Tempo, float]]) -> list[Tempo]:
    """In ascending order, one per beat. A ramp that ends at another tempo than the next one ends in a jump."""
    rows = sorted(rows, key=lambda row: row[0].beat)
    kept: list[Tempo] = []
    for (row, last), (after, _) in pairwise([*rows, (Tempo(beat=LATEST_TIME), 0.0)]):
        if after.beat - row.beat < 2 * _LEAST_BEAT:
            continue
        is_last = after.beat == LATEST_TIME
        kept.append(row.model_copy(update={"shape": "hold"}) if is_last else row)
        if row.shape == "linear" and not is_last and last != after.bpm:
            kept.append(Tempo(beat=after.beat - _LEAST_BEAT, bpm=last))
    return _first_at_zero(kept, Tempo())


Row = TypeVar("Row", Tempo, TimeSignature)


def _first_at_zero(rows: list[Row], standard: Row) -> list[Row]:
    """In ascending order, one per beat; the first moves to beat 0. Without any, `standard`."""
    found = {row.beat: row for row in sorted(rows, key=lambda row: row.beat)} or {0.0: standard}
    first, *rest = found.values()
    return [first.model_copy(update={"beat": 0.0}), *rest]
