"""ParameterSpec: what a parameter is, and the one pair of maps between physical values and 0..1.

`from_0to1` and `to_0to1` take floats, numpy arrays or torch tensors and return the same kind. In float64
the round trip stays within 1e-6 of the 0..1 range and is exact on legal steps. With torch, the gradient of
`from_0to1` is finite on all of [0, 1]; a stepped parameter passes the gradient of the line through its
steps (a straight-through estimate), since its own is zero almost everywhere.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np

from dawbridge.errors import InputError
from dawbridge.units import Numeric

STEP_SLACK = 1e-6
Curve = Literal["linear", "logarithmic", "stepped", "boolean", "measured"]


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter of a device, in physical units.

    name:     key in sessions and chains, unique in its device
    unit:     "dB", "s", "Hz", "ratio", "%", "bool" or ""
    curve:    how 0..1 maps to minimum..maximum
    steps:    legal values of a stepped parameter, ascending in 0..1
    points:   (0..1, physical) pairs of a measured curve, strictly monotone in both
    label:    the name on the plugin's own face
    param_id: the VST3 ParamID, or None
    index:    the position in the plugin's own list (VST2), or None
    choices:  the texts a plugin shows for its steps
    """

    name: str
    minimum: float
    maximum: float
    default: float
    unit: str = ""
    curve: Curve = "linear"
    steps: tuple[float, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    label: str = ""
    param_id: int | None = None
    index: int | None = None
    choices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for is_wrong, fault in self._faults():
            if is_wrong:
                raise InputError(f"parameter {self.name!r}: {fault}; correct its table")

    def _faults(self) -> Iterator[tuple[bool, str]]:
        """(whether it is so, what would be wrong), each asked only where those before it are in order."""
        low, high, curve = self.minimum, self.maximum, self.curve
        yield not all(map(math.isfinite, (low, high, self.default))), f"range {low}…{high} is not finite"
        yield curve not in get_args(Curve), f"unknown curve {curve!r}, legal are {', '.join(get_args(Curve))}"
        yield low >= high, f"minimum {low} is not below {high}"
        yield not low <= self.default <= high, f"default {self.default} outside {self.range_text}"
        yield curve == "logarithmic" and low <= 0, f"a logarithmic range must be positive, not {low}"
        yield curve == "boolean" and (low, high) != (0.0, 1.0), "a boolean runs from 0 to 1"
        if curve == "stepped":
            yield from self._step_faults()
        if curve == "measured":
            yield from self._point_faults()

    def _step_faults(self) -> Iterator[tuple[bool, str]]:
        steps = self.steps
        is_ascending = len(steps) >= 2 and all(low < high for low, high in pairwise(steps))
        yield not is_ascending, "steps must be two or more, ascending"
        yield (steps[0], steps[-1]) != (self.minimum, self.maximum), f"steps must span {self.range_text}"
        lengths = len(self.choices), len(steps)
        yield lengths[0] not in (0, lengths[1]), "{} choices for {} steps".format(*lengths)

    def _point_faults(self) -> Iterator[tuple[bool, str]]:
        points = np.array(self.points, dtype=np.float64).reshape(-1, 2)
        is_short = len(points) < 2 or points[0, 0] != 0.0 or points[-1, 0] != 1.0
        yield is_short, "a measured curve needs points from 0 to 1"
        steps, rises = np.diff(points, axis=0).T
        is_monotone = (steps > 0).all() and ((rises > 0).all() or (rises < 0).all())
        yield not is_monotone, "measured points must be strictly monotone"

    @property
    def legal_steps(self) -> tuple[float, ...]:
        """The legal values of a stepped or boolean parameter, else empty."""
        return (0.0, 1.0) if self.curve == "boolean" else self.steps

    def from_0to1(self, position: Numeric) -> Numeric:
        """Physical value at `position` in 0..1 (clipped to it)."""
        position = _clip_0to1(position)
        if self.curve == "linear":
            return self.minimum + position * (self.maximum - self.minimum)
        if self.curve == "logarithmic":
            span = math.log(self.maximum / self.minimum)
            return self.minimum * _exp(position * span)
        if self.curve == "measured":
            positions, values = zip(*self.points, strict=True)
            return _interpolate(position, positions, values)
        return _take_step(position, self.legal_steps)

    def to_0to1(self, value: Numeric) -> Numeric:
        """Position in 0..1 of a physical `value` (clipped to the range)."""
        if self.curve == "linear":
            return _clip_0to1((value - self.minimum) / (self.maximum - self.minimum))
        if self.curve == "logarithmic":
            span = math.log(self.maximum / self.minimum)
            return _clip_0to1(_log(_at_least(value, self.minimum) / self.minimum) / span)
        if self.curve == "measured":
            positions, values = zip(*sorted(self.points, key=lambda point: point[1]), strict=True)
            return _interpolate(value, values, positions)
        return _step_position(value, self.legal_steps)

    def check(self, value: float, where: str = "") -> float:
        """`value` if it is legal, else an InputError that says where it is, what range is legal and what to do."""
        prefix = f"{where}: " if where else ""
        legal = self.range_text
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise InputError(f"{prefix}{self.name}={value!r} is not a finite number; give one in {legal}")
        slack = 1e-9 * (self.maximum - self.minimum)
        if not self.minimum - slack <= value <= self.maximum + slack:
            raise InputError(f"{prefix}{self.name}={value:g} outside {legal}; give a value in it")
        if not self.legal_steps:
            return float(value)
        nearest = min(self.legal_steps, key=lambda step: abs(step - value))
        if abs(nearest - value) > STEP_SLACK * (self.maximum - self.minimum):
            legal = ", ".join(f"{step:g}" for step in self.legal_steps)
            raise InputError(f"{prefix}{self.name}={value:g} is no step of {legal}; nearest is {nearest:g}")
        return nearest

    @property
    def range_text(self) -> str:
        """The range as an error message shows it."""
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.minimum:g}…{self.maximum:g}{unit}"

    def narrowed(self, minimum: float, maximum: float) -> "ParameterSpec":
        """The same parameter over a part of its range: 0..1 then spans minimum..maximum."""
        minimum = self.check(minimum, "narrowed range")
        maximum = self.check(maximum, "narrowed range")
        if minimum >= maximum:
            raise InputError(f"parameter {self.name!r}: narrowed range {minimum:g}…{maximum:g} is empty")
        default = min(max(self.default, minimum), maximum)
        part: dict[str, Any] = dict(minimum=minimum, maximum=maximum, default=default)
        if self.curve == "stepped":
            kept = [index for index, step in enumerate(self.steps) if minimum <= step <= maximum]
            part["steps"] = tuple(self.steps[index] for index in kept)
            part["choices"] = tuple(self.choices[index] for index in kept) if self.choices else ()
            part["default"] = min(part["steps"], key=lambda step: abs(step - default))
        if self.curve == "measured":
            part["points"] = self._points_between(minimum, maximum)
        return replace(self, **part)

    def _points_between(self, minimum: float, maximum: float) -> tuple[tuple[float, float], ...]:
        first, last = sorted((float(self.to_0to1(minimum)), float(self.to_0to1(maximum))))
        # A knot closer to an end than rounding would stand twice.
        inner = [position for position, _ in self.points if first + 1e-9 < position < last - 1e-9]
        positions = [first, *inner, last]
        return tuple(((each - first) / (last - first), float(self.from_0to1(each))) for each in positions)


