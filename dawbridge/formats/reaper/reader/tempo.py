"""Reads REAPER's tempo map, and converts seconds to beats."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from pydantic import ValidationError

from dawbridge.errors import InputError
from dawbridge.formats.loss import Losses
from dawbridge.formats.reaper.points import LINEAR
from dawbridge.formats.reaper.text import Block, number
from dawbridge.formats.reaper.writer.tempo import PIECE
from dawbridge.session import Tempo, TempoMap, TimeSignature
from dawbridge.session.automation import BPM

_SAME_SLOPE = 1e-4  # relative difference of slopes of pieces of one ramp
_MOST_MARKERS = 100_000
Marker = tuple[float, float, bool]  # seconds or beat, beats per minute, whether a ramp to the next begins
Signature = tuple[float, float, float]  # beat, numerator, denominator


def read_tempo(project: Block, losses: Losses, where: str) -> TempoMap:
    """The project's tempo map. A ramp that is linear in time becomes pieces that are linear in beats."""
    row = project.first("TEMPO")
    first: Marker = (0.0, number(row, 0, 120.0, where), False)
    signs: list[Signature] = [(0.0, number(row, 1, 4, where), number(row, 2, 4, where))]
    block = project.first_block("TEMPOENVEX")
    if block is None:
        return _tempo_map([first], signs, losses, where)
    rows = [[number(r, index, 0.0, where) for index in range(4)] for r in block.all("PT")][:_MOST_MARKERS]
    rows.sort(key=lambda r: r[0])
    markers = [(max(time, 0.0), bpm, shape == LINEAR) for time, bpm, shape, _ in rows]
    if not markers or markers[0][0] > 1e-9:
        markers = [first, *markers]
    tempos, beat_of = _in_beats(_pieces(markers, where))
    for time, _, _, packed in rows:
        if packed > 0:
            signs.append((beat_of(max(time, 0.0)), int(packed) % 65536, int(packed) // 65536))
    return _tempo_map(tempos, signs, losses, where)


def _pieces(markers: list[Marker], where: str) -> list[Marker]:
    """The markers, with each ramp in pieces so short that linear in time and linear in beats are the same."""
    rows: list[Marker] = []
    for marker, following in pairwise([*markers, markers[-1]]):
        (time, bpm, is_ramp), (end, goal, _) = marker, following
        if not BPM[0] <= bpm <= BPM[1]:
            raise InputError(f"{where}: a tempo of {bpm:g}, legal are {BPM[0]:g}…{BPM[1]:g}; correct it in REAPER")
        count = math.ceil(abs(math.log(max(goal, 1.0) / bpm)) / PIECE - 1e-3) if is_ramp and end > time else 1
        share = np.arange(max(count, 1)) / max(count, 1)
        times, tempos = time + share * (end - time), bpm + share * (goal - bpm) * is_ramp
        rows += [(float(t), float(b), is_ramp and end > time) for t, b in zip(times, tempos)]
    return rows


def _in_beats(rows: list[Marker]) -> tuple[list[Marker], Callable[[float], float]]:
    """(the markers at beats instead of seconds, the function from seconds to beats)."""
    beats, beat = [0.0], 0.0
    for (time, bpm, is_ramp), (end, goal, _) in pairwise(rows):
        beat += (end - time) / 60.0 * ((bpm + goal) / 2.0 if is_ramp else bpm)
        beats.append(beat)
    times = np.array([time for time, _, _ in rows])

    def beat_of(time: float) -> float:
        index = max(int(np.searchsorted(times, time + 1e-9, side="right")) - 1, 0)
        return beats[index] + (time - rows[index][0]) / 60.0 * rows[index][1]

    return [(beat, bpm, is_ramp) for beat, (_, bpm, is_ramp) in zip(beats, rows)], beat_of


def _tempo_map(tempos: list[Marker], signs: list[Signature], losses: Losses, where: str) -> TempoMap:
    kept: list[Marker] = []
    for row in tempos:
        if kept and row[0] <= kept[-1][0] + 1e-9:
            kept[-1] = (kept[-1][0], *row[1:])
        elif len(kept) < 2 or not _is_redundant(kept[-2], kept[-1], row):
            kept.append(row)
        else:
            kept[-1] = row
    rows = tuple(Tempo(beat=_tidy(b), bpm=bpm, shape="linear" if ramp else "hold") for b, bpm, ramp in kept)
    return TempoMap(tempos=rows, signatures=_signatures(signs, losses, where))


def _is_redundant(first: Marker, middle: Marker, last: Marker) -> bool:
    """Whether the tempo is the same without the marker in the middle."""
    if first[2] != middle[2]:
        return False
    if not first[2]:
        return first[1] == middle[1] and last[1] == middle[1] and not last[2]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in ((first, middle), (middle, last))]
    return abs(slopes[0] - slopes[1]) <= _SAME_SLOPE * abs(slopes[0])


def _signatures(rows: list[Signature], losses: Losses, where: str) -> tuple[TimeSignature, ...]:
    kept: dict[float, TimeSignature] = {}
    for beat, numerator, denominator in rows:
        try:
            sign = TimeSignature(beat=_tidy(beat), numerator=int(numerator), denominator=int(denominator))
        except (ValidationError, ValueError):
            text = f"the time signature {numerator:g}/{denominator:g} at beat {beat:g}"
            losses.add("foreign.time_signature", where, text)
            sign = TimeSignature(beat=_tidy(beat))
        kept[sign.beat] = sign
    return tuple(sign for _, sign in sorted(kept.items()))


def _tidy(beat: float) -> float:
    """A beat without the rounding errors of seconds: on a 960th if it is within about a hundredth of one."""
    rounded = round(beat * 960.0) / 960.0
    return rounded if abs(beat - rounded) < 1e-5 else beat


def beats_of(tempo: TempoMap, seconds: float) -> float:
    """The inverse of `tempo.seconds` for one number."""
    starts = tempo.seconds([row.beat for row in tempo.tempos])
    index = max(int(np.searchsorted(starts, seconds, side="right")) - 1, 0)
    row, after_s = tempo.tempos[index], seconds - float(starts[index])
    following = tempo.tempos[index + 1] if index + 1 < len(tempo.tempos) else None
    if row.shape == "hold" or following is None or following.bpm == row.bpm:
        return _tidy(row.beat + after_s * row.bpm / 60.0)
    slope = (following.bpm - row.bpm) / (following.beat - row.beat)
    return _tidy(row.beat + row.bpm * math.expm1(after_s * slope / 60.0) / slope)
