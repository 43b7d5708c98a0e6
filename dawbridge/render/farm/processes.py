"""Child processes that host plugins: ended with all they started, and never left behind."""

import ctypes
import os
import platform
import signal
import subprocess
from contextlib import suppress

_PR_SET_PDEATHSIG = 1


def end_process(process: subprocess.Popen) -> None:
    """The child is gone after this; on POSIX also what a plugin started in its process group.

    The child must lead its own group (`start_new_session`). Harmless where it has just ended.
    """
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def die_with_parent(parent: int) -> None:
    """On Linux this process ends when the thread that started it does, even in the middle of a plugin's code.

    `parent` is the parent's process id. Elsewhere a child notices at its next read of a pipe.
    """
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)


def exit_words(code: int) -> str:
    """An exit code as a person reads it: `SIGSEGV`, `exit code 1`."""
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
