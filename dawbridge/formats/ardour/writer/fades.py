"""Fades of a region as Ardour draws them: lists of points.

Ardour reads a fade of n samples at the times i·n/(n−1), so its last sample lies on the end of the curve. A session's
fade has its shape at i/n of its length, so its last sample is one step short of full gain. The lists are drawn so that
Ardour gives each sample the session's gain.
"""

import math
from collections.abc import Callable

import numpy as np
from lxml import etree
from lxml.builder import E

from dawbridge.formats.ardour.writer.elements import Ids, automation
from dawbridge.session import Clip

_MOST_PIECES = 256  # a quarter of a sine in so many straight pieces is accurate to 5e-6
Curve = Callable[[np.ndarray], np.ndarray]
_SHAPES: dict[str, Curve] = {
    "linear": lambda share: share,
    "equal_power": lambda share: np.sin(share * (math.pi / 2)),
}


def fade_in(clip: Clip, first: int, last: int, sample_rate: int, ids: Ids) -> list[etree._Element]:
    """The part of the clip's fade-in that lies in its samples `first` to `last`; empty if none does."""
    count = min(clip.fade_in_samples, last) - first
    shape, length = _SHAPES[clip.fade_shape], clip.fade_in_samples
    return _fade("FadeIn", "fadein", count, lambda at: shape((first + at) / length), clip, sample_rate, ids)


def fade_out(clip: Clip, first: int, last: int, length: int, sample_rate: int, ids: Ids) -> list[etree._Element]:
    """The same for its fade-out; `length` is the clip's length, which its file may not reach."""
    begin = max(length - clip.fade_out_samples, first)
    shape, span = _SHAPES[clip.fade_shape], clip.fade_out_samples

    def gain(at: np.ndarray) -> np.ndarray:
        return shape(np.clip((length - 1 - begin - at) / span, 0.0, 1.0))

    return _fade("FadeOut", "fadeout", last - begin, gain, clip, sample_rate, ids)


def _fade(tag: str, name: str, count: int, gain: Curve, clip: Clip, sample_rate: int, ids: Ids) -> list[etree._Element]:
    if count <= 0:
        return []
    pieces = 1 if clip.fade_shape == "linear" else min(_MOST_PIECES, max(count - 1, 1))
    positions = np.linspace(0.0, count, pieces + 1)
    values = gain(positions * ((count - 1) / count))
    points = list(zip((positions / sample_rate).tolist(), values.tolist()))
    return [E(tag, automation(name, points, ids, state="Off"))]