def _is_torch(x: Numeric) -> bool:
    return type(x).__module__.startswith("torch")


def _clip_0to1(x: Numeric) -> Numeric:
    return x.clamp(0.0, 1.0) if _is_torch(x) else np.clip(x, 0.0, 1.0)


def _at_least(x: Numeric, floor: float) -> Numeric:
    return x.clamp(min=floor) if _is_torch(x) else np.maximum(x, floor)


def _exp(x: Numeric) -> Numeric:
    return x.exp() if _is_torch(x) else np.exp(x)


def _log(x: Numeric) -> Numeric:
    return x.log() if _is_torch(x) else np.log(x)


def _interpolate(x: Numeric, xs: Sequence[float], ys: Sequence[float]) -> Numeric:
    """Piecewise linear through (xs, ys), xs ascending, constant outside."""
    if not _is_torch(x):
        return np.interp(x, xs, ys)
    import torch

    knots = torch.as_tensor(xs, dtype=x.dtype, device=x.device)
    values = torch.as_tensor(ys, dtype=x.dtype, device=x.device)
    right = torch.searchsorted(knots, x.detach().contiguous()).clamp(1, len(xs) - 1)
    share = ((x - knots[right - 1]) / (knots[right] - knots[right - 1])).clamp(0.0, 1.0)
    return values[right - 1] + share * (values[right] - values[right - 1])


def _take_step(position: Numeric, steps: Sequence[float]) -> Numeric:
    last = len(steps) - 1
    if not _is_torch(position):
        return np.asarray(steps, dtype=np.float64)[np.rint(np.asarray(position) * last).astype(int)]
    import torch

    values = torch.as_tensor(steps, dtype=position.dtype, device=position.device)
    exact = values[(position.detach() * last).round().long()]
    line = steps[0] + position * (steps[-1] - steps[0])
    return exact + (line - line.detach())  # in this order: exact plus zero


def _step_position(value: Numeric, steps: Sequence[float]) -> Numeric:
    last = len(steps) - 1
    if not _is_torch(value):
        distance = np.abs(np.asarray(value)[..., None] - np.asarray(steps))
        return distance.argmin(-1) / last
    import torch

    distance = (value[..., None] - torch.as_tensor(steps, dtype=value.dtype, device=value.device)).abs()
    return distance.argmin(-1).to(value.dtype) / last
