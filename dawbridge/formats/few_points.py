"""Automation in about as few points as a person drew, of the many that carry a curve from format to format.

This is the last step of reading a value, once: what thins twice is off twice. How far off is told in the session's own
unit, well inside what a null test sees: the writers' straight pieces are 1e-5 of a gain off the curve.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from dawbridge.curve import Curve
from dawbridge.formats.thinning import Polyline, snapped, thinned
from dawbridge.session import Automation, Point

EnvelopePoint = tuple[float, float]  # seconds, value
Tolerance = Callable[[np.ndarray], np.ndarray]  # of values → how far each may be off
_LEVEL_DB, _MOST_LEVEL_DB, _QUIET_DB = 3e-4, 1e-2, -60.0
_MOST_QUIET_DB = 100.0  # below _QUIET_DB: far past where _MOST_LEVEL_DB counts
_PAN = 6e-5
_SPAN_SHARE, _LEAST_SHARE = 3e-5, 1e-9
LINEAR: tuple[Literal["linear"], ...] = ("linear",)
_ON_A_SAMPLE = 1e-4  # of one: what the formats' digits leave


def level_tolerance(level_db: np.ndarray) -> np.ndarray:
    """Of decibels: below -60 dB the same gain counts, as it does for the writers."""
    quiet = 10.0 ** (np.clip(_QUIET_DB - level_db, 0.0, _MOST_QUIET_DB) / 20.0)
    return np.minimum(_LEVEL_DB * quiet, _MOST_LEVEL_DB)


def pan_tolerance(pan_lr: np.ndarray) -> np.ndarray:
    """Of a pan, -1…1."""
    return np.full(len(pan_lr), _PAN)


def spanned_tolerance(values: np.ndarray) -> np.ndarray:
    """A share of what the values span, of at least what digits leave of them."""
    return np.full(len(values), max(_SPAN_SHARE * np.ptp(values), _LEAST_SHARE * np.max(np.abs(values)), 1e-12))


def few_points(points: Sequence[EnvelopePoint], tolerance: Tolerance, rate: int | None = None) -> Automation:
    """The automation of ascending points with straight lines between them; `points` must not be empty.

    rate: samples a second, where the points do not lie on samples yet
    """
    times, values = (np.array(row, dtype=np.float64) for row in zip(*points))
    times, values = snapped(times, values, tolerance(values))
    if rate is not None:
        times, values = on_samples(times, values, rate)
    rows = thinned(Polyline(times, values, tolerance(values)))
    return Automation(points=tuple(Point(time=time, value=value, shape=shape) for time, value, shape in rows))


def on_samples(times: np.ndarray, values: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """The same curve at every sample, with its points on samples; jumps stay where they are.

    A session's automation rounds each point to a sample, which would bend lines that end between two. So a point there
    becomes one on the sample before and one on the sample after, each with the curve's value.
    """
    level = np.diff(times) == 0.0
    is_jump = np.concatenate([level, [False]]) | np.concatenate([[False], level])
    inner = times[~is_jump] * rate
    near = np.rint(inner)
    inner = np.where(np.abs(inner - near) < _ON_A_SAMPLE, near, inner)
    samples = np.union1d(np.floor(inner), np.ceil(inner))
    samples = samples[~np.isin(samples, np.rint(times[is_jump] * rate))]
    curve = Curve(tuple(times.tolist()), tuple(values.tolist()), LINEAR * len(times))
    rows = np.concatenate([samples / rate, times[is_jump]]), np.concatenate([curve.at(samples / rate), values[is_jump]])
    order = np.argsort(rows[0], kind="stable")
    return rows[0][order], rows[1][order]
