"""Curve: a value over time, as points in samples: what a render follows where a session has automation."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

Shape = Literal["linear", "hold", "exponential"]


@dataclass(frozen=True)
class Curve:
    """Points at `samples`, ascending, with `values`. Each of `shapes` is the shape of the segment that begins there.

    Before the first point the first value holds, after the last point the last value. Where two points share a
    sample, the value jumps.
    """

    samples: tuple[float, ...]
    values: tuple[float, ...]
    shapes: tuple[Shape, ...]

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions, values and shapes as arrays, made once: a render asks for one block after another."""
        return np.array(self.samples), np.array(self.values, dtype=np.float64), np.array(self.shapes)

    def at(self, samples: np.ndarray) -> np.ndarray:
        """The values at these sample positions, float64."""
        point, value, shapes = self._arrays
        row = np.clip(np.searchsorted(point, samples, side="right") - 1, 0, len(point) - 1)
        following = np.minimum(row + 1, len(point) - 1)
        span = np.maximum(point[following] - point[row], 1e-9)
        share = np.clip((samples - point[row]) / span, 0.0, 1.0)
        first, last = value[row], value[following]
        shape = shapes[row]
        line = first + share * (last - first)
        is_exponential = shape == "exponential"
        if is_exponential.any():
            ratio = np.where(is_exponential, last, 1.0) / np.where(is_exponential & (first != 0.0), first, 1.0)
            line = np.where(is_exponential, first * ratio**share, line)
        return np.where(shape == "hold", first, line)
