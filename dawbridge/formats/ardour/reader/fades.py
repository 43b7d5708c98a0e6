"""Fades of regions: Ardour's lists of points as one of a session's two shapes.

Ardour stretches a list over the fade's samples: the first sample lies on its start, the last on its end (measured to
1e-7). So a fade over n samples that ends at full gain sounds like a session's fade of n - 1 samples; one that ends one
sample's step short of full gain sounds like a session's of n.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from lxml import etree

from dawbridge.formats.ardour.reader.automation import parse_points
from dawbridge.formats.ardour.reader.numbers import is_on
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.loss import Losses
from dawbridge.session.model import FadeShape

DEFAULT_SAMPLES = 64
_TOLERANCE = 3e-3  # of a gain: Ardour's own equal-power curve has only 33 points
_STEPS_ERROR = 0.05  # of a gain: the largest error that the steps of a short list make
_SHAPES: dict[FadeShape, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda share: share,
    "equal_power": lambda share: np.sin(share * (math.pi / 2.0)),
}
_INVERSES = {"linear": lambda gain: gain, "equal_power": lambda gain: math.asin(gain) * 2.0 / math.pi}


@dataclass(frozen=True)
class Fade:
    """A fade of so many samples, as a session counts them, and its shape."""

    samples: int = 0
    shape: FadeShape = "linear"


NO_FADE = Fade()


@dataclass(frozen=True)
class Fades:
    """A region's fades, and those of the regions below it: out where it fades in, in where it fades out."""

    fade_in: Fade = NO_FADE
    fade_out: Fade = NO_FADE
    below_out: Fade = NO_FADE
    below_in: Fade = NO_FADE


NO_FADES = Fades()


def read_fades(row: etree._Element, length: int, clock: Clock, losses: Losses, where: str) -> Fades:
    """The fades of a region of `length` samples. A curve of another shape becomes the nearer of the two."""
    read = partial(_read, row, length, clock, losses, where)
    return Fades(
        fade_in=read("in", "FadeIn", True),
        fade_out=read("out", "FadeOut", False),
        below_out=read("in", "InverseFadeIn", False),
        below_in=read("out", "InverseFadeOut", True),
    )


def _read(
    row: etree._Element,
    length: int,
    clock: Clock,
    losses: Losses,
    where: str,
    side: str,
    tag: str,
    is_rising: bool,
) -> Fade:
    """The fade of the list `tag`; `side`: "in" or "out"."""
    if not is_on(row, f"fade-{side}-active", True):
        return NO_FADE
    found = row.find(f"{tag}/AutomationList")
    points = [] if found is None else parse_points(found, clock, f"{where} {tag}")
    if not points:
        return _default(length, losses)
    if points[-1][0] <= 0.0:
        return NO_FADE
    count = round(points[-1][0] * clock.rate)
    rising = points if is_rising else [(points[-1][0] - at, value) for at, value in reversed(points)]
    shares = tuple(at / points[-1][0] for at, _ in rising)
    shape, samples, off = _nearest(shares, tuple(value for _, value in rising), count, length)
    if _TOLERANCE < off < _STEPS_ERROR and count <= DEFAULT_SAMPLES:
        _add_steps_loss(losses)
    elif off > _TOLERANCE and not tag.startswith("Inverse"):
        what = f"the curve of its {tag}; it is {shape.replace('_', ' ')} here, up to {off:.2g} off"
        losses.add("clip.fade_shape", where, what)
    return Fade(min(samples, length), shape)


def _default(length: int, losses: Losses) -> Fade:
    """Ardour's default fade of every region: 33 points on 64 samples, so its curve has steps."""
    _add_steps_loss(losses)
    return Fade(max(min(DEFAULT_SAMPLES, length) - 1, 0), "equal_power")


def _add_steps_loss(losses: Losses) -> None:
    what = f"the steps of the fades of {DEFAULT_SAMPLES} samples that Ardour gives every region; they are smooth here"
    losses.add("clip.fade_shape", "session", what)


@lru_cache(maxsize=1024)
def _nearest(
    shares: tuple[float, ...], values: tuple[float, ...], count: int, length: int
) -> tuple[FadeShape, int, float]:
    """(shape, samples, largest error of a point) for a rising list that Ardour stretches over `count` samples."""
    found = []
    for shape, curve in _SHAPES.items():
        samples = _samples(shape, values[-1], count, length)
        gains = curve(np.clip(np.array(shares) * max(count - 1, 1) / max(samples, 1), 0.0, 1.0))
        found.append((float(np.max(np.abs(gains - np.array(values)))), shape, samples))
    # Two points fit both: the straight line is what Ardour draws between them.
    off, shape, samples = found[0] if len(shares) == 2 else min(found)
    return shape, samples, off


def _samples(shape: FadeShape, last_gain: float, count: int, length: int) -> int:
    """The length of a session's fade that reaches `last_gain` at the last of `count` samples."""
    share = _INVERSES[shape](min(max(last_gain, 0.0), 1.0))
    samples = round((count - 1) / share) if share > 0.0 else count
    return samples if samples <= count or count >= length else min(samples, count + 1)
