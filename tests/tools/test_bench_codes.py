"""What the inversion table says of its cells: which code made them, where that differs, and whose re-implementation."""

from inversion_bench.competitors import COMPETITORS
from inversion_bench.statements import MARK, STATEMENTS
from inversion_bench.table import table

# Ours, or nothing that anybody published.
OWN = {"plain_sum", "random", "gain_and_pan", "ours", "network", "network_first"}


def cell(competitor: str, song: str, commit: str | None = None, date: str = "", is_dirty: bool = False) -> dict:
    figures = {"null_db": -9.0, "normalised": {"mae": 0.5, "mrsd": 0.5}}
    made = {"made": {"commit": commit, "date": date, "is_dirty": is_dirty}} if date else {}
    where = {"case": "console", "competitor": competitor, "song": song, "seed": 1, "budget": 7}
    return where | made | {"renders": 1, "rendered_s": 1, "seconds": 1, "mix": figures, "rest": figures}


def rows_of(text: str) -> dict[str, str]:
    """A row's first cell → its last."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {line[0]: line[-1] for line in lines}


def test_one_commit_is_named_once_with_its_days():
    text = table([cell("plain_sum", "a", "abc", "2025-02-01"), cell("ours", "a", "abc", "2025-01-31")])
    assert "Code of all cells: abc (2025-01-31 to 2025-02-01)." in text and "differ" not in text
    assert rows_of(text)["ours (1)"] == "abc"


def test_cells_of_several_commits_are_told_apart():
    cells = [
        cell("plain_sum", "a", "abc", "2025-01-31"),
        cell("ours", "a", "abc", "2025-01-31"),
        cell("ours", "b", "def", "2025-02-01", is_dirty=True),
        cell("random", "a"),
        cell("gain_and_pan", "a", None, "2025-02-02"),
    ]
    text = table(cells)
    assert "The cells differ in the code that made them" in text
    for said in ("abc (2025-01-31): 2 cells", "def changed (2025-02-01): 1 cell", "not recorded (2025-02-02): 2 cells"):
        assert said in text
    rows = rows_of(text)
    assert rows["ours (2)"] == "abc, def changed" and rows["random (1)"] == "not recorded"


def test_a_competitor_that_others_published_stands_beside_its_statement():
    text = table([cell("plain_sum", "a"), cell("eami_0.1", "a"), cell("eami", "a"), cell("spsa", "a")])
    assert f"spsa {MARK} (1)" in rows_of(text)
    assert f"- {MARK} `spsa`: {STATEMENTS['spsa']}." in text
    assert f"- {MARK} `eami`, `eami_0.1`: our re-implementation" in text, "what holds for several is said once"
    assert MARK not in table([cell("plain_sum", "a"), cell("ours", "a")])


def test_every_competitor_is_ours_or_has_a_statement():
    assert set(COMPETITORS) == OWN | set(STATEMENTS)
    assert all("leave" in text and "open: " in text for text in STATEMENTS.values())
