"""A clip's gain and equal-power fades as points of the `gain` expression, and back.

The format has fades without a shape, and no gain of a clip; but points may move a clip's gain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dawbridge.formats.balance import to_db
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.session.model import FadeShape
from dawbridge.units import db_to_gain

_PIECES = 192  # of a fade: straight lines between them are off by less than 1e-5
_NEAR = 1e-3
_SHAPES = {"linear": lambda share: share, "equal_power": lambda share: np.sin(share * (np.pi / 2))}


@dataclass(frozen=True)
class ClipGain:
    """What a clip does to its audio; the fades in seconds, each 0 where it has none. `cut_s`: how much of the fade-in
    lies before the clip.
    """

    gain_db: float = 0.0
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0
    shape: FadeShape = "linear"
    cut_s: float = 0.0


def gain_points(gain: ClipGain, last_s: float) -> list[EnvelopePoint]:
    """Seconds from the clip's start → linear gain. The fades must not overlap. `last_s`: where the last sample lies,
    which a fade-out silences.
    """
    level, shape = float(db_to_gain(gain.gain_db)), _SHAPES[gain.shape]
    points = [(0.0, level)]
    if gain.fade_in_s > gain.cut_s:
        shares = np.linspace(gain.cut_s / gain.fade_in_s, 1.0, _PIECES + 1)
        points = list(zip((shares * gain.fade_in_s - gain.cut_s).tolist(), (level * shape(shares)).tolist()))
    if gain.fade_out_s:
        shares = np.linspace(1.0, 0.0, _PIECES + 1)
        points += list(zip((last_s - shares * gain.fade_out_s).tolist(), (level * shape(shares)).tolist()))
    return points


def read_gain_points(points: Sequence[EnvelopePoint], length_s: float) -> ClipGain | None:
    """The clip's gain that ascending points draw; None where that is no level with fades from and to silence."""
    times, values = (np.array(row, dtype=np.float64) for row in zip(*points))
    level = float(values.max())
    if level <= 0.0 or np.all(np.abs(values - level) <= 1e-9 * level):
        return ClipGain(float(to_db(level)))
    full = np.flatnonzero(values >= level * (1.0 - 1e-6))
    first, last = int(full[0]), int(full[-1])
    if not np.all(values[first : last + 1] >= level * (1.0 - _NEAR)):
        return None
    rise = _fade(times[: first + 1], values[: first + 1] / level)
    fall = _fade(length_s - times[last:][::-1], values[last:][::-1] / level)
    shapes = {shape for _, shape in (rise, fall) if shape != ""}
    if None in shapes or len(shapes) != 1:
        return None
    return ClipGain(float(to_db(level)), rise[0], fall[0], shapes.pop())


def _fade(times: np.ndarray, values: np.ndarray) -> tuple[float, FadeShape | str | None]:
    """(seconds, shape) of points from silence to full; shape "" where there is no fade, None where it is another."""
    if len(times) == 1:
        return 0.0, ""
    if abs(times[0]) > _NEAR or abs(values[0]) > _NEAR:
        return 0.0, None
    share = np.clip((times - times[0]) / (times[-1] - times[0] or 1.0), 0.0, 1.0)
    for name, shape in _SHAPES.items():
        if np.all(np.abs(shape(share) - values) < _NEAR):
            return float(times[-1] - times[0]), name
    return 0.0, None
