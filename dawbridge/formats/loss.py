"""Loss: one thing that a format could not carry.

Exporters return a list of them: nothing is dropped in silence.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from dawbridge.files import write_text
from dawbridge.places import PACKAGE


@dataclass(frozen=True)
class Loss:
    """`where` in the session, `what` is lost or changed, `why`, and what stands in its place.

    kind: the session's field that comes back changed, as `losses.toml` lists them: `channel.trim_db`, `send.pan_lr`.
    """

    where: str
    what: str
    why: str
    kind: str = ""


def allowed_losses(format_name: str) -> dict[str, str]:
    """What the format may change: kind → why, from its `losses.toml`. A loss of any other kind is a fault of ours."""
    path = PACKAGE / "formats" / format_name / "losses.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["losses"]


class Losses:
    """Collects one format's losses; each of a kind that its table allows, else KeyError."""

    def __init__(self, format_name: str):
        self._allowed = allowed_losses(format_name)
        self._rows: list[Loss] = []

    def add(self, kind: str, where: str, what: str, why: str = "") -> None:
        """A loss, each but once; `why` is the table's where none is given."""
        allowed = self._allowed[kind]
        loss = Loss(where, what, why or allowed, kind)
        if loss not in self._rows:
            self._rows.append(loss)

    def __iter__(self) -> Iterator[Loss]:
        return iter(self._rows)


def write_losses(losses: Iterable[Loss], path: Path) -> None:
    """Write losses.json: a list of objects with the keys where, what, why and kind; empty where all was carried."""
    rows = [asdict(loss) for loss in losses]
    write_text(path, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
