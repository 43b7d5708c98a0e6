"""Plugins that failed twice, remembered in the user's own folder, so that the next render names them at once.

An entry holds for one binary: a plugin file that has changed since, as by an update, is tried again. No file, or a
damaged one, is an empty quarantine.
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from dawbridge.errors import OutputError
from dawbridge.file_lock import wait_for_lock
from dawbridge.files import write_text
from dawbridge.paths import user_data_folder

FILE_NAME = "quarantine.json"
LOCK_LIMIT_S = 5.0
_log = logging.getLogger("dawbridge")


@dataclass(frozen=True)
class Entry:
    """`reason` is what the plugin did, in words that follow its `label`; `date` is UTC, ISO 8601.

    size_bytes, mtime_ns: of the plugin file; of a bundle's files the sum and the newest
    """

    path: str
    label: str
    reason: str
    date: str
    size_bytes: int
    mtime_ns: int


def quarantined(path: Path | str) -> str | None:
    """Why the plugin file or bundle at `path` is not to be used, or None.

    Cheap enough for every candidate of a search: the quarantine's file is read again only where it has changed.
    """
    known = _read()
    entry = known.get(os.path.realpath(path)) if known else None
    if entry is None or (entry.size_bytes, entry.mtime_ns) != _identity(entry.path):
        return None
    return entry.reason


def quarantine(path: Path | str, label: str, reason: str) -> None:
    """From now on `quarantined(path)` gives the reason. Where that cannot be written, a warning says so."""
    path = os.path.realpath(path)
    entry = Entry(path, label, reason, datetime.now(UTC).isoformat(timespec="seconds"), *_identity(path))
    try:
        with _changing() as known:
            known[path] = entry
    except OutputError as error:  # the render has a better error to tell
        _log.warning("%s", error)


def clear() -> list[Entry]:
    """Empty the quarantine; what was in it. Raises OutputError where that cannot be written."""
    if not _read():
        return []
    with _changing() as known:
        cleared = list(known.values())
        known.clear()
    return cleared


def entries() -> list[Entry]:
    """All that were quarantined, in the order of that, whether or not the binary is still the same."""
    return list(_read().values())


@contextmanager
def _changing() -> Iterator[dict[str, Entry]]:
    """The entries by path, written back at the end; other processes wait meanwhile."""
    file = _file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        held = wait_for_lock(file.with_suffix(".lock"), LOCK_LIMIT_S)
    except OSError as error:
        raise OutputError(f"{file}: cannot be written ({error}); DAWBRIDGE_DATA names another folder") from None
    with held:
        known = dict(_read())
        yield known
        write_text(file, json.dumps({"plugins": [asdict(e) for e in known.values()]}, indent=1))


def _read() -> Mapping[str, Entry]:
    """The entries by path; none where there is no file."""
    file = _file()
    try:
        status = os.stat(file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        _say_damaged(file, str(error))
        return {}
    return _read_version(file, status.st_ino, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _read_version(file: Path, inode: int, mtime_ns: int, size_bytes: int) -> Mapping[str, Entry]:
    """The entries in `file`, by path. The other arguments tell the file's versions apart, for the cache alone."""
    try:
        found = [_entry(values) for values in json.loads(file.read_bytes())["plugins"]]
        return {entry.path: entry for entry in found}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        _say_damaged(file, str(error))
        return {}


def _entry(values: dict) -> Entry:
    entry = Entry(**values)
    for field in fields(Entry):
        if type(getattr(entry, field.name)) is not field.type:
            raise ValueError(f"{field.name} of another type")
    return entry


@lru_cache
def _say_damaged(file: Path, why: str) -> None:
    """Once, as what is said again and again is not read."""
    _log.warning("%s: damaged (%s); no plugin is quarantined, and the next to fail replaces the file", file, why)


def _file() -> Path:
    return user_data_folder() / FILE_NAME


def _identity(path: str) -> tuple[int, int]:
    root = Path(path)
    files = [file for file in root.rglob("*") if file.is_file()] if root.is_dir() else [root]
    statuses = [file.stat() for file in files if file.exists()]
    return sum(s.st_size for s in statuses), max((s.st_mtime_ns for s in statuses), default=0)
