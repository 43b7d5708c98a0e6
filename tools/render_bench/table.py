"""The table: a row per measure, as Markdown and as JSON."""

import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

HEAD = ("measure", "dawbridge", "reference", "ratio", "at most", "", "note")


@dataclass(frozen=True)
class Row:
    """One measure. `skipped`: why there are no figures. Without `at_most` it stands for comparison."""

    measure: str
    ours: float = 0.0
    reference: float = 1.0
    at_most: float | None = None
    unit: str = "s"
    note: str = ""
    skipped: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.reference

    @property
    def verdict(self) -> str:
        """pass, FAIL, skipped, or nothing where there is no bound."""
        if self.skipped:
            return "skipped"
        if self.at_most is None:
            return ""
        return "pass" if self.ratio <= self.at_most else "FAIL"

    def cells(self) -> tuple[str, ...]:
        """The texts of its cells, as HEAD names them."""
        bound = "" if self.at_most is None else f"{self.at_most:.2f}"
        if self.skipped:
            return self.measure, "", "", "", bound, self.verdict, self.skipped
        figures = (f"{value:.4g} {self.unit}" for value in (self.ours, self.reference))
        return self.measure, *figures, f"{self.ratio:.2f}", bound, self.verdict, self.note

    def as_json(self) -> dict:
        """All that is known of it."""
        return asdict(self) | {"ratio": None if self.skipped else self.ratio, "verdict": self.verdict}


def markdown(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    return markdown_table([HEAD, *(row.cells() for row in rows)])


def markdown_table(lines: list[tuple[str, ...]]) -> str:
    """Lines of cells, the first of which is the head."""
    head, *others = lines
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ("---",) * len(head), *others))


def machine() -> dict[str, str]:
    """What the figures were taken on; `load` tells how busy it was besides."""
    information = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":")[1].strip() for line in information if line.startswith("model name")]
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}",
        "memory": f"{memory_gib:.0f} GiB",
        "system": platform.platform(),
        "python": platform.python_version(),
        "dawdreamer": version("dawdreamer"),
        "pedalboard": version("pedalboard"),
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }
