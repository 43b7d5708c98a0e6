"""Which code made a figure: the checkout's commit, the day, and whether tracked files differed from the commit.

    {"commit": "3e5d9d0c1f2a", "date": "2025-01-31", "is_dirty": False}

Figures of two commits may not be compared without saying so. `commit` is null outside git. The date is UTC's, of the
moment of asking, not the commit's.
"""

import functools
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIGITS = 12  # of a commit: a number of its own for good, however long the history becomes
UNKNOWN = "not recorded"


def stamp(checkout: Path = ROOT) -> dict[str, str | bool | None]:
    """Commit, date and is_dirty of now. A process keeps the commit that it first asked for, whose code it has loaded:
    where the checkout has moved on since, it is dirty, for workers may have loaded other code."""
    commit = _first_commit(checkout)
    is_dirty = commit is not None and (_commit(checkout) != commit or bool(_git(checkout, *_CHANGES)))
    return {"commit": commit, "date": datetime.now(UTC).date().isoformat(), "is_dirty": is_dirty}


def code_of(made: dict | None) -> str:
    """A stamp's code in a word or two: `3e5d9d0c1f2a`, `3e5d9d0c1f2a changed`; `not recorded` without a commit."""
    if not made or not made.get("commit"):
        return UNKNOWN
    return made["commit"] + (" changed" if made["is_dirty"] else "")


def made_by(made: dict | None = None) -> str:
    """A stamp, or that of now, as a row's end: `3e5d9d0c1f2a 2025-01-31`."""
    made = stamp() if made is None else made
    return f"{code_of(made)} {made['date']}"


_CHANGES = ("status", "--porcelain", "--untracked-files=no")


@functools.cache
def _first_commit(checkout: Path) -> str | None:
    return _commit(checkout)


def _commit(checkout: Path) -> str | None:
    """None where `checkout` is not git's own, such as an unpacked archive within somebody's repository."""
    top = _git(checkout, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != checkout.resolve():
        return None
    return _git(checkout, "rev-parse", f"--short={DIGITS}", "HEAD")


def _git(checkout: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails or is missing. Its variables, as hooks set them, name other repositories."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(["git", "-C", checkout, *arguments], capture_output=True, text=True, env=own)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
