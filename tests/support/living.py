"""What is still there: processes and threads."""

import threading
import time
from collections.abc import Callable
from pathlib import Path


def wait_until(condition: Callable[[], bool], within_s: float = 60.0) -> bool:
    """Whether the condition comes true in that time."""
    deadline = time.monotonic() + within_s
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return met


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be collected does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def have_ended(pids: list[int]) -> bool:
    """Whether all of them end within seconds."""
    return wait_until(lambda: not any(map(is_alive, pids)))


def workers_of(pid: int) -> list[int]:
    """The render workers that process `pid` has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid and b"dawbridge.render.farm.worker" in command:
            found.append(int(stat.parent.name))
    return sorted(found)


def lasting_threads() -> int:
    """Threads of this process, once every timer that was called off has ended."""
    assert wait_until(lambda: not any(isinstance(thread, threading.Timer) for thread in threading.enumerate()))
    return threading.active_count()
