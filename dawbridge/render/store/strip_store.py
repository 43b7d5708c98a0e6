"""The strip cache on disk: rendered strips by the hash of all that decided them, for later runs and other processes.

    <cache>/strips/KEY.strip       the cache: whole files only, the least recently used removed past the cap
    <cache>/runs/PID-…/KEY.strip   what one living process reads and writes; gone with it
    <cache>/digests/               see digests.py

While there is room a run's strips lie in shared memory instead (see `farm/strip_memory.py`), and are copied to
the cache meanwhile.

A strip is written in the run's folder, then linked into the cache; one that is found is linked back. So no process
ever sees half a strip of another, and none takes one away that is in use: the run's link holds it.
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
    """How much the cache may hold: `DAWBRIDGE_CACHE_GIB`, or 8 GiB. Raises InputError for what is no size."""
    text = os.environ.get("DAWBRIDGE_CACHE_GIB") or DEFAULT_CAP_GIB
    with suppress(ValueError, OverflowError):  # OverflowError: inf
        if (cap := int(float(text) * 2**30)) >= 0:
            return cap
    raise InputError(f"DAWBRIDGE_CACHE_GIB: {text!r} is no size; give gibibytes, 0 or more, such as 8 or 0.5")


class StripStore:
    """The cache in `folder`, of at most `max_bytes`; with `folder` None nothing outlives a run.

    The cache fails no render: `notes` says what it could not do, each thing once.
    """

    def __init__(self, folder: Path | None = None, max_bytes: int | None = None, shared_bytes: int = SHARED_BYTES):
        self.folder, self.shared_bytes = folder, shared_bytes
        self.max_bytes = cache_cap_bytes() if max_bytes is None else max_bytes
        self.notes: list[str] = []

    @contextmanager
    def run(self) -> Iterator["StripRun"]:
        """A run with a folder of its own, gone at the end. What dead processes left goes at the start.

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
        """Add the line to the notes, unless it stands there."""
        if line not in self.notes:
            self.notes.append(line)


class StripRun:
    """Strips that this process uses. Safe for several threads; leave the writing to whoever renders.

    A strip lies in shared memory while there is room, else in the run's folder.
    """

    def __init__(self, store: StripStore, folder: Path, cache: Path | None, memory: StripMemory):
        self.folder, self.memory = folder, memory
        self.hits = self.misses = self.damaged = 0
        self._store, self._cache = store, cache
        self._places: dict[str, Path] = {}
        self._held: set[str] = set()  # keys of whole strips
        self._saving: dict[str, Future] = {}
        self._saver = ThreadPoolExecutor(1, thread_name_prefix="strip cache")
        self._lock = threading.Lock()  # over the counts, and what is held
        self._numbers = count()

    def place(self, key: str, size: int = 0) -> Path:
        """Where to write the strip of that key, of some `size` in bytes. Raises InputError for what is no key."""
        if key not in self._places:
            _check_key(key)
            shared = self.memory.take(size + _HEADER_ALLOWANCE) if size else None
            self._places[key] = shared or self.folder / f"{key}{SUFFIX}"
        return self._places[key]

    path = place  # from `keep` or `find` on: where it stands

    def has(self, key: str) -> bool:
        """Whether the strip is here or in the cache; there it may be damaged."""
        return key in self._held or (self._cache is not None and self._cached(key).is_file())

    def find(self, key: str) -> StripFile | None:
        """The strip, of this run or from the cache, checked; None where there is none, or a damaged one."""
        _check_key(key)
        is_found = key in self._held or self._take(key)
        with self._lock:
            self.hits += is_found
            self.misses += not is_found
        return open_strip(self.path(key)) if is_found else None

    def keep(self, key: str) -> StripFile:
        """The strip that stands at `place(key)` now, opened; the cache takes it too, as far as there is room.

        Raises InputError where no whole strip stands there.
        """
        path = self.path(key)
        strip = open_strip(path)
        with self._lock:
            self._held.add(key)
        if self._cache is not None and path.stat().st_size <= self._store.max_bytes:
            if is_in_shared_memory(path):
                self._saving[key] = self._saver.submit(self._save, path, self._cached(key))
            else:
                self._save(path, self._cached(key))
        return strip

    def release(self, key: str) -> None:
        """Nobody needs the strip any more in this run. Do not touch its samples after."""
        if (saving := self._saving.pop(key, None)) is not None:
            saving.result()
        with self._lock:
            self._held.discard(key)
            path = self._places.pop(key)
        if is_in_shared_memory(path):
            self.memory.give_back(path)
        else:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """What is to be kept is in the cache after this."""
        self._saver.shutdown(wait=True)
        self.memory.close()

    def _cached(self, key: str) -> Path:
        return self._cache / f"{key}{SUFFIX}"

    def _save(self, path: Path, cached: Path) -> None:
        try:
            self._link(path, cached)
            _touch(cached)
            _evict(self._cache, self._store.max_bytes)
        except OSError as error:
            self._store.note(f"{self._cache}: takes no strip ({error.strerror}); free space, or check who owns it")

    def _take(self, key: str) -> bool:
        """Whether the cache has the strip, whole; it then stands at its place. A damaged one is removed."""
        if self._cache is None:
            return False
        cached = self._cached(key)
        try:
            path = self.place(key, cached.stat().st_size)
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
        """`target` becomes another name of `source`'s content, at once; a copy where there are no links."""
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
            beside.unlink(missing_ok=True)  # it is still there where both were the same file already


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
    """A run's folder where the system keeps what is temporary. Raises OutputError where it cannot."""
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
