"""Gains along a path from one channel to another: faders, sends and their pans, each fixed or automated."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dawbridge.curve import Curve
from dawbridge.pan import pan_gains
from dawbridge.units import db_to_gain

CHUNK_SAMPLES = 1 << 14  # so few that they stay in a core's cache


@dataclass(frozen=True)
class Stage:
    """A fader or a send with its pan. `channels`: 1 for the pan of a mono channel, 2 for a stereo one's."""

    gain_db: float | Curve
    pan_lr: float | Curve
    channels: int

    @property
    def is_fixed(self) -> bool:
        return not isinstance(self.gain_db, Curve) and not isinstance(self.pan_lr, Curve)

    def gains(self, samples: np.ndarray) -> np.ndarray:
        """The left and right gains [2, n] at these sample positions; [2, 1] if pan and gain are fixed."""
        left, right = pan_gains(_at(self.pan_lr, samples), self.channels)
        level = db_to_gain(_at(self.gain_db, samples))
        return np.stack(np.broadcast_arrays(level * left, level * right)).reshape(2, -1)


@dataclass(frozen=True)
class GainPath:
    """Stages in series. Without a stage, the signal is unchanged."""

    stages: tuple[Stage, ...] = ()

    @cached_property
    def is_identity(self) -> bool:
        """Whether the signal is unchanged."""
        return self._fixed is not None and bool((self._fixed == 1.0).all())

    def gains(self, first: int, count: int) -> np.ndarray:
        """The gains [2, count] from sample `first` on, or [2, 1] if all stages are fixed; float32."""
        return self._at(np.arange(first, first + count)) if self._fixed is None else self._fixed

    @cached_property
    def _fixed(self) -> np.ndarray | None:
        """The gains [2, 1] if all stages are fixed, else None. Cached, since a sum needs them for every chunk."""
        return self._at(np.zeros(1)) if all(stage.is_fixed for stage in self.stages) else None

    def _at(self, samples: np.ndarray) -> np.ndarray:
        total = np.ones((2, 1))
        for stage in self.stages:
            total = total * stage.gains(samples)
        return total.astype(np.float32)

    def apply(self, samples: np.ndarray, first: int = 0) -> np.ndarray:
        """`samples` [2, n], which begin at sample `first`, times the gains: a new [2, n]."""
        result = np.empty(samples.shape, np.float32)
        for begin, end in chunks(samples.shape[1]):
            np.multiply(samples[:, begin:end], self.gains(first + begin, end - begin), out=result[:, begin:end])
        return result


def chunks(length: int) -> Iterator[tuple[int, int]]:
    """(begin, end) of consecutive chunks that together have `length` samples."""
    return ((begin, min(begin + CHUNK_SAMPLES, length)) for begin in range(0, length, CHUNK_SAMPLES))


def _at(value: float | Curve, samples: np.ndarray) -> Any:
    return value.at(samples) if isinstance(value, Curve) else value
