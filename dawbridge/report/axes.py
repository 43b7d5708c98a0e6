"""The axes of a chart: where each starts and ends, and what stands at its ticks."""

from dataclasses import dataclass

from matplotlib.ticker import (
    FixedLocator,
    Formatter,
    FuncFormatter,
    Locator,
    LogLocator,
    MaxNLocator,
    MultipleLocator,
    StrMethodFormatter,
)

_CLOCK_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True)
class Axis:
    """`minimum`…`maximum`; `label` names the quantity and its unit. An Axis serves one chart."""

    label: str
    minimum: float
    maximum: float
    locator: Locator
    formatter: Formatter
    scale: str = "linear"


def linear_axis(label: str, minimum: float, maximum: float, is_integer: bool = False) -> Axis:
    """An axis from `minimum` to `maximum` or a little beyond, where its first and last ticks are."""
    if not maximum > minimum:
        minimum, maximum = minimum - 0.5, maximum + 0.5
    ticks = MaxNLocator(6, steps=(1, 2, 5, 10), integer=is_integer).tick_values(minimum, maximum)
    return Axis(label, ticks[0], ticks[-1], FixedLocator(ticks), StrMethodFormatter("{x:.9g}"))


def time_axis(start_s: float, end_s: float) -> Axis:
    """Song time in minutes and seconds, ending where the song does."""
    step_s = next((step for step in _CLOCK_STEPS_S if (end_s - start_s) / step <= 7), _CLOCK_STEPS_S[-1])
    text = clock if step_s >= 1 else clock_tenths
    formatter = FuncFormatter(lambda seconds, _: text(seconds))
    return Axis("time", start_s, max(end_s, start_s + 0.01), MultipleLocator(step_s), formatter)


def frequency_axis(minimum: float, maximum: float) -> Axis:
    """Frequency on a logarithmic scale."""
    locator, formatter = LogLocator(subs=(1, 2, 5)), FuncFormatter(_hertz)
    return Axis("frequency in Hz", minimum, maximum, locator, formatter, "log")


def _hertz(frequency_hz: float, _index: int) -> str:
    return f"{frequency_hz:g}" if frequency_hz < 1000 else f"{frequency_hz / 1000:g}k"


def clock(seconds: float) -> str:
    """`3:07`, to the nearest second."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def clock_tenths(seconds: float) -> str:
    """`0:03.4`."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"
