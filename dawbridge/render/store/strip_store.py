"""The strip cache on disk: rendered strips by their key, for later runs and other processes.

A key is a hash of everything that decides the samples.

    <cache>/strips/KEY.strip       the cache: whole files only, the least recently used removed past the cap
    <cache>/runs/PID-…/KEY.strip   the strips that one running process reads and writes; removed at its end
    <cache>/digests/               see digests.py

While there is room, a run holds its strips in shared memory instead (see `farm/strip_memory.py`), and copies them to
the cache in the background.

A strip is written into the run's folder, then linked into the cache. A strip from the cache is linked into the run's
folder. So no process sees an unfinished strip of another, and a strip in use cannot be lost: the run's link keeps it.
"""

import os
import re
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path

from dawbridge.errors import InputError, OutputError
from dawbridge.file_lock import locked_folder
from dawbridge.render.farm.strip_memory import DEFAULT_BYTES as SHARED_BYTES
from dawbridge.render.farm.strip_memory import StripMemory, is_in_shared_memory
from dawbridge.render.store.direct_io import copy_from_disk, copy_to_disk
from dawbridge.render.store.strip_file import StripFile, open_strip, verify

SUFFIX = ".strip"
DEFAULT_CAP_GIB = "8"
_HEADER_ALLOWANCE = 2**16
_KEY = re.compile("[0-9a-f]{64}")


def cache_cap_bytes() -> int:
    """How much the cache may hold: `DAWBRIDGE_CACHE_GIB`, or 8 GiB. Raises InputError for anything but a size."""
    text = os.environ.get("DAWBRIDGE_CACHE_GIB") or DEFAULT_CAP_GIB
    with suppress(ValueError, OverflowError):  # OverflowError: inf
        if (cap := int(float(text) * 2**30)) >= 0:
            return cap
    raise InputError(f"DAWBRIDGE_CACHE_GIB: {text!r} is no size; give gibibytes, 0 or more, such as 8 or 0.5")


class StripStore:
    """The cache in `folder`, of at most `max_bytes`. With `folder` None, strips are removed at the end of a run.

    A faulty cache never makes a render fail. `notes` holds a line for each fault.
    """

    def __init__(self, folder: Path | None = None, max_bytes: int | None = None, shared_bytes: int = SHARED_BYTES):
        self.folder, self.shared_bytes = folder, shared_bytes
        self.max_bytes = cache_cap_bytes() if max_bytes is None else max_bytes
        self.notes: list[str] = []

    @contextmanager
    def run(self) -> Iterator["StripRun"]:
        """A run with a folder of its own, which is removed at the end. Remains of dead processes are removed first.

        Raises OutputError where not even the system's folder for temporary files can be written.
        """
        with ExitStack() as stack:
            strips = None
            if self.folder is not None:
                try:
                    folder = stack.enter_context(locked_folder(self.folder / "runs"))
                    strips = self.folder / "strips"
                    strips.mkdir(exist_ok=True)
                    _evict(strips, self.max_bytes)
                except OSError as error:
                    strips = None
                    self.note(f"{self.folder}: no cache here ({error.strerror}); DAWBRIDGE_CACHE names another folder")
            if strips is None:
                folder = stack.enter_context(_temporary_folder())
            run = StripRun(self, folder, strips, StripMemory(self.shared_bytes))
            try:
                yield run
            finally:
                run.close()

    def note(self, line: str) -> None:
        """Add the line to the notes, unless they hold it already."""
        if line not in self.notes:
            self.notes.append(line)


