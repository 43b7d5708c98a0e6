"""Memory that processes share, for strips on their way from one to the next.

A strip goes from the worker that renders it to the one that sums it, and a file on disk between them costs more than
the sum. Here it lies in memory without a name in any file system (Linux, memfd), so that it is gone with the last
process that holds it, however that ends. What is given back is used again: fresh memory costs more than the copy.
"""

import mmap
import os
import threading
from contextlib import suppress
from pathlib import Path

DEFAULT_BYTES = 768 * 2**20
FEWEST = 8
PAGE = mmap.PAGESIZE


class StripMemory:
    """Places for strips, of `max_bytes` together. `take` gives none where the system has no such memory."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES):
        self.max_bytes = max_bytes if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd") else 0
        self._sizes: dict[int, int] = {}  # by descriptor: those in use, and those given back
        self._free: list[int] = []
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """What lies here, and what is kept for use again."""
        return sum(self._sizes.values())

    def take(self, size: int) -> Path | None:
        """A place for `size` bytes, as a path for any process of this user; None where there is no room.

        Nor is there for what is so large that few would fit: it would fill the memory that the workers need.
        """
        if size * FEWEST > self.max_bytes:
            return None
        with self._lock:
            free = sorted(self._free, key=lambda descriptor: abs(self._sizes[descriptor] - size))
            for descriptor in free:
                self._free.remove(descriptor)
                if self.held_bytes - self._sizes[descriptor] + size <= self.max_bytes:
                    self._sizes[descriptor] = size
                    return self._path(descriptor)
                self._drop(descriptor)
            if self.held_bytes + size > self.max_bytes:
                return None
            with suppress(OSError):
                descriptor = os.memfd_create("dawbridge strip", os.MFD_CLOEXEC)
                self._sizes[descriptor] = size
                return self._path(descriptor)
        return None

    def give_back(self, path: Path) -> None:
        """What lies at `path` is needed no more."""
        with self._lock:
            self._free.append(int(path.name))

    def close(self) -> None:
        """Let go of all. What is still mapped somewhere stays until it is not."""
        with self._lock:
            for descriptor in list(self._sizes):
                self._drop(descriptor)
            self._free.clear()

    def _drop(self, descriptor: int) -> None:
        del self._sizes[descriptor]
        os.close(descriptor)

    @staticmethod
    def _path(descriptor: int) -> Path:
        return Path("/proc") / str(os.getpid()) / "fd" / str(descriptor)


def is_in_shared_memory(path: Path) -> bool:
    """Whether a place is memory: it is written where it is, and cannot be renamed or linked."""
    return path.parts[:2] == ("/", "proc")
