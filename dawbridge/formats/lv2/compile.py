"""Compiles a bundle's C++ into the library that hosts load."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from dawbridge.errors import DawbridgeError

_COMPILERS = ("g++", "clang++", "c++")
_FLAGS = ("-std=c++17", "-O2", "-ffp-contract=fast", "-fPIC", "-shared", "-fvisibility=hidden")
_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
_TIMEOUT_S = 300


def library_name(name: str) -> str:
    """The file name of a plugin's library on this system."""
    return name + _SUFFIX


def find_compiler() -> list[str]:
    """The command that compiles C++: `CXX` if it is set. Raises DawbridgeError if there is none."""
    if named := shlex.split(os.environ.get("CXX", "")):
        return named
    for name in _COMPILERS:
        if found := shutil.which(name):
            return [found]
    searched = ", ".join(_COMPILERS)
    raise DawbridgeError(f"no C++ compiler ({searched}); install one (Debian: apt-get install g++), or name it by CXX")


def compile_library(compiler: list[str], source: Path, library: str) -> None:
    """Compile `source` into `library` beside it. The same source gives the same bytes, in any folder.

    Raises DawbridgeError if the compiler fails.
    """
    try:
        done = subprocess.run(
            [*compiler, *_FLAGS, "-o", library, source.name],
            cwd=source.parent,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DawbridgeError(f"{library}: the C++ compiler {compiler[0]} failed ({error}); name one by CXX") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or [f"exit code {done.returncode}"]
        raise DawbridgeError(f"{library}: the C++ compiler {compiler[0]} failed ({lines[0]}); name one by CXX")
