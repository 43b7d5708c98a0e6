"""Files and folders that appear whole or not at all."""

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dawbridge.errors import InputError, OutputError
from dawbridge.file_lock import try_lock

MARKER = ".dawbridge"
_made: list[tuple[Path, int]] = []  # folders as they are about to be named, and what the file system calls them


def write_bytes(path: Path, data: bytes) -> None:
    """Write beside, then rename."""
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({_reason(error, beside)}); choose another folder") from None


def _reason(error: OSError, beside: Path) -> str:
    """What the system says; the file's name too, unless it is a partial one, which no user knows."""
    if error.errno is None or not str(error.filename or beside).startswith(str(beside)):
        return str(error)
    return f"[Errno {error.errno}] {error.strerror}"


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text beside, then rename."""
    write_bytes(path, text.encode("utf-8"))


def check_is_file(path: Path) -> None:
    """InputError for a folder, a pipe or a device, whose reading may never end. Where nothing is, readers say so."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"{path}: no file, but a folder, pipe or device; name a file")


@contextmanager
def whole_folder(out: Path, inputs: Iterable[Path] = ()) -> Iterator[Path]:
    """A folder beside `out` to fill; on success it becomes `out`, on failure it vanishes and `out` stays.

    `out` may be absent, empty, or an earlier result that nobody has touched (it then is replaced). What a killed
    process left beside it goes first. Raises OutputError where it holds anything else or one of the `inputs`, or
    cannot be written.
    """
    given, out = out, out.resolve()  # "." has no name to put another beside
    _clean_up_after_the_dead(out)
    check_out_folder(given, inputs)
    beside, earlier, lock = (out.with_name(f".{out.name}.{os.getpid()}.{kind}") for kind in ("part", "old", "lock"))
    with ExitStack() as stack:
        if not beside.exists():  # else this process fills it already, and the next lines fail
            # Told before they are made: an interruption may come in the very call that makes them.
            stack.callback(shutil.rmtree, beside, ignore_errors=True)
            stack.callback(_unlink, lock)
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            _hold(lock, stack)
            beside.mkdir()
            yield beside
            (beside / MARKER).write_text(json.dumps(_listing(beside), indent=0))
            _made.append((given, beside.stat().st_ino))
            _swap(out, beside, earlier)
        except OSError as error:
            raise OutputError(f"{out}: cannot be written ({_reason(error, beside)}); choose another folder") from None


def _unlink(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _hold(lock: Path, stack: ExitStack) -> None:
    """Lock it to the stack's end, so that others see that we live. Where nothing can be locked, nobody cleans up."""
    with suppress(OSError):
        if (held := try_lock(lock)) is not None:
            stack.enter_context(held)


def _clean_up_after_the_dead(out: Path) -> None:
    """Remove what processes that were killed left beside `out`. One killed in the swap is undone."""
    of_a_process = re.compile(rf"(\.{re.escape(out.name)}\.\d+)\.(part|old|lock)")
    with suppress(OSError):
        matches = [of_a_process.fullmatch(path.name) for path in out.parent.iterdir()]
        for name in {match[1] for match in matches if match}:
            part, earlier, lock = (out.with_name(f"{name}.{kind}") for kind in ("part", "old", "lock"))
            if (held := try_lock(lock)) is None:  # it lives
                continue
            with held:
                if not out.exists() and _is_untouched_result(earlier):
                    earlier.replace(out)
                for folder in (part, earlier):
                    shutil.rmtree(folder, ignore_errors=True)


def _swap(out: Path, beside: Path, earlier: Path) -> None:
    """`beside` becomes `out`; what stood there is removed last, so that no failure leaves neither."""
    if not out.exists():
        beside.replace(out)
        return
    out.replace(earlier)
    try:
        beside.replace(out)
    except BaseException:  # an interruption too
        if not out.exists():
            earlier.replace(out)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def stands_already(folder: Path) -> bool:
    """Whether there is anything in `folder`; it is of use after an interruption then, and one of `written_folders`."""
    is_there = folder.is_dir() and any(folder.iterdir())
    if is_there:
        _made.append((folder, folder.stat().st_ino))
    return is_there


def written_folders() -> list[Path]:
    """The folders that this process has written whole: what an interruption does not undo."""
    return [out for out, number in _made if out.exists() and out.stat().st_ino == number]


def check_out_folder(out: Path, inputs: Iterable[Path] = ()) -> None:
    """OutputError where `out` is a file, or holds an input or anything but an untouched earlier result."""
    for path in inputs:
        if path.resolve().is_relative_to(out.resolve()):
            raise OutputError(f"{out}: holds the input {path}; give another folder")
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out}: a file stands there; give another folder")
    if any(out.iterdir()) and not _is_untouched_result(out):
        raise OutputError(f"{out}: holds something else, or a result changed since; give a new or empty folder")


def _is_untouched_result(out: Path) -> bool:
    """Whether `out` is what an earlier run wrote, no file added, changed or missing since."""
    try:
        return json.loads((out / MARKER).read_text()) == _listing(out)
    except (OSError, ValueError):
        return False


def _listing(folder: Path) -> dict[str, list[int]]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / MARKER]
    return {p.relative_to(folder).as_posix(): [p.stat().st_size, p.stat().st_mtime_ns] for p in files}
