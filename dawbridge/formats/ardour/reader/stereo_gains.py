"""Gains of left and right over time: what faders, VCAs and panners do to a signal, multiplied together."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dawbridge.formats.ardour.reader.automation import AutomationLane

Pair = tuple[np.ndarray, np.ndarray]  # left, right


@dataclass(frozen=True)
class StereoGains:
    """Linear gains (left, right).

    at:    seconds → (left, right)
    times: the times (seconds) at which a curve begins, ends or bends; empty if the gains are constant
    """

    at: Callable[[np.ndarray], Pair]
    times: tuple[float, ...] = ()

    def __mul__(self, other: "StereoGains") -> "StereoGains":
        return self._combined(other, lambda one, by: one * by)

    def __truediv__(self, other: "StereoGains") -> "StereoGains":
        """The gains that give `self` if applied after `other`. A side that `other` silences takes the other gain."""
        return self._combined(other, lambda one, by: np.where(by > 0.0, one / np.where(by > 0.0, by, 1.0), np.nan))

    def _combined(self, other: "StereoGains", combine: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> "StereoGains":
        def at(seconds: np.ndarray) -> Pair:
            left, right = (combine(one, by) for one, by in zip(self.at(seconds), other.at(seconds)))
            return _without_nan(left, right)

        return StereoGains(at, tuple(sorted({*self.times, *other.times})))

    @property
    def is_constant(self) -> bool:
        return not self.times

    def at_start(self) -> tuple[float, float]:
        """(left, right) at the start."""
        left, right = self.at(np.zeros(1))
        return float(left[0]), float(right[0])

    def peak(self) -> float:
        """The highest gain of either side at any of its times."""
        times = np.array([0.0, *self.times])
        return float(max(side.max() for side in self.at(times)))


def _without_nan(left: np.ndarray, right: np.ndarray) -> Pair:
    """Both sides with NaN replaced by the other side's gain, or by 0 if that is NaN too."""
    return np.nan_to_num(np.where(np.isnan(left), right, left)), np.nan_to_num(np.where(np.isnan(right), left, right))


def equal_gains(lane: AutomationLane) -> StereoGains:
    """The same gain on both sides; negative values count as 0."""
    return lane_gains(lane, lambda gain: (np.maximum(gain, 0.0), np.maximum(gain, 0.0)))


def constant_gains(left: float, right: float) -> StereoGains:
    """Gains that do not move."""
    return StereoGains(lambda seconds: (np.full(len(seconds), left), np.full(len(seconds), right)))


def lane_gains(lane: AutomationLane, law: Callable[[np.ndarray], Pair]) -> StereoGains:
    """The gains that `law` makes of a control's values."""
    return StereoGains(lambda seconds: law(lane.at(seconds)), () if lane.is_constant else lane.times)
