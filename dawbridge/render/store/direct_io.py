"""Copies whole files between disk and shared memory, without the system's file cache where that is possible.

A strip is written once and read once. The file cache would copy it twice, and drop other files that are needed again.
Filling a new cache page was measured to cost ten times as much as the copy.
"""

import errno
import mmap
import os
from pathlib import Path

from dawbridge.render.farm.strip_memory import PAGE

_STEP = 4 * 2**20
_DIRECT = getattr(os, "O_DIRECT", 0)


def copy_to_disk(shared: Path, target: Path) -> None:
    """Write a strip in shared memory to the new file `target`. Raises OSError."""
    with shared.open("rb") as source:
        content = mmap.mmap(source.fileno(), 0, prot=mmap.PROT_READ)
    whole = len(content) // PAGE * PAGE
    descriptor = _open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        _write(descriptor, memoryview(content)[:whole])
    finally:
        os.close(descriptor)
    with target.open("ab") as end:  # the remainder, which fills no page
        end.write(content[whole:])


def copy_from_disk(source: Path, shared: Path) -> None:
    """Read the file `source` into the shared memory at `shared`. Raises OSError."""
    size = source.stat().st_size
    with shared.open("r+b") as target:
        target.truncate(-(-size // PAGE) * PAGE)
        content = memoryview(mmap.mmap(target.fileno(), 0))
        descriptor, done = _open(source, os.O_RDONLY), 0
        try:
            while done < size and (count := os.readv(descriptor, [content[done : done + _STEP]])):
                done += count
        finally:
            os.close(descriptor)
        del content
        target.truncate(done)


def _open(path: Path, flags: int) -> int:
    """Open without the file cache, or with it on file systems that have no direct access."""
    try:
        return os.open(path, flags | _DIRECT, 0o600)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return os.open(path, flags, 0o600)


def _write(descriptor: int, view: memoryview) -> None:
    done = 0
    while done < len(view):
        done += os.write(descriptor, view[done : done + _STEP])
