"""From a parameter's texts at evenly spaced positions to its range, unit and curve.

In: what the plugin writes at 0, 1/256 … 1, or on any even grid. Out: keywords of a ParameterSpec. The texts are
rounded, so a curve fits if it stays within the rounding; a staircase that the rounding alone causes is a line. A few
texts that are no numbers are steps. Many of them leave the plain range 0..1.
"""

import math
from typing import Any

import numpy as np

from dawbridge.params import ParameterSpec
from dawbridge.render.probe.text import Reading, parse_text
from dawbridge.units import SILENCE_DB

MAX_STEPS = 256
FEW_TEXTS = 16
LINE_ERROR, FIT_ERROR = 2e-5, 2e-4
THINNED_ERROR = 1e-3
SAME_POSITION = 1e-6
_PLAIN: dict[str, Any] = {"minimum": 0.0, "maximum": 1.0}


def fit_curve(texts: list[str], label: str = "", declared_steps: list[str] | None = None) -> dict:
    """The keywords minimum, maximum, unit, curve, steps, points, choices, as far as they apply.

    `label` is the unit shown beside the texts. `declared_steps` are the texts at the steps that the plugin declares;
    `texts` may then be empty. An empty list says that the plugin declares a continuous parameter. None says that it
    declares nothing; then a few different texts mean steps.
    """
    texts = texts or declared_steps or []
    if len(set(texts)) < 2:
        return dict(_PLAIN)
    readings = _numbers(texts, label)
    is_number = readings is not None and len({reading.unit for reading in readings}) == 1
    is_declared_smooth = declared_steps == [] and is_number and len(set(texts)) > 2
    steps = None if is_declared_smooth else declared_steps or _few(texts)
    if steps and (fitted := _stepped(steps, label)):
        return fitted
    return _continuous(readings) if readings is not None and is_number else dict(_PLAIN)


def _numbers(texts: list[str], label: str) -> list[Reading] | None:
    """The number that each text shows; None where one of them shows none."""
    readings = [reading for text in texts if (reading := parse_text(text, label)) is not None]
    return readings if len(readings) == len(texts) else None


def _few(texts: list[str]) -> list[str] | None:
    """The distinct texts, where they are few and each belongs to one point of an even grid of steps. Else None.

    A step may lie between two positions of `texts`, right where its text begins. Then either of them may show it.
    """
    distinct = list(dict.fromkeys(texts))
    if not 2 <= len(distinct) <= FEW_TEXTS:
        return None
    indices = np.linspace(0, len(texts) - 1, len(distinct)).round(9)
    below, above = np.floor(indices).astype(int), np.ceil(indices).astype(int)
    is_met = all(text in (texts[b], texts[a]) for text, b, a in zip(distinct, below, above, strict=True))
    return distinct if is_met else None


def _stepped(texts: list[str], label: str) -> dict | None:
    if len(texts) > MAX_STEPS or len(set(texts)) < 2:
        return None
    readings = _numbers(texts, label) or []
    values = [reading.value for reading in readings]
    choices: tuple[str, ...] = ()
    if len(texts) == 2:
        choices = () if values == [0.0, 1.0] else tuple(texts)
        return _PLAIN | {"unit": "bool", "curve": "boolean", "choices": choices}
    if len({reading.unit for reading in readings}) == 1 and all(np.diff(values) > 0):
        steps, unit = tuple(values), readings[0].unit
    else:
        steps, unit, choices = tuple(map(float, range(len(texts)))), "", tuple(texts)
    found = {"minimum": steps[0], "maximum": steps[-1], "unit": unit, "curve": "stepped"}
    return found | {"steps": steps, "choices": choices}


def _continuous(readings: list[Reading]) -> dict[str, Any]:
    positions = np.linspace(0.0, 1.0, len(readings))
    values = np.array([reading.value for reading in readings])
    rounding = _rounding(values, np.array([reading.rounding for reading in readings]))
    first, last = values[0], values[-1]
    found: dict[str, Any] = {"minimum": float(min(first, last)), "maximum": float(max(first, last))}
    found["unit"] = readings[0].unit
    if last > first and first != SILENCE_DB:
        line = first + positions * (last - first)
        slack = 1.05 * (rounding + max(rounding[0], rounding[-1])) + LINE_ERROR * (last - first)
        if (np.abs(line - values) <= slack).all():
            return found | {"curve": "linear"}
        # An exponential cannot begin at 0.0, to which a low end may be rounded.
        if first > 0:
            curve = first * np.exp(positions * math.log(last / first))
            end_slack = curve / first * rounding[0] * (1 - positions) + curve / last * rounding[-1] * positions
            if (np.abs(curve - values) <= 1.05 * (rounding + end_slack) + FIT_ERROR * curve).all():
                return found | {"curve": "logarithmic"}
    points = _monotone_points(positions, values)
    if points is None:
        return dict(_PLAIN)
    return found | {"curve": "measured", "points": _thinned(*points, rounding.min())}


