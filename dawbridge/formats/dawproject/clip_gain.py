"""A clip's gain and equal-power fades ↔ points of the `gain` expression.

The format has no gain of a clip and no shape of a fade. But a clip may have automation of its gain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dawbridge.formats.balance import to_db
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.session.model import FadeShape
from dawbridge.units import db_to_gain

_PIECES = 192  # straight lines per fade; they are off by less than 1e-5
_TOLERANCE = 1e-3  # of the full level
_SHAPES: dict[FadeShape, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda share: share,
    "equal_power": lambda share: np.sin(share * (np.pi / 2)),
}


@dataclass(frozen=True)
class ClipGain:
    """A clip's gain and fades; lengths in seconds, 0 for no fade. `cut_s`: how much of the fade-in lies before it."""

    gain_db: float = 0.0
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0
    shape: FadeShape = "linear"
    cut_s: float = 0.0


def gain_points(gain: ClipGain, last_s: float) -> list[EnvelopePoint]:
    """(seconds from the clip's start, linear gain). The fades must not overlap.

    last_s: time of the clip's last sample, which a fade-out silences
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
    """The clip's gain from ascending points; None if they are not a level with fades from and to silence."""
    times, values = (np.array(row, dtype=np.float64) for row in zip(*points))
    level = float(values.max())
    if level <= 0.0 or np.all(np.abs(values - level) <= 1e-9 * level):
        return ClipGain(float(to_db(level)))
    full = np.flatnonzero(values >= level * (1.0 - 1e-6))
    first, last = int(full[0]), int(full[-1])
    if not np.all(values[first : last + 1] >= level * (1.0 - _TOLERANCE)):
        return None
    rise = _fade(times[: first + 1], values[: first + 1] / level)
    fall = _fade(length_s - times[last:][::-1], values[last:][::-1] / level)
    if rise is None or fall is None:
        return None
    shapes = {shape for _, shape in (rise, fall) if shape is not None}
    if len(shapes) != 1:
        return None
    return ClipGain(float(to_db(level)), rise[0], fall[0], shapes.pop())


def _fade(times: np.ndarray, values: np.ndarray) -> tuple[float, FadeShape | None] | None:
    """(seconds, shape) of points from silence to the full level; None if that is no fade of ours.

    The shape is None where there is no fade.
    """
    if len(times) == 1:
        return 0.0, None
    if abs(times[0]) > _TOLERANCE or abs(values[0]) > _TOLERANCE:
        return None
    share = np.clip((times - times[0]) / (times[-1] - times[0] or 1.0), 0.0, 1.0)
    for name, shape in _SHAPES.items():
        if np.all(np.abs(shape(share) - values) < _TOLERANCE):
            return float(times[-1] - times[0]), name
    return None