class StripRun:
    """The strips that this process uses. Safe for several threads.

    A strip is in shared memory while there is room, else in the run's folder. The worker that renders it writes it.
    """

    def __init__(self, store: StripStore, folder: Path, cache: Path | None, memory: StripMemory):
        self.folder, self.memory = folder, memory
        self.hits = self.misses = self.damaged = 0
        self._store, self._cache = store, cache
        self._paths: dict[str, Path] = {}
        self._held: set[str] = set()  # keys of whole strips
        self._saving: dict[str, Future] = {}
        self._saver = ThreadPoolExecutor(1, thread_name_prefix="strip cache")
        self._lock = threading.Lock()  # over the counts, and what is held
        self._numbers = count()

    def reserve(self, key: str, size: int = 0) -> Path:
        """The path to which a strip of about `size` bytes is to be written. Raises InputError for a bad key."""
        if key not in self._paths:
            _check_key(key)
            shared = self.memory.take(size + _HEADER_ALLOWANCE) if size else None
            self._paths[key] = shared or self.folder / f"{key}{SUFFIX}"
        return self._paths[key]

    def path(self, key: str) -> Path:
        """The path of a strip that is reserved, kept or found."""
        return self.reserve(key)

    def has(self, key: str) -> bool:
        """Whether this run or the cache has the strip. One in the cache may turn out to be damaged."""
        cached = self._cached(key)
        return key in self._held or (cached is not None and cached.is_file())

    def find(self, key: str) -> StripFile | None:
        """The strip of this run or from the cache, after a check. None where there is none, or a damaged one."""
        _check_key(key)
        is_found = key in self._held or self._take(key)
        with self._lock:
            self.hits += is_found
            self.misses += not is_found
        return open_strip(self.path(key)) if is_found else None

    def keep(self, key: str) -> StripFile:
        """Open the strip that was written to `path(key)`, and copy it to the cache if there is room.

        Raises InputError where there is no whole strip.
        """
        path = self.path(key)
        strip = open_strip(path)
        with self._lock:
            self._held.add(key)
        cached = self._cached(key)
        if cached is not None and path.stat().st_size <= self._store.max_bytes:
            if is_in_shared_memory(path):
                self._saving[key] = self._saver.submit(self._save, path, cached)
            else:
                self._save(path, cached)
        return strip

    def release(self, key: str) -> None:
        """Free a strip that this run no longer needs. Do not touch its samples afterwards."""
        if (saving := self._saving.pop(key, None)) is not None:
            saving.result()
        with self._lock:
            self._held.discard(key)
            path = self._paths.pop(key)
        if is_in_shared_memory(path):
            self.memory.give_back(path)
        else:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Wait until all kept strips are in the cache, then free the shared memory."""
        self._saver.shutdown(wait=True)
        self.memory.close()

    def _cached(self, key: str) -> Path | None:
        """The strip's path in the cache. None where there is no cache."""
        return None if self._cache is None else self._cache / f"{key}{SUFFIX}"

    def _save(self, path: Path, cached: Path) -> None:
        try:
            self._link(path, cached)
            _touch(cached)
            _evict(cached.parent, self._store.max_bytes)
        except OSError as error:
            self._store.note(f"{cached.parent}: takes no strip ({error.strerror}); free space, or check who owns it")

    def _take(self, key: str) -> bool:
        """Bring the strip from the cache to `path(key)`. True if it is whole. A damaged one is removed."""
        if (cached := self._cached(key)) is None:
            return False
        try:
            path = self.reserve(key, cached.stat().st_size)
            copy_from_disk(cached, path) if is_in_shared_memory(path) else self._link(cached, path)
        except OSError:
            return False
        is_whole = verify(path)
        with suppress(OSError):  # another process may have removed it
            _touch(cached) if is_whole else cached.unlink()
        with self._lock:
            if is_whole:
                self._held.add(key)
            else:
                self.damaged += 1
        if not is_whole and not is_in_shared_memory(path):
            path.unlink(missing_ok=True)
        return is_whole

    def _link(self, source: Path, target: Path) -> None:
        """Make `target` a hard link to `source`, in one step. It is a copy where links are not possible."""
        beside = self.folder / f"{next(self._numbers)}.link"
        try:
            try:
                copy_to_disk(source, beside) if is_in_shared_memory(source) else os.link(source, beside)
            except FileNotFoundError:
                raise
            except OSError:
                shutil.copyfile(source, beside)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)  # replacing a link by one to the same file leaves it there


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise InputError(f"strip key {key!r}: not 64 hexadecimal digits; give a SHA-256")


def _touch(path: Path) -> None:
    now_ns = time.time_ns()  # finer than the file system's own clock
    os.utime(path, ns=(now_ns, now_ns))


def _evict(strips: Path, max_bytes: int) -> None:
    """Remove the least recently used strips until the others take at most `max_bytes`."""
    found = []
    for entry in os.scandir(strips):
        with suppress(OSError):  # another process evicts too
            status = entry.stat()
            found.append((status.st_mtime_ns, status.st_size, entry.path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= max_bytes:
            return
        with suppress(OSError):
            os.unlink(path)
        total -= size


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """A run's folder among the system's temporary files. Raises OutputError where it cannot be made."""
    owner = os.getuid() if hasattr(os, "getuid") else "user"
    parent = Path(tempfile.gettempdir()) / f"dawbridge-{owner}"
    with ExitStack() as stack:
        try:
            with suppress(FileExistsError):
                parent.mkdir(mode=0o700)
            status = parent.lstat()
            if not stat.S_ISDIR(status.st_mode) or owner not in ("user", status.st_uid):
                raise FileExistsError("someone else has that name")
            folder = stack.enter_context(locked_folder(parent))
        except OSError as error:
            raise OutputError(f"{parent}: cannot be used ({error}); set TMPDIR to a folder of yours") from None
        yield folder
