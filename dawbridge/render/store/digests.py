"""Hashes of big audio files, cached beside the strips, so that a session's second render does not read them again.

A file is recognised by its path, size, inode and times. Each path belongs to one of 65536 slots, which are small files.
Two paths in one slot replace each other, so the cache has a limited size. A lost or damaged entry is computed again.
"""

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path

from xxhash import xxh3_64_hexdigest, xxh3_128

from dawbridge.errors import DawbridgeError, InputError
from dawbridge.files import write_text

SETTLED_NS = 2 * 10**9  # a file system's clock may stand still that long (FAT), and hide a change after our reading
_CHUNK_BYTES = 2**20


def file_digest(path: Path, cache: Path | None = None) -> str:
    """A hash of the file's content (XXH3-128, hexadecimal), from `cache` if the file has not changed since.

    It detects accidental changes, not forgery. Raises InputError where the file cannot be read.
    """
    try:
        identity = _identity(path)
        if cache is None:
            return _read(path)
        slot = cache / "digests" / hashlib.sha256(identity[0].encode("utf-8", "surrogatepass")).hexdigest()[:4]
        if (known := _recall(slot, identity)) is not None:
            return known
        digest = _read(path)
        if _identity(path) == identity and time.time_ns() - max(identity[-2:]) > SETTLED_NS:
            with suppress(DawbridgeError):  # without the entry, the hash is computed again
                write_text(slot, _sealed([*identity, digest]))
        return digest
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None


def _identity(path: Path) -> list:
    """Facts that change with the file. Its change time comes last, since no program can set that back."""
    status = os.stat(path)
    return [os.path.abspath(path), status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]


def _read(path: Path) -> str:
    digest, buffer = xxh3_128(), memoryview(bytearray(_CHUNK_BYTES))
    with open(path, "rb", buffering=0) as file:
        while filled := file.readinto(buffer):
            digest.update(buffer[:filled])
    return digest.hexdigest()


def _sealed(entry: list) -> str:
    line = json.dumps(entry)
    return f"{xxh3_64_hexdigest(line.encode())} {line}"


def _recall(slot: Path, identity: list) -> str | None:
    """The digest in the slot, if the entry is undamaged and belongs to this file. Else None."""
    try:
        text = slot.read_text(encoding="utf-8")
        entry = json.loads(text.partition(" ")[2])
        return entry[-1] if _sealed(entry) == text and entry[:-1] == identity else None
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None
