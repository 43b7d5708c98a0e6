"""Loss: one thing that a format could not carry.

Exporters return a list of them: nothing is dropped in silence.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from dawbridge.files import write_text


@dataclass(frozen=True)
class Loss:
    """`where` in the session, `what` is lost or changed, `why`, and what stands in its place."""

    where: str
    what: str
    why: str


def write_losses(losses: Iterable[Loss], path: Path) -> None:
    """Write losses.json: a list of objects with the keys where, what and why; empty where all was carried."""
    rows = [asdict(loss) for loss in losses]
    write_text(path, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
