"""Shared buffers: memory that a parent and its worker both see, for the samples of short strips.

Through a pipe they would be copied in small pieces, with both processes woken for each. Linux only (memfd); elsewhere
`path_for` gives None, and the pipe it is.
"""

import mmap
import os
from pathlib import Path

import numpy as np


class SharedBuffer:
    """The parent's side: it makes the memory, and reads what the worker has put there."""

    def __init__(self):
        has_memory = hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd")
        self._descriptor = os.memfd_create("dawbridge buffer", os.MFD_CLOEXEC) if has_memory else None
        self._map: mmap.mmap | None = None

    def path_for(self, size: int) -> str | None:
        """Where the worker finds at least `size` bytes of it; None where the system does not give so many."""
        if self._descriptor is None or size == 0:
            return None
        if self._map is None or len(self._map) < size:
            try:
                os.ftruncate(self._descriptor, size)
                self._map = mmap.mmap(self._descriptor, size)
            except OSError:
                return None
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"

    def read(self, shape: tuple[int, int]) -> np.ndarray:
        """A copy of the samples that lie there."""
        return np.frombuffer(self._map, np.float32, shape[0] * shape[1]).reshape(shape).copy()

    def close(self) -> None:
        """Let go of it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = self._map = None


class SharedBufferWriter:
    """The worker's side, of all buffers it is given."""

    def __init__(self):
        self._maps: dict[str, mmap.mmap] = {}

    def write(self, path: str, samples: np.ndarray) -> None:
        """Put the samples there. Raises OSError, ValueError where there is no such memory."""
        if path not in self._maps or len(self._maps[path]) < samples.nbytes:
            with Path(path).open("r+b") as file:
                self._maps[path] = mmap.mmap(file.fileno(), 0)
        np.copyto(np.frombuffer(self._maps[path], np.float32, samples.size).reshape(samples.shape), samples)