def _rounding(values: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """How far each value may be from its text.

    Some plugins leave zeros at the end out, so that `1` is as exact as `1.0005`. Then all values have equally many
    significant digits.
    """
    decades = np.floor(np.log10(np.abs(values), out=np.full(len(values), -np.inf), where=values != 0.0))
    in_decades = [(10.0**decade, shown[decades == decade]) for decade in set(decades) if decade > -np.inf]
    if all(rounding.max() <= 50 * rounding.min() for _, rounding in in_decades):
        return shown
    return min(rounding.min() / size for size, rounding in in_decades) * 10.0**decades


def _monotone_points(positions: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(positions, values) with one point for each value: the two ends, and the middle of each plateau.

    None where the values are not monotone.
    """
    if values[0] > values[-1]:
        turned = _monotone_points(positions, -values)
        return None if turned is None else (turned[0], -turned[1])
    if (np.diff(values) < 0).any():
        return None
    distinct, first = np.unique(values, return_index=True)
    last = np.append(first[1:], len(values)) - 1
    middles = (positions[first] + positions[last]) / 2
    middles[0], middles[-1] = 0.0, 1.0
    return middles, distinct


def _thinned(positions: np.ndarray, values: np.ndarray, rounding: float) -> tuple[tuple[float, float], ...]:
    """The fewest points, chosen greedily, between which straight lines stay close to all points.

    Close means a thousandth of the range, or half a percent of the value where that is less: a frequency curve must be
    right at its low end too.
    """
    finite = values[values > SILENCE_DB]
    span = finite.max() - finite.min()
    close = np.clip(5e-3 * np.abs(values), 1e-5 * span, THINNED_ERROR * span)
    close = np.maximum(close, rounding)
    kept = [0]
    while kept[-1] < len(positions) - 1:
        kept.append(_furthest(kept[-1], positions, values, close))
    return tuple((float(positions[i]), float(values[i])) for i in kept)


def _furthest(start: int, positions: np.ndarray, values: np.ndarray, close: np.ndarray) -> int:
    """The last point to which a straight line from `start` stays close to all points between."""
    best = start + 1
    for end in range(start + 2, len(positions)):
        between = slice(start + 1, end)
        line = np.interp(positions[between], positions[[start, end]], values[[start, end]])
        if (np.abs(line - values[between]) <= close[between]).all():
            best = end
    return best


def pinned(fitted: dict, position: float, reading: Reading | None) -> dict:
    """`fitted` with a further point at the plugin's own starting position, where it is a measured curve."""
    points = fitted.get("points", ())
    if reading is None or not points or reading.unit != fitted["unit"]:
        return fitted
    before = [point for point in points if point[0] < position - SAME_POSITION]
    after = [point for point in points if point[0] > position + SAME_POSITION]
    if not before or not after:
        return fitted
    (*_, (_, low)), ((_, high), *_) = before, after
    is_between = min(low, high) < reading.value < max(low, high)
    return fitted | {"points": (*before, (position, reading.value), *after)} if is_between else fitted


def physical_default(fitted: dict, position: float) -> float:
    """The physical value at the plugin's own starting position, free of float32 noise."""
    spec = ParameterSpec(name="default", default=fitted["minimum"], **fitted)
    value = float(spec.from_0to1(position))
    if spec.legal_steps:
        return value
    return min(max(_tidy(value, spec), spec.minimum), spec.maximum)


def _tidy(value: float, spec: ParameterSpec) -> float:
    scale = abs(value) if spec.curve == "logarithmic" else spec.maximum - spec.minimum
    return round(value, 6 - math.ceil(math.log10(scale))) + 0.0  # -0.0 becomes 0.0
