"""REAPER's envelopes: blocks of `PT seconds value shape` lines ↔ points with straight lines between them.

The shape is that of the line to the next point: 0 straight, 1 square, 2 slow at both ends, 3 fast at the start, 4 fast
at the end (2 to 4 as reaper-oss/sws evaluates them), 5 Bezier. Values of a volume are linear gains. Those of a pan have
the opposite sign of the pan knob: 1 is left (`Envelope_FormatValue`).
"""

from collections.abc import Sequence

import numpy as np

from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.formats.reaper.ids import guid
from dawbridge.formats.reaper.text import Block, line, number

LINEAR, SQUARE, BEZIER = 0, 1, 5
_PIECES = 64
_CURVES = {
    2: lambda share: share**2 * (3.0 - 2.0 * share),
    3: lambda share: 1.0 - (1.0 - share) ** 3,
    4: lambda share: share**3,
}


def envelope_block(head: str, points: Sequence[EnvelopePoint], *owner: str | int) -> Block:
    """The block `<head` of an active envelope. `owner`: what it belongs to; its GUID is made from it."""
    block = Block(head, [line("EGUID", guid("envelope", *owner, head)), "ACT 1 -1", "VIS 1 1 1", "LANEHEIGHT 0 0"])
    block.children += ["ARM 0", "DEFSHAPE 0 -1 -1"]
    block.children += [line("PT", *row) for row in _shaped(points)]
    return block


def _shaped(points: Sequence[EnvelopePoint]) -> list[tuple[float, float, int]]:
    """(seconds, value, shape). A constant value up to a jump becomes one square point."""
    rows: list[tuple[float, float, int]] = []
    index = 0
    while index < len(points):
        time, value = points[index]
        following = points[index + 1 : index + 3]
        is_square = len(following) == 2 and following[0][1] == value and following[0][0] == following[1][0]
        rows.append((time, value, SQUARE if is_square else LINEAR))
        index += 2 if is_square else 1
    return rows


def is_active(block: Block) -> bool:
    """Whether an envelope has an effect: it is on and has points."""
    return (block.first("ACT") or ["1"])[0] != "0" and bool(block.first("PT"))


def read_points(block: Block, where: str) -> list[EnvelopePoint]:
    """The envelope's points in order of time, with straight lines between them. Bezier curves become straight lines."""
    rows = [[number(row, index, 0.0, where) for index in range(3)] for row in block.all("PT")]
    rows.sort(key=lambda row: row[0])
    points: list[EnvelopePoint] = []
    for (time, value, shape), (end, goal, _) in zip(rows, [*rows[1:], rows[-1]]):
        points.append((max(time, 0.0), value))
        if shape == SQUARE and end > time:
            points.append((max(end, 0.0), value))
        elif (curve := _CURVES.get(int(shape))) is not None and shape == int(shape) and end > time and goal != value:
            share = np.linspace(0.0, 1.0, _PIECES + 1)[1:-1]
            values = value + (goal - value) * curve(share)
            points += zip((np.maximum(time + share * (end - time), 0.0)).tolist(), values.tolist())
    return [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]


def has_bezier(block: Block) -> bool:
    """Whether any of its lines is a Bezier curve."""
    return any(len(row) > 2 and row[2] == str(BEZIER) for row in block.all("PT"))
