"""A published table as Markdown, with what was measured here beside it.

Means over mixes, as in the paper, of what `evaluate` gives after loudness normalisation. `/sum` is a ratio to the plain
sum of the same mixes, for the paper to its own sum: that can be compared, as loudness drops out of it.
"""

from collections.abc import Mapping
from statistics import mean, median

from inversion_bench.competitors.published import Published

HEAD = "| model | competitor | mixes | MAE | MRSD | MAE/sum | MRSD/sum | null dB | renders "
PAPER_HEAD = "| paper: MAE | MRSD | MAE/sum | MRSD/sum "
SUM = "plain_sum"
NONE = "–"
METRICS = ("mae", "mrsd")

# By (song, seed): objects of result.json.
Cells = Mapping[tuple[str, int], dict]


def published_table(
    published: tuple[Published, ...], sum_row: Published | None, cells: Mapping[str, Cells], others: Mapping[str, str]
) -> str:
    """

    sum_row: the plain sum as published; cells: competitor → its results; those of the plain sum among them
    """
    lines = [HEAD + (PAPER_HEAD if published else "") + "|"]
    lines.append("|---" * (lines[0].count("|") - 1) + "|")
    for row in published:
        lines.append(_line(row.title, row.competitor, cells, [*_paper(row, sum_row)]))
    for name, title in others.items():
        lines.append(_line(title, name, cells, [NONE] * 4 if published else []))
    return "\n".join(lines) + "\n"


def _paper(row: Published, sum_row: Published | None):
    yield from (f"{row.mae:.3f}", f"{row.mrsd:.3f}")
    yield from (f"{row.mae / sum_row.mae:.3f}", f"{row.mrsd / sum_row.mrsd:.3f}") if sum_row else (NONE, NONE)


def _line(title: str, competitor: str, cells: Mapping[str, Cells], paper: list[str]) -> str:
    own = cells.get(competitor, {})
    sums = cells.get(SUM, {})
    nulls = [cell["mix"]["null_db"] for cell in own.values() if cell["mix"]["null_db"] is not None]
    texts = [title or NONE, f"`{competitor}`", str(len(own))]
    texts += [_text([value for value, _ in _pairs(own, own, key)]) for key in METRICS]
    texts += [_ratio(_pairs(own, sums, key)) for key in METRICS]
    texts += [f"{median(nulls):.1f}" if nulls else NONE]
    texts += [f"{median(cell['renders'] for cell in own.values()):.0f}" if own else NONE]
    return f"| {' | '.join([*texts, *paper])} |"


def _pairs(own: Cells, others: Cells, key: str) -> list[tuple[float, float]]:
    """The metric of each mix in both, where both have it: silence has none."""
    rows = [(own[place], others[place]) for place in own if place in others]
    values = [tuple(cell["mix"]["normalised"][key] for cell in row) for row in rows]
    return [row for row in values if None not in row]


def _text(values: list[float]) -> str:
    return f"{mean(values):.4f}" if values else NONE


def _ratio(pairs: list[tuple[float, float]]) -> str:
    below = sum(other for _, other in pairs)
    return f"{sum(value for value, _ in pairs) / below:.3f}" if below else NONE
