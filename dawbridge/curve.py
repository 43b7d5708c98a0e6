"""Curve: a value over time, with its points in samples; what a render follows."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

Shape = Literal["linear", "hold", "exponential"]


@dataclass(frozen=True)
class Curve:
    """Points at `samples`, ascending, with `values`; `shapes` are those of the segments that begin there.

    Before the first point its value holds, after the last one the last. Where two share a sample, it jumps.
    """

    samples: tuple[float, ...]
    values: tuple[float, ...]
    shapes: tuple[Shape, ...]

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions, values, shapes: made once, since envelopes ask piece by piece."""
        return np.array(self.samples), np.array(self.values, dtype=np.float64), np.array(self.shapes)

    def at(self, samples: np.ndarray) -> np.ndarray:
        """The values at these sample positions, float64."""
        place, value, shapes = self._arrays
        row = np.clip(np.searchsorted(place, samples, side="right") - 1, 0, len(place) - 1)
        following = np.minimum(row + 1, len(place) - 1)
        span = np.maximum(place[following] - place[row], 1e-9)
        share = np.clip((samples - place[row]) / span, 0.0, 1.0)
        first, last = value[row], value[following]
        shape = shapes[row]
        line = first + share * (last - first)
        is_exponential = shape == "exponential"
        if is_exponential.any():
            ratio = np.where(is_exponential, last, 1.0) / np.where(is_exponential & (first != 0.0), first, 1.0)
            line = np.where(is_exponential, first * ratio**share, line)
        return np.where(shape == "hold", first, line)
