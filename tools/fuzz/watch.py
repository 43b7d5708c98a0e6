"""Records what a process does outside its box: writing, linking, or starting another process."""

import os
import sys
from pathlib import Path

_CHANGES = ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.truncate", "os.chmod", "os.rmdir")
_NEVER = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "socket.getaddrinfo")


class Watch:
    """An audit hook. Calls that reach outside the folder `box` are added to `seen`. There is one per process."""

    def __init__(self, box: Path):
        self.box, self.seen = os.path.realpath(box), []
        sys.addaudithook(self._audit)

    def _audit(self, event: str, details: tuple) -> None:
        if event == "open":
            path, mode, flags = details
            if isinstance(path, (str, bytes, os.PathLike)) and _writes(mode, flags):
                self._check(event, path)
        elif event in _CHANGES:
            for path in details[:2]:
                if isinstance(path, (str, bytes, os.PathLike)):
                    self._check(event, path)
        elif event in _NEVER:
            self.seen.append(f"{event} {details[:1]}")

    def _check(self, event: str, path) -> None:
        where = os.path.realpath(os.fsdecode(path))
        if event == "os.link" and not where.startswith(self.box):
            return  # a link's source may be anywhere; its target is audited too
        if not where.startswith(self.box + os.sep) and where != self.box and where != "/dev/null":
            self.seen.append(f"{event} {where}")


def _writes(mode, flags) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
