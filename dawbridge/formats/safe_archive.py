"""Untrusted zip archives: read as data, within limits, and never unpacked to the paths that they name."""

import lzma
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from dawbridge.errors import InputError

MOST_ENTRIES = 20_000
LARGEST_BYTES = 64 * 2**20  # of an entry that is read into memory
# An archive may unpack to MOST_BYTES, or to MOST_TIMES its own size if that is more.
MOST_BYTES, MOST_TIMES = 2**30, 100
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_FAULTS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)


class SafeArchive:
    """The entries of an open zip file, by name with forward slashes. Every fault raises InputError with its name."""

    def __init__(self, archive: zipfile.ZipFile, path: Path):
        self._archive, self._path = archive, path
        self._entries = {info.filename.replace("\\", "/"): info for info in archive.infolist() if not info.is_dir()}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """An entry's bytes. Raises InputError if there is none, or it is too large or broken."""
        info = self._entry(name)
        if info.file_size > LARGEST_BYTES:
            raise InputError(f"{self._path}: {name!r} has {info.file_size} bytes; at most {LARGEST_BYTES} are read")
        try:
            return self._archive.read(info)
        except _FAULTS as error:
            raise self._broken(name, error) from None

    def copy(self, name: str, target: Path) -> None:
        """Write an entry to the file `target`."""
        info = self._entry(name)
        try:
            with self._archive.open(info) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 2**20)
        except _FAULTS as error:
            raise self._broken(name, error) from None

    def _entry(self, name: str) -> zipfile.ZipInfo:
        if name not in self._entries:
            raise InputError(f"{self._path}: no {name!r} in the archive; save it again")
        return self._entries[name]

    def _broken(self, name: str, error: Exception) -> InputError:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return InputError(f"{self._path}: {name!r} cannot be unpacked ({reason}); save it again")


@contextmanager
def open_archive(path: Path) -> Iterator[SafeArchive]:
    """The zip file at `path`, its list of entries checked. Raises InputError for the first fault."""
    try:
        archive = zipfile.ZipFile(path)
    except _FAULTS as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: no readable archive ({reason}); save it again") from None
    with archive:
        _check(archive.infolist(), path)
        yield SafeArchive(archive, path)


def _check(entries: list[zipfile.ZipInfo], path: Path) -> None:
    if len(entries) > MOST_ENTRIES:
        raise InputError(f"{path}: {len(entries)} files in the archive; at most {MOST_ENTRIES} are read")
    seen = set()
    for info in entries:
        name = info.filename.replace("\\", "/")
        if (fault := _fault(info, name)) or name in seen:
            raise InputError(f"{path}: {name!r} in the archive {fault or 'is there twice'}; save it again")
        seen.add(name)
    total, most = sum(info.file_size for info in entries), max(MOST_BYTES, MOST_TIMES * path.stat().st_size)
    if total > most:
        raise InputError(f"{path}: unpacks to {total} bytes; at most {most} are read from an archive of this size")


def _fault(info: zipfile.ZipInfo, name: str) -> str:
    """What is wrong with an entry; empty if nothing is."""
    parts = PurePosixPath(name).parts
    if ".." in parts or name.startswith("/") or (parts and ":" in parts[0]):
        return "climbs out of it"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link"
    if info.flag_bits & 0x1:
        return "is encrypted"
    return "" if info.compress_type in _METHODS else f"is packed by method {info.compress_type}, not 0 or 8"
