"""Results of cells: a folder per cell with a `result.json`, so that a run can be stopped and taken up again.

`made` in a result says which code made it (`bench_parts.stamp`).
"""

import json
from pathlib import Path
from typing import Any

from bench_parts.stamp import stamp
from dawbridge.files import write_text

RESULT = "result.json"


def read_result(cell: Path) -> dict[str, Any] | None:
    """The object of result.json of a cell that was finished; None for one that was not."""
    path = cell / RESULT
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def write_result(cell: Path, result: dict[str, Any]) -> dict[str, Any]:
    """Write result.json into a cell's folder, stamped with the code that made it; what was written."""
    result = result | {"made": stamp()}
    write_text(cell / RESULT, json.dumps(result, indent=1) + "\n")
    return result
