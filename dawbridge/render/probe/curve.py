"""Texts at evenly spaced positions → range, unit and curve of a parameter.

In: what the plugin writes at 0, 1/256 … 1 (or any even grid). Out: the keywords of a ParameterSpec. The texts
are rounded, so a curve counts as fitting when it stays within the rounding; a staircase that comes from the
rounding alone is therefore a line. Non-numeric texts that are few are steps, else the plain 0..1 remains.
"""

import math

import numpy as np

from dawbridge.params import ParameterSpec
from dawbridge.render.probe.text import Reading, parse_text
from dawbridge.units import SILENCE_DB

MAX_STEPS = 256
FEW_TEXTS = 16
LINE_ERROR, FIT_ERROR = 2e-5, 2e-4
THINNED_ERROR = 1e-3
SAME_PLACE = 1e-6
_PLAIN = {"minimum": 0.0, "maximum": 1.0}


def fit_curve(texts: list[str], label: str = "", declared_steps: list[str] | None = None) -> dict:
    """Keywords minimum, maximum, unit, curve, steps, points, choices.

    `label` is the unit shown beside the texts. `declared_steps` are the texts at the steps that the plugin
    declares (`texts` may then be empty); empty: it declares to be continuous; None: it declares nothing, so
    few texts mean steps.
    """
    texts = texts or declared_steps
    if len(set(texts)) < 2:
        return dict(_PLAIN)
    readings = [parse_text(text, label) for text in texts]
    is_number = None not in readings and len({reading.unit for reading in readings}) == 1
    is_declared_smooth = declared_steps == [] and is_number and len(set(texts)) > 2
    steps = None if is_declared_smooth else declared_steps or _few(texts)
    if steps and (fitted := _stepped(steps, label)):
        return fitted
    return _continuous(readings) if is_number else dict(_PLAIN)


def _few(texts: list[str]) -> list[str] | None:
    """The distinct texts, where they are few and the even grid of steps meets each of them once.

    A step may lie between two places of `texts`, right where its text begins: either may show it.
    """
    distinct = list(dict.fromkeys(texts))
    if not 2 <= len(distinct) <= FEW_TEXTS:
        return None
    places = np.linspace(0, len(texts) - 1, len(distinct)).round(9)
    below, above = np.floor(places).astype(int), np.ceil(places).astype(int)
    is_met = all(text in (texts[b], texts[a]) for text, b, a in zip(distinct, below, above, strict=True))
    return distinct if is_met else None


def _stepped(texts: list[str], label: str) -> dict | None:
    if len(texts) > MAX_STEPS or len(set(texts)) < 2:
        return None
    readings = [parse_text(text, label) for text in texts]
    is_numeric = None not in readings
    if len(texts) == 2:
        choices = () if is_numeric and [reading.value for reading in readings] == [0.0, 1.0] else tuple(texts)
        return _PLAIN | {"unit": "bool", "curve": "boolean", "choices": choices}
    values = [reading.value for reading in readings] if is_numeric else []
    if is_numeric and len({reading.unit for reading in readings}) == 1 and all(np.diff(values) > 0):
        steps, unit, choices = tuple(values), readings[0].unit, ()
    else:
        steps, unit, choices = tuple(map(float, range(len(texts)))), "", tuple(texts)
    found = {"minimum": steps[0], "maximum": steps[-1], "unit": unit, "curve": "stepped"}
    return found | {"steps": steps, "choices": choices}


def _continuous(readings: list[Reading]) -> dict:
    places = np.linspace(0.0, 1.0, len(readings))
    values = np.array([reading.value for reading in readings])
    rounding = _rounding(values, np.array([reading.rounding for reading in readings]))
    first, last = values[0], values[-1]
    found = {"minimum": min(first, last), "maximum": max(first, last), "unit": readings[0].unit}
    found |= {key: float(found[key]) for key in ("minimum", "maximum")}
    if last > first and first != SILENCE_DB:
        line = first + places * (last - first)
        slack = 1.05 * (rounding + max(rounding[0], rounding[-1])) + LINE_ERROR * (last - first)
        if (np.abs(line - values) <= slack).all():
            return found | {"curve": "linear"}
        # A rounded low end may be no end of the exponential: 0.0 never is.
        if first > 0:
            curve = first * np.exp(places * math.log(last / first))
            end_slack = curve / first * rounding[0] * (1 - places) + curve / last * rounding[-1] * places
            if (np.abs(curve - values) <= 1.05 * (rounding + end_slack) + FIT_ERROR * curve).all():
                return found | {"curve": "logarithmic"}
    points = _monotone_points(places, values)
    if points is None:
        return dict(_PLAIN)
    return found | {"curve": "measured", "points": _thinned(*points, rounding.min())}


def _rounding(values: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """How far each value may be from its text. Where zeros at the end are left out, `1` is as exact as `1.0005`:
    a value has as many digits that count as any other."""
    decades = np.floor(np.log10(np.abs(values), out=np.full(len(values), -np.inf), where=values != 0.0))
    in_decades = [(10.0**decade, shown[decades == decade]) for decade in set(decades) if decade > -np.inf]
    if all(rounding.max() <= 50 * rounding.min() for _, rounding in in_decades):
        return shown
    return min(rounding.min() / size for size, rounding in in_decades) * 10.0**decades


def _monotone_points(places: np.ndarray, values: np.ndarray):
    """One point per value: the ends, and each plateau's middle. None where the texts are not monotone."""
    if values[0] > values[-1]:
        turned = _monotone_points(places, -values)
        return None if turned is None else (turned[0], -turned[1])
    if (np.diff(values) < 0).any():
        return None
    distinct, first = np.unique(values, return_index=True)
    last = np.append(first[1:], len(values)) - 1
    middles = (places[first] + places[last]) / 2
    middles[0], middles[-1] = 0.0, 1.0
    return middles, distinct


def _thinned(places: np.ndarray, values: np.ndarray, rounding: float) -> tuple[tuple[float, float], ...]:
    """The fewest points, taken greedily, whose straight lines stay close to all.

    Close is a thousandth of the range, or half a percent of the value where that is less: a frequency curve
    must be right at its low end too.
    """
    finite = values[values > SILENCE_DB]
    span = finite.max() - finite.min()
    close = np.clip(5e-3 * np.abs(values), 1e-5 * span, THINNED_ERROR * span)
    close = np.maximum(close, rounding)
    kept = [0]
    while kept[-1] < len(places) - 1:
        kept.append(_furthest(kept[-1], places, values, close))
    return tuple((float(places[i]), float(values[i])) for i in kept)


def _furthest(start: int, places: np.ndarray, values: np.ndarray, close: np.ndarray) -> int:
    """The last point that one straight line from `start` reaches without leaving any point between."""
    best = start + 1
    for end in range(start + 2, len(places)):
        between = slice(start + 1, end)
        line = np.interp(places[between], places[[start, end]], values[[start, end]])
        if (np.abs(line - values[between]) <= close[between]).all():
            best = end
    return best


def pinned(fitted: dict, position: float, reading: Reading | None) -> dict:
    """A measured curve that meets the plugin's own starting position and the text there; other curves as they are."""
    points = fitted.get("points", ())
    if reading is None or not points or reading.unit != fitted["unit"]:
        return fitted
    before = [point for point in points if point[0] < position - SAME_PLACE]
    after = [point for point in points if point[0] > position + SAME_PLACE]
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
