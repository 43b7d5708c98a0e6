"""Writes the tempo map: the line `TEMPO`, and markers in `<TEMPOENVEX`.

REAPER's ramps are linear in time, a session's in beats. So a ramp is cut into pieces whose ends have the right time and
tempo, and that are so short that REAPER's beats are off by no more than 4e-7 of a beat per beat.
"""

import math

import numpy as np

from dawbridge.formats.reaper.ids import guid
from dawbridge.formats.reaper.points import LINEAR, SQUARE
from dawbridge.formats.reaper.text import Block, line
from dawbridge.session import TempoMap

PIECE = 2e-3  # change of the tempo's logarithm in one piece of a ramp


def tempo_lines(tempo: TempoMap) -> list[Block | str]:
    """The project's first tempo and time signature, and the markers if there are others."""
    first, sign = tempo.tempos[0], tempo.signatures[0]
    rows: list[Block | str] = [line("TEMPO", first.bpm, sign.numerator, sign.denominator)]
    if len(tempo.tempos) == len(tempo.signatures) == 1:
        return rows
    block = Block("TEMPOENVEX", [line("EGUID", guid("tempo")), "ACT 1 -1", "VIS 1 0 1", "LANEHEIGHT 0 0", "ARM 0"])
    block.children += ["DEFSHAPE 1 -1 -1", *_markers(tempo)]
    return [*rows, block]


def _markers(tempo: TempoMap) -> list[str]:
    signs = {sign.beat: sign for sign in tempo.signatures}
    beats = sorted({*_tempo_beats(tempo), *signs})
    ramps = [(a.beat, b.beat) for a, b in zip(tempo.tempos, tempo.tempos[1:]) if a.shape == "linear"]
    rows = []
    for beat, time, bpm in zip(beats, tempo.seconds(beats).tolist(), tempo.bpm_at(np.array(beats)).tolist()):
        shape = LINEAR if any(begin <= beat < end for begin, end in ramps) else SQUARE
        sign = signs.get(beat)
        rows.append(line("PT", time, bpm, shape, *([sign.denominator * 65536 + sign.numerator, 0, 1] if sign else [])))
    return rows


def _tempo_beats(tempo: TempoMap) -> list[float]:
    """The beats where tempos, and pieces of ramps, begin."""
    beats = [row.beat for row in tempo.tempos]
    for row, following in zip(tempo.tempos, tempo.tempos[1:]):
        if row.shape == "linear" and following.bpm != row.bpm:
            ratio = math.log(following.bpm / row.bpm)
            pieces = math.ceil(abs(ratio) / PIECE)
            share = np.expm1(ratio * np.arange(1, pieces) / pieces) / math.expm1(ratio)
            beats += (row.beat + share * (following.beat - row.beat)).tolist()
    return beats
