"""Charts as inline SVG: lines over two axes, and a picture over two axes.

Drawn by hand rather than by a plotting library: the page's style sheet then colours them in light and dark,
their text stays text, and a chart is a few kilobytes. A name or label that goes in is escaped.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

WIDTH, HEIGHT = 560, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 10, 42


@dataclass(frozen=True)
class Axis:
    """`minimum`…`maximum` with a tick at each of `ticks`; `label` names the quantity and its unit."""

    label: str
    minimum: float
    maximum: float
    ticks: tuple[float, ...]
    is_logarithmic: bool = False
    text: Callable[[float], str] = lambda value: f"{value:g}"

    def place_0to1(self, values) -> np.ndarray:
        """Where `values` lie between the two ends."""
        values = np.asarray(values, dtype=np.float64)
        if self.is_logarithmic:
            return np.log(values / self.minimum) / math.log(self.maximum / self.minimum)
        return (values - self.minimum) / (self.maximum - self.minimum)


@dataclass(frozen=True)
class Line:
    """One line. `key` is a class of the style sheet; values that are not finite are gaps."""

    key: str
    label: str
    x: np.ndarray
    y: np.ndarray


def line_chart(description: str, lines: Iterable[Line], x_axis: Axis, y_axis: Axis) -> Markup:
    """The lines over both axes, as an `<svg>`."""
    paths = Markup("").join(_path(line, x_axis, y_axis) for line in lines)
    return _svg(description, Markup("{}{}").format(_axes(x_axis, y_axis), paths))


def picture_chart(description: str, png_uri: str, x_axis: Axis, y_axis: Axis) -> Markup:
    """A picture stretched between both axes, its first row at the top."""
    image = Markup(
        '<image x="{}" y="{}" width="{}" height="{}" preserveAspectRatio="none" href="{}"/>'
    ).format(LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, png_uri)
    return _svg(description, Markup("{}{}").format(image, _axes(x_axis, y_axis)))


def linear_axis(label: str, minimum: float, maximum: float, ticks: int = 6, text=None) -> Axis:
    """An axis from `minimum` to `maximum` or a little beyond, with about `ticks` round ticks."""
    if not maximum > minimum:
        minimum, maximum = minimum - 0.5, maximum + 0.5
    step = _round_step((maximum - minimum) / ticks)
    first, last = math.floor(minimum / step + 1e-6), math.ceil(maximum / step - 1e-6)
    marks = tuple(round(number * step, 10) for number in range(first, last + 1))
    return Axis(label, marks[0], marks[-1], marks, text=text or (lambda value: f"{value:g}"))


def time_axis(start_s: float, end_s: float) -> Axis:
    """Song time in minutes and seconds, ending where the song does."""
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
    step = next((step for step in steps if (end_s - start_s) / step <= 7), steps[-1])
    first, last = math.ceil(start_s / step), math.floor(end_s / step)
    ticks = tuple(number * step for number in range(first, last + 1))
    return Axis("time", start_s, max(end_s, start_s + 0.01), ticks, text=clock if step >= 1 else clock_tenths)


def frequency_axis(minimum: float, maximum: float, octaves: int = 1) -> Axis:
    """Frequency on a logarithmic scale, with a tick each so many `octaves`."""
    marks = (31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000)[octaves - 1 :: octaves]
    ticks = tuple(mark for mark in marks if minimum <= mark <= maximum)
    return Axis("frequency in Hz", minimum, maximum, ticks, is_logarithmic=True, text=_hertz)


def _hertz(frequency_hz: float) -> str:
    return f"{frequency_hz:g}" if frequency_hz < 1000 else f"{frequency_hz / 1000:g}k"


def clock(seconds: float) -> str:
    """`3:07`, to the nearest second."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def clock_tenths(seconds: float) -> str:
    """`0:03.4`."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * 0.999)


def _svg(description: str, inner: Markup) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, description, inner
    )


def _across(axis: Axis, values) -> np.ndarray:
    return LEFT + axis.place_0to1(values) * (WIDTH - LEFT - RIGHT)


def _down(axis: Axis, values) -> np.ndarray:
    return HEIGHT - BOTTOM - axis.place_0to1(values).clip(-0.02, 1.02) * (HEIGHT - TOP - BOTTOM)


def _axes(x_axis: Axis, y_axis: Axis) -> Markup:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for tick, y in zip(y_axis.ticks, _down(y_axis, y_axis.ticks), strict=True):
        kind = "zero" if tick == 0 and y_axis.minimum < 0 < y_axis.maximum else "grid"
        parts.append(f'<path class="{kind}" d="M{LEFT} {y:.1f}H{right}"/>')
        parts.append(f'<text class="y" x="{LEFT - 6}" y="{y + 4:.1f}">{escape(y_axis.text(tick))}</text>')
    for tick, x in zip(x_axis.ticks, _across(x_axis, x_axis.ticks), strict=True):
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>')
        parts.append(f'<text class="x" x="{x:.1f}" y="{bottom + 17}">{escape(x_axis.text(tick))}</text>')
    middle = (TOP + bottom) / 2
    flat, turned = (
        f'x="{(LEFT + right) / 2}" y="{HEIGHT - 5}"',
        f'transform="translate(12 {middle}) rotate(-90)"',
    )
    for axis, place in ((x_axis, flat), (y_axis, turned)):
        parts.append(f'<text class="x" {place}>{escape(axis.label)}</text>')
    return Markup("".join(parts))


def _path(line: Line, x_axis: Axis, y_axis: Axis) -> Markup:
    is_finite = np.isfinite(line.y)
    xs, ys = _across(x_axis, line.x), _down(y_axis, np.where(is_finite, line.y, y_axis.minimum))
    words, is_drawing = [], False
    for x, y, is_drawn in zip(xs, ys, is_finite, strict=True):
        if is_drawn:
            words.append(f"{'L' if is_drawing else 'M'}{x:.1f} {y:.1f}")
        is_drawing = bool(is_drawn)
    if len(words) == 1:  # a lone point would be invisible
        words.append("h0.01")
    return Markup('<path class="line {}" d="{}"/>').format(line.key, "".join(words))
