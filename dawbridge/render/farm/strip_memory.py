"""Shared memory for strips that one worker renders and another one sums.

Writing such a strip to disk would cost more than the sum. So it is held in memory that has no name in any file system
(Linux, memfd). The system frees it with the last process that uses it, however that process ends. Freed memory is
reused, since new memory costs more than copying a strip.
"""

import mmap
import os
import threading
from contextlib import suppress
from pathlib import Path

DEFAULT_BYTES = 768 * 2**20
FEWEST = 8  # a strip must be so small that this many fit
PAGE = mmap.PAGESIZE


class StripMemory:
    """Blocks of shared memory for strips, `max_bytes` together. `take` gives None where the system has no memfd."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES):
        self.max_bytes = max_bytes if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd") else 0
        self._sizes: dict[int, int] = {}  # file descriptor → size, of blocks in use and of free ones
        self._free: list[int] = []
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """The size of all blocks, in use and free."""
        return sum(self._sizes.values())

    def take(self, size: int) -> Path | None:
        """A block of `size` bytes, as a path that any process of this user can open. None where there is no room.

        A strip so large that fewer than FEWEST fit gets none: it would fill the memory that the workers need.
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
        """The block at `path` is free again."""
        with self._lock:
            self._free.append(int(path.name))

    def close(self) -> None:
        """Free all blocks. The system keeps those that a process has still mapped until it unmaps them."""
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
    """Whether the path is shared memory, which is written in place and can be neither renamed nor linked."""
    return path.parts[:2] == ("/", "proc")
