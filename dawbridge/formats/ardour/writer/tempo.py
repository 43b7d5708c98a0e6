"""A session's tempo map as Ardour's: tempos and meters at their times, beats and bars.

In both, a ramp is linear in beats. Ardour states it by `omega`: if a ramp begins at s superclocks a beat, then after q
beats the time is log1p(s·omega·q) / omega.
"""

from bisect import bisect_right

from lxml import etree
from lxml.builder import E

from dawbridge.formats.ardour.terms import SUPERCLOCKS_PER_SECOND, TICKS_PER_BEAT
from dawbridge.formats.ardour.writer.elements import number_text
from dawbridge.session import TempoMap
from dawbridge.session.automation import Tempo

_PER_MINUTE = 60 * SUPERCLOCKS_PER_SECOND


def tempo_map(tempo: TempoMap) -> etree._Element:
    """The document's TempoMap."""
    bars = _Bars(tempo)
    tempos = E.Tempos()
    for row, following in zip(tempo.tempos, (*tempo.tempos[1:], None)):
        tempos.append(E.Tempo(_tempo(row, following) | _position(row.beat, tempo, bars)))
    meters = E.Meters()
    for signature in tempo.signatures:
        shape = {"note-value": str(signature.denominator), "divisions-per-bar": str(signature.numerator)}
        meters.append(E.Meter(shape | _position(signature.beat, tempo, bars)))
    return E.TempoMap({"superclocks-per-second": str(SUPERCLOCKS_PER_SECOND)}, tempos, meters, E.MusicTimes())


def _tempo(row: Tempo, following: Tempo | None) -> dict[str, str]:
    end, omega, is_ramp = row.bpm, 0.0, False
    if following is not None and row.shape == "linear" and following.bpm != row.bpm:
        end, is_ramp = following.bpm, True
        omega = (end - row.bpm) / _PER_MINUTE / (following.beat - row.beat)
    return {
        "npm": number_text(row.bpm), "enpm": number_text(end), "note-type": "4",
        "type": "Tempo::Ramped" if is_ramp else "Tempo::Constant", "active": "1", "locked-to-meter": "0",
        "continuing": "0", "omega": number_text(omega),
    }  # fmt: skip


def _position(beat: float, tempo: TempoMap, bars: "_Bars") -> dict[str, str]:
    ticks = round(beat * TICKS_PER_BEAT)
    return {
        "sclock": str(round(float(tempo.seconds(beat)) * SUPERCLOCKS_PER_SECOND)),
        "quarters": f"{ticks // TICKS_PER_BEAT}:{ticks % TICKS_PER_BEAT}",
        "bbt": bars.text(beat),
    }


class _Bars:
    """Counts bars. Each time signature begins a new bar."""

    def __init__(self, tempo: TempoMap) -> None:
        self._signatures = tempo.signatures
        self._starts = [row.beat for row in tempo.signatures]
        self._numbers = [1]
        for row, following in zip(tempo.signatures, tempo.signatures[1:]):
            bars = (following.beat - row.beat) * row.denominator / (4 * row.numerator)
            self._numbers.append(self._numbers[-1] + max(-int(-bars // 1), 1))

    def text(self, beat: float) -> str:
        """`bar|beat|tick`. Bars and beats count from 1; a tick is a fraction of the time signature's own beat."""
        index = bisect_right(self._starts, beat) - 1
        row = self._signatures[index]
        ticks = round((beat - row.beat) * row.denominator / 4 * TICKS_PER_BEAT)
        beats, tick = divmod(ticks, TICKS_PER_BEAT)
        return f"{self._numbers[index] + beats // row.numerator}|{beats % row.numerator + 1}|{tick}"
