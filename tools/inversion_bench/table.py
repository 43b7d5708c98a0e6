"""The cells as Markdown: per case and competitor, medians and worst cases over songs and seeds."""

from collections import defaultdict
from statistics import median

HEAD = (
    "| competitor | null dB | worst | MAE/sum | worst | MRSD/sum | rest: null dB | parameters | renders | audio s | s |"
)


def table(results: list[dict], plain: dict[tuple[str, str, int], dict]) -> str:
    """`results`: objects of result.json with `song`; `plain`: (case, song, seed) → the plain sum's."""
    rows = defaultdict(list)
    for result in results:
        rows[result["case"], result["competitor"], result["budget"]].append(result)
    lines, case = [], None
    for (name, competitor, _), cells in rows.items():
        if name != case:
            lines += ["", f"### {name}", "", HEAD, "|---" * (HEAD.count("|") - 1) + "|"]
            case = name
        lines.append(_line(f"{competitor} ({len(cells)})", cells, plain))
    return "\n".join(lines).strip() + "\n"


def _line(title: str, cells: list[dict], plain) -> str:
    nulls = [cell["mix"]["null_db"] for cell in cells]
    sums = [plain[cell["case"], cell["song"], cell["seed"]]["mix"] for cell in cells]
    ratios = {
        key: [cell["mix"]["normalised"][key] / one["normalised"][key] for cell, one in zip(cells, sums)]
        for key in ("mae", "mrsd")
    }
    parameters = [cell["parameters"]["mean"] for cell in cells if cell.get("parameters")]
    texts = [
        f"{median(nulls):.1f}",
        f"{max(nulls):.1f}",
        f"{median(ratios['mae']):.4f}",
        f"{max(ratios['mae']):.4f}",
        f"{median(ratios['mrsd']):.3f}",
        f"{median(cell['rest']['null_db'] for cell in cells):.1f}",
        f"{median(parameters):.3f}" if parameters else "–",
        *(f"{median(cell[key] for cell in cells):.0f}" for key in ("renders", "rendered_s", "seconds")),
    ]
    return f"| {title} | {' | '.join(texts)} |"
