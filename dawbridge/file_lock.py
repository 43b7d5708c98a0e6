"""File locks: a locked file says that the process which locked it still runs.

The system drops a lock with its process, however that ends. A process number may come back in another process; a lock
does not. So a lock tells what a killed process left behind from what a running one is about to use.

Written here and not taken from the package filelock, for three reasons. That one leaves the lock file in place after
a release, while these files lie beside a user's results and in caches that are swept, so they must go. Where a file
system has no locks, it falls back to a lock that outlives its process. And it takes longer to import than the rest of
what a verb needs at its start.
"""

import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_SUFFIX = ".lock"
_RETRY_S = 0.01


@dataclass(frozen=True)
class FileLock:
    """A file at `path` that this process has locked, until `release` or the end of the process."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Remove the lock file, then unlock it. In this order no other process locks a file that is about to go."""
        with suppress(OSError):
            self.path.unlink()
        os.close(self.descriptor)
        if sys.platform == "win32":  # an open file cannot be removed there
            with suppress(OSError):
                self.path.unlink()

    def __enter__(self) -> "FileLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def try_lock(path: Path) -> FileLock | None:
    """The lock on the file `path`, which is made if it is absent; None while someone else holds it.

    Raises OSError where the file cannot be written or the file system has no locks.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not _lock(descriptor):
                os.close(descriptor)
                return None
            if _is_file_at(path, descriptor):
                return FileLock(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the holder removed the file after we had opened it and before we locked it: try again


def wait_for_lock(path: Path, limit_s: float) -> FileLock:
    """The lock on the file `path`, as soon as it is free. Raises TimeoutError (an OSError) after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while (held := try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path}: another process has held it for {limit_s:g} s")
        time.sleep(_RETRY_S)
    return held


@contextmanager
def locked_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent` for this process alone; it is removed at the end. So is what dead processes left there.

    `parent` may hold only folders that this function made. Raises OSError where it cannot be written or locked.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _remove_unlocked(parent)
    folder = parent / f"{os.getpid()}-{secrets.token_hex(4)}"
    held = try_lock(lock_path(folder))
    if held is None:
        raise FileExistsError(f"{folder}: another process has it")
    with held:
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def lock_path(folder: Path) -> Path:
    """The lock file beside a folder; it is locked while the process that made the folder runs."""
    return folder.with_name(folder.name + LOCK_SUFFIX)


def _remove_unlocked(parent: Path) -> None:
    """Remove the folders whose process has ended. A folder is locked before it is made, so all of them have a lock."""
    for name in {path.name.removesuffix(LOCK_SUFFIX) for path in parent.iterdir()}:
        with suppress(OSError):
            if held := try_lock(lock_path(parent / name)):
                with held:
                    shutil.rmtree(parent / name, ignore_errors=True)


def _lock(descriptor: int) -> bool:
    """Whether the file is now locked by this process; False where someone else has locked it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_file_at(path: Path, descriptor: int) -> bool:
    """Whether the open file still stands at `path`: it may have been removed, or replaced by another."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
