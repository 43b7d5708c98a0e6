"""The figures of a report: the tiles at its head and the table of metrics."""

from collections.abc import Callable
from dataclasses import dataclass

from dawbridge.report.page import Page

UNDEFINED = "–"
IDENTICAL_DB = -300.0  # a null below this is bit for bit


def _null_text(value: float) -> str:
    return "identical" if value <= IDENTICAL_DB else f"{value:.1f} dB"


@dataclass(frozen=True)
class Column:
    """One metric: where it is in the metrics, and how it is written. The best value has the least `badness`."""

    group: str
    key: str
    label: str
    text: Callable[[float], str]
    badness: Callable[[float], float] = float

    def value(self, metrics: dict) -> float | None:
        """The value in one set of metrics; None where it is undefined."""
        part = metrics if self.group == "plain" else metrics.get("normalised")
        value = part.get(self.key) if isinstance(part, dict) else None
        return None if value is None else float(value)


NULL = Column("plain", "null_db", "Null", _null_text)
_MRSD = Column("plain", "mrsd", "MRSD", lambda value: f"{value:.3f}")
_LOUDNESS = Column("plain", "loudness_difference_lu", "Loudness", lambda value: f"{value:+.2f} LU", abs)
COLUMNS = (
    NULL,
    _MRSD,
    Column("plain", "mae", "MAE", lambda value: f"{value:.3g}"),
    _LOUDNESS,
    Column("normalised", "null_db", "Null", _null_text),
    Column("normalised", "mrsd", "MRSD", lambda value: f"{value:.3f}"),
    Column("normalised", "mae", "MAE", lambda value: f"{value:.3g}"),
)


@dataclass(frozen=True)
class MetricsRow:
    """One line of the metrics table: (text, is it the best of its column) for each of COLUMNS."""

    name: str
    kind: str
    cells: tuple[tuple[str, bool], ...]


def metrics_rows(metrics: dict) -> list[MetricsRow]:
    """The recovered mix, the steps that led to it, and the baselines; empty where nothing was measured."""
    sets = [("Recovered mix", "result", metrics)]
    sets += [(name, "step", part) for name, part in (metrics.get("stages") or {}).items()]
    sets += [(name, "baseline", part) for name, part in (metrics.get("baselines") or {}).items()]
    values = [[column.value(part) for column in COLUMNS] for _, _, part in sets]
    if all(value is None for value in values[0]):
        return []
    best = [_best(column, [row[index] for row in values]) for index, column in enumerate(COLUMNS)]
    return [
        MetricsRow(_spoken(name), kind, tuple(map(_cell, COLUMNS, row, best)))
        for (name, kind, _), row in zip(sets, values, strict=True)
    ]


def _best(column: Column, values: list[float | None]) -> float | None:
    known = [column.badness(value) for value in values if value is not None]
    return min(known) if len(known) > 1 else None


def _cell(column: Column, value: float | None, best: float | None) -> tuple[str, bool]:
    if value is None:
        return UNDEFINED, False
    return column.text(value), best is not None and column.badness(value) <= best + 1e-12


def _spoken(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Tile:
    """A figure in large type with what it means."""

    label: str
    value: str
    note: str


def tiles(page: Page) -> list[Tile]:
    """Null, spectral distance and loudness of the recovered mix, and the cost; those that are known."""
    found = []
    baseline = sum_baseline(page.metrics)
    for column, label in ((NULL, "null against the reference"), (_MRSD, "spectral distance (MRSD)")):
        if (value := column.value(page.metrics)) is not None:
            other = None if baseline is None else column.value(baseline)
            note = "lower is better" if other is None else f"plain sum {column.text(other)}"
            found.append(Tile(label, column.text(value), note))
    if (value := _LOUDNESS.value(page.metrics)) is not None:
        found.append(Tile("loudness difference", _LOUDNESS.text(value), "recovered − reference"))
    if renders := page.metrics.get("budget_renders"):
        seconds = page.metrics.get("seconds")
        note = f"in {_duration(seconds)}" if seconds else "spent"
        found.append(Tile("strip renders", f"{renders:,}", note))
    return found


def sum_baseline(metrics: dict) -> dict | None:
    """The plain sum's metrics: the baseline that has `sum` in its name, else None."""
    baselines = metrics.get("baselines") or {}
    named = [part for name, part in baselines.items() if "sum" in name.lower()]
    return next(iter(named), None)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, remaining = divmod(round(seconds), 60)
    return f"{minutes} min {remaining} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
