"""Memory of a process and all below it: proportional set size, so that what several share counts once."""

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EVERY_S = 0.2


@dataclass(frozen=True)
class Held:
    """Bytes that processes hold.

    own:     memory that is nobody else's
    unnamed: memory that they share and that has no name (memfd). What no process has mapped is in nobody's proportional
             size: it is counted by what lies in it, where that is more than what is mapped
    files:   pages of files that are mapped: the system takes them back where memory is short
    """

    own: int = 0
    unnamed: int = 0
    files: int = 0

    @property
    def total(self) -> int:
        return self.own + self.unnamed + self.files


class PeakWatch:
    """Samples a tree of processes from `start` on, until `stop`. `peak` is the most there was at a time."""

    def __init__(self):
        self.peak = Held()
        self._ended = threading.Event()
        self._thread = None

    def start(self, pid: int) -> None:
        """Begin with the process of that id."""
        self._thread = threading.Thread(target=self._sample, args=(pid,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the sampling."""
        self._ended.set()
        self._thread.join()

    def _sample(self, pid: int) -> None:
        while not self._ended.wait(EVERY_S):
            self.peak = max(self.peak, held_by_tree(pid), key=lambda held: held.total)


def held_by_tree(pid: int) -> Held:
    """What the process and its descendants hold now."""
    own = shared = files = 0
    unnamed: dict[tuple[int, int], int] = {}
    for process in (pid, *descendants(pid)):
        with suppress(OSError):  # it has just ended
            sizes = _sizes(process)
            own, shared, files = own + sizes["Pss_Anon"], shared + sizes["Pss_Shmem"], files + sizes["Pss_File"]
            unnamed |= _unnamed(process)
    return Held(own, max(shared, sum(unnamed.values())), files)


def descendants(pid: int) -> list[int]:
    """Ids of all processes below that one."""
    found, ahead = [], [pid]
    while ahead:
        with suppress(OSError):  # it has just ended
            for children in Path(f"/proc/{ahead.pop()}/task").glob("*/children"):
                ahead += (new := [int(word) for word in children.read_text().split()])
                found += new
    return found


def _sizes(pid: int) -> dict[str, int]:
    """Bytes by the kernel's names."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: 1024 * int(line.split()[1]) for line in lines}


def _unnamed(pid: int) -> dict[tuple[int, int], int]:
    """(device, inode) → bytes of each memfd that the process holds open."""
    found = {}
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if os.readlink(link).startswith("/memfd:"):
                status = link.stat()
                found[status.st_dev, status.st_ino] = 512 * status.st_blocks
    return found
