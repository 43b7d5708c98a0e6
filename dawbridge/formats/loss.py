"""Loss: one thing that a format could not carry over.

Readers and writers return a list of losses, so that nothing is dropped in silence.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from dawbridge.files import write_text
from dawbridge.paths import PACKAGE

_QUOTED = re.compile(r"""(?<!\w)(['"])(.*?)\1(?!\w)""")  # not the apostrophe within a word
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Loss:
    """`where` in the session it is, `what` is lost or changed, and `why`, with what the DAW has instead.

    kind: the session's field that comes back changed, as `losses.toml` lists them: `channel.trim_db`, `send.pan_lr`
    also: other fields that the same loss changes
    """

    where: str
    what: str
    why: str
    kind: str = ""
    also: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """All fields that the loss changes."""
        return self.kind, *self.also

    @property
    def line(self) -> str:
        """One line for people, long names shortened; losses.json has it in full."""
        return shortened(f"{self.where}: {self.what} ({self.why})")


def shortened(text: str) -> str:
    """The text without the middle of each long quoted name."""
    return _QUOTED.sub(lambda match: f"{match[1]}{_cut(match[2])}{match[1]}", text)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:40]}…{name[-20:]}"


def allowed_losses(format_name: str) -> dict[str, str]:
    """What the format may change: kind → why, from its `losses.toml`. Any other kind is a bug in dawbridge."""
    path = PACKAGE / "formats" / format_name / "losses.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["losses"]


class Losses:
    """Collects the losses of one export or import. Raises KeyError for a kind that the format's table lacks."""

    def __init__(self, format_name: str):
        self._allowed = allowed_losses(format_name)
        self._rows: dict[tuple[str, str, str], Loss] = {}

    def add(self, kind: str, where: str, what: str, why: str = "", also: tuple[str, ...] = ()) -> None:
        """Add a loss, once for the same kind, `where` and `what`.

        Without `why` the reason in the format's table is used; `also` are other kinds that the loss changes.
        """
        reasons = [self._allowed[row] for row in (kind, *also)]
        self._rows.setdefault((kind, where, what), Loss(where, what, why or reasons[0], kind, also))

    def __iter__(self) -> Iterator[Loss]:
        return iter(self._rows.values())


def write_losses(losses: Iterable[Loss], path: Path) -> None:
    """Write losses.json: a list of objects with the keys where, what, why, kind and also; empty if nothing is lost."""
    rows = [asdict(loss) for loss in losses]
    write_text(path, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
