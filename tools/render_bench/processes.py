"""Contestants as processes: what they cost, from their start to the end of all they started."""

import ctypes
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PR_SET_CHILD_SUBREAPER = 36
# An installed package has its byte code; a checkout keeps it from the first run on, unless it is told not to.
_KEEPS_BYTE_CODE = {"PYTHONDONTWRITEBYTECODE": ""}


@dataclass(frozen=True)
class Run:
    """What a process took, its children included, and what it printed."""

    wall_s: float
    cpu_s: float
    printed: str = ""


def adopt_orphans() -> None:
    """From now on processes whose parent ends become ours, so that none escapes the count."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0)


def use_two_cores() -> None:
    """This process and all it starts from now on share two cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


def run(command: Sequence[object], environment: Mapping[str, str] = {}, watch=lambda pid: None) -> Run:
    """Run to the end. `watch` is given the process's id as soon as there is one. Exits where the process fails.

    What others wrote before is on the disk first, so that nobody pays for it here.
    """
    os.sync()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        started_s = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            stdout=out,
            stderr=said,
            cwd=ROOT,
            env=os.environ | _KEEPS_BYTE_CODE | dict(environment),
        )
        watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started_s
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu_s = usage.ru_utime + usage.ru_stime + _orphans_cpu_s()
        printed, errors = (_text(stream) for stream in (out, said))
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{errors[-2000:]}")
    return Run(wall_s, cpu_s, printed)


def python(*arguments: object) -> list[object]:
    """The command that runs this Python."""
    return [sys.executable, *arguments]


def render_command(session: Path, out: Path, workers: int, *more: str) -> list[object]:
    """The command that renders a session file."""
    return python("-m", "dawbridge", "render", session, "--out", out, "--quiet", "--workers", workers, *more)


def _orphans_cpu_s() -> float:
    total_s = 0.0
    with suppress(ChildProcessError):
        while True:
            _, _, usage = os.wait4(-1, 0)
            total_s += usage.ru_utime + usage.ru_stime
    return total_s


def _text(stream) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")
