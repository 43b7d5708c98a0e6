"""Claims: lock files that say that a living process works here.

The system drops the lock with its process, however that ends; process numbers come back, locks do not. So what a
killed process left behind is told from what a living one is about to use.
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

if os.name == "nt":
    import msvcrt
else:
    import fcntl

LOCK_SUFFIX = ".lock"
_RETRY_S = 0.01


@dataclass(frozen=True)
class Claim:
    """A lock file at `path`, locked by this process. Ends with `release`, or with the process."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Remove the lock file and let go, in this order: nobody then locks a file that is about to go."""
        with suppress(OSError):
            self.path.unlink()
        os.close(self.descriptor)
        if os.name == "nt":  # there an open file cannot be removed
            with suppress(OSError):
                self.path.unlink()

    def __enter__(self) -> "Claim":
        return self

    def __exit__(self, *_) -> None:
        self.release()


def claim(path: Path) -> Claim | None:
    """The claim to the lock file `path`, which is made here, or None while someone else holds it.

    Raises OSError where it cannot be written or the file system has no locks.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not _lock(descriptor):
                os.close(descriptor)
                return None
            if _is_file_at(path, descriptor):
                return Claim(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder removed the file between our opening and our locking it


def wait_for_claim(path: Path, limit_s: float) -> Claim:
    """The claim as soon as it is free. Raises TimeoutError (an OSError) after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while (held := claim(path)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path}: another process holds it for {limit_s:g} s")
        time.sleep(_RETRY_S)
    return held


@contextmanager
def claimed_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent` for this process alone, gone at the end; so is what dead processes left there.

    Only folders made here may lie in `parent`. Raises OSError where it cannot be written or locked.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    folder = parent / f"{os.getpid()}-{secrets.token_hex(4)}"
    held = claim(lock_of(folder))
    if held is None:
        raise FileExistsError(f"{folder}: another process has it")
    with held:
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def lock_of(folder: Path) -> Path:
    """The lock file beside a folder that says whether its maker lives."""
    return folder.with_name(folder.name + LOCK_SUFFIX)


def _sweep(parent: Path) -> None:
    """A folder is locked before it is made, so one without a lock has no living maker either."""
    for name in {path.name.removesuffix(LOCK_SUFFIX) for path in parent.iterdir()}:
        with suppress(OSError):
            if held := claim(lock_of(parent / name)):
                with held:
                    shutil.rmtree(parent / name, ignore_errors=True)


def _lock(descriptor: int) -> bool:
    """Whether the file is now locked by this process; False where someone else has locked it."""
    try:
        if os.name == "nt":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_file_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
