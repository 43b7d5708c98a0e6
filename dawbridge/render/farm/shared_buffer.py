"""Shared buffers: memory that a parent and its worker share, for the samples of short strips.

A pipe would copy the samples in small pieces and wake both processes for each. Shared memory needs Linux (memfd). On
other systems `path_for` gives None, and the samples go through the pipe.
"""

import mmap
import os
from pathlib import Path

import numpy as np


class SharedBuffer:
    """The parent's side: it allocates the memory, and reads the samples that the worker has written."""

    def __init__(self) -> None:
        has_memory = hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd")
        self._descriptor = os.memfd_create("dawbridge buffer", os.MFD_CLOEXEC) if has_memory else None
        self._map: mmap.mmap | None = None

    def path_for(self, size: int) -> str | None:
        """The path under which the worker finds at least `size` bytes. None where the system has no such memory."""
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
        """A copy of the samples in the buffer. `path_for` was called before."""
        if self._map is None:
            raise ValueError("nothing was written")
        return np.frombuffer(self._map, np.float32, shape[0] * shape[1]).reshape(shape).copy()

    def close(self) -> None:
        """Free the memory."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = self._map = None


class SharedBufferWriter:
    """The worker's side: it writes into any buffer of its parent, by path."""

    def __init__(self) -> None:
        self._maps: dict[str, mmap.mmap] = {}

    def write(self, path: str, samples: np.ndarray) -> None:
        """Write the samples into the buffer at `path`. Raises OSError or ValueError where there is no such buffer."""
        if path not in self._maps or len(self._maps[path]) < samples.nbytes:
            with Path(path).open("r+b") as file:
                self._maps[path] = mmap.mmap(file.fileno(), 0)
        np.copyto(np.frombuffer(self._maps[path], np.float32, samples.size).reshape(samples.shape), samples)
