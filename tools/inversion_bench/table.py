"""The cells as Markdown: per case and competitor, medians and worst cases over songs and seeds.

A row names the commits that made its cells; a line below says where the cells of the whole table differ in that. What
others published is marked, and the lines below say that the code is ours and what was ours to choose.
"""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench_parts.results import RESULT, read_result
from bench_parts.stamp import code_of
from inversion_bench.statements import mark, statement_lines

PLAIN, CHANNEL = "plain_sum", "gain_and_pan"
HEAD = (
    "| competitor | null dB | worst | MAE/sum | worst | MRSD/sum | worst | MAE/gain&pan | worst | rest: null dB "
    "| parameters | renders | audio s | s | made by |"
)


def standing(cells: Path) -> list[dict]:
    """The results in `cells` (CASE/SONG-SEED/COMPETITOR-BUDGET), with their `song`, and `budget` in renders a track."""
    paths = sorted(cells.glob(f"*/*/*/{RESULT}"), key=lambda path: (path.parts[-4], path.parts[-2]))
    return [
        read_result(path.parent)
        | {"song": path.parts[-3].rpartition("-")[0], "budget": int(path.parts[-2].rpartition("-")[2])}
        for path in paths
    ]


def table(results: list[dict]) -> str:
    """`results`: objects of result.json with `song`, those of the plain sum among them."""
    mixes = {(row["case"], row["song"], row["seed"], row["competitor"]): row["mix"]["normalised"] for row in results}
    rows = defaultdict(list)
    for result in results:
        rows[result["case"], result["competitor"], result["budget"]].append(result)
    lines, case = [], None
    budgets = defaultdict(set)
    for name, competitor, budget in rows:
        budgets[name, competitor].add(budget)
    for (name, competitor, budget), cells in rows.items():
        if name != case:
            lines += ["", f"### {name}", "", HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
            case = name
        apart = f", {budget} a track" if len(budgets[name, competitor]) > 1 else ""
        lines.append(_line(f"{competitor}{mark(competitor)} ({len(cells)}){apart}", cells, mixes))
    said = statement_lines(sorted({competitor for _, competitor, _ in rows}))
    lines += ["", codes_line(results), *(["", *said] if said else [])]
    return "\n".join(lines).strip() + "\n"


def codes_line(results: list[dict]) -> str:
    """Which code made the cells: one commit with its days, or each with its count where they differ."""
    days = defaultdict(list)
    for result in results:
        made = result.get("made")
        days[code_of(made)].append(made["date"] if made else "")
    texts = {code: f"{code}{_from_to(dates)}" for code, dates in days.items()}
    if len(texts) < 2:
        return "".join(f"Code of all cells: {text}." for text in texts.values())
    counted = "; ".join(f"{text}: {len(days[code])} cell{'s' * (len(days[code]) > 1)}" for code, text in texts.items())
    return f"The cells differ in the code that made them, and are to be compared with care: {counted}."


def _from_to(dates: list[str]) -> str:
    known = sorted({*filter(None, dates)})
    return f" ({' to '.join(dict.fromkeys((known[0], known[-1])))})" if known else ""


def _codes(cells: list[dict]) -> str:
    """The commits of a row, as often as they differ."""
    return ", ".join(sorted({code_of(cell.get("made")) for cell in cells}))


def _line(title: str, cells: list[dict], mixes: dict[tuple[str, str, int, str], dict]) -> str:
    def ratios(key: str, of: str) -> list[float]:
        """Of each cell's figure to that of another competitor in the same mix, where that one stands."""
        others = [mixes.get((cell["case"], cell["song"], cell["seed"], of)) for cell in cells]
        return [cell["mix"]["normalised"][key] / other[key] for cell, other in zip(cells, others) if other]

    texts = [
        *_middle_and_worst([cell["mix"]["null_db"] for cell in cells], "{:.1f}".format),
        *_middle_and_worst(ratios("mae", PLAIN), "{:.4f}".format),
        *_middle_and_worst(ratios("mrsd", PLAIN), "{:.3f}".format),
        *_middle_and_worst(ratios("mae", CHANNEL), "{:.4f}".format),
        f"{median(cell['rest']['null_db'] for cell in cells):.1f}",
        _middle_and_worst([cell["parameters"]["mean"] for cell in cells if cell.get("parameters")], "{:.3f}".format)[0],
        *(f"{median(cell[key] for cell in cells):.0f}" for key in ("renders", "rendered_s", "seconds")),
        _codes(cells),
    ]
    return f"| {title} | {' | '.join(texts)} |"


def _middle_and_worst(figures: list[float], written: Callable[[float], str]) -> list[str]:
    return [written(median(figures)), written(max(figures))] if figures else ["–", "–"]
