"""Fades of a region as Ardour draws them: curves over time, and how it reads them.

Ardour reads a fade of n samples at the times i·n/(n−1), so that the last sample lies on its end; ours has its shape at
i/n of its length, one sample short of full gain. The curves below are drawn so that each sample gets our gain.
"""

import math
from collections.abc import Callable

import numpy as np
from lxml import etree
from lxml.builder import E

from dawbridge.formats.ardour.writer.elements import Ids, events_text
from dawbridge.session import Clip

_MOST_PIECES = 256  # a quarter of a sine in so many straight pieces is true to 5e-6
_SHAPES = {"linear": lambda share: share, "equal_power": lambda share: np.sin(share * (math.pi / 2))}


def fade_in(clip: Clip, first: int, last: int, sample_rate: int, ids: Ids) -> list[etree._Element]:
    """Of samples `first` to `last` of the clip: what of its fade-in lies there, or nothing."""
    count = min(clip.fade_in_samples, last) - first
    shape, length = _SHAPES[clip.fade_shape], clip.fade_in_samples
    return _fade("FadeIn", "fadein", count, lambda at: shape((first + at) / length), clip, sample_rate, ids)


def fade_out(clip: Clip, first: int, last: int, length: int, sample_rate: int, ids: Ids) -> list[etree._Element]:
    """The same of its fade-out; `length` is the clip's own, whatever its file holds."""
    begin = max(length - clip.fade_out_samples, first)
    shape, span = _SHAPES[clip.fade_shape], clip.fade_out_samples
    gain = lambda at: shape(np.clip((length - 1 - begin - at) / span, 0.0, 1.0))  # noqa: E731
    return _fade("FadeOut", "fadeout", last - begin, gain, clip, sample_rate, ids)


def _fade(
    tag: str, name: str, count: int, gain: Callable, clip: Clip, sample_rate: int, ids: Ids
) -> list[etree._Element]:
    if count <= 0:
        return []
    pieces = 1 if clip.fade_shape == "linear" else min(_MOST_PIECES, max(count - 1, 1))
    places = np.linspace(0.0, count, pieces + 1)
    values = gain(places * ((count - 1) / count))
    points = list(zip((places / sample_rate).tolist(), values.tolist()))
    lists = E.AutomationList(
        {
            "automation-id": name,
            "id": ids(),
            "interpolation-style": "Linear",
            "time-domain": "AudioTime",
            "state": "Off",
        },  # fmt: skip
        E.events(events_text(points, sample_rate)),
    )
    return [E(tag, lists)]
