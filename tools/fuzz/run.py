"""Reads damaged files in separate processes and counts what happens."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/fixtures"
FORMATS = {"ardour": ".ardour", "dawproject": ".dawproject", "reaper": ".rpp"}
LONGEST_S = 10
_MEMORY_BYTES = 6 * 2**30
_SHOWN = 10


@dataclass
class Result:
    """Counts of files that were read and refused, and the failures as (file, what happened)."""

    name: str
    read: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    failures: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        count, failed = self.read + self.refused + len(self.failures), len(self.failures)
        head = f"{self.name}: {count} files in {self.seconds:.0f} s, {self.read} read, {self.refused} refused, "
        head += f"slowest {self.slowest_s:.2f} s, {failed} failures"
        return "\n".join([head, *(f"  {file}: {what}" for file, what in self.failures[:_SHOWN])])


def fuzz(name: str, count: int, seed: int, jobs: int, keep: Path | None = None) -> Result:
    """Read `count` damaged files of the format, in `jobs` processes. A process that dies is a failure."""
    started, result = time.monotonic(), Result(name)
    shares = [range(job, count, jobs) for job in range(jobs)]
    processes = [_start(name, share, seed, keep) for share in shares if share]
    for process in processes:
        for line in process.stdout:
            row = json.loads(line)
            result.read += row.get("read", 0)
            result.refused += row.get("refused", 0)
            result.slowest_s = max(result.slowest_s, row.get("slowest_s", 0.0))
            result.failures += [tuple(failure) for failure in row.get("failures", ())]
        if process.wait() != 0:
            result.failures.append((name, f"a reading process ended with code {process.returncode}"))
    result.seconds = time.monotonic() - started
    return result


def _start(name: str, share: range, seed: int, keep: Path | None) -> subprocess.Popen:
    task = {"name": name, "first": share.start, "stop": share.stop, "step": share.step, "seed": seed}
    task["keep"] = None if keep is None else str(keep.absolute())
    command = [sys.executable, str(Path(__file__).with_name("reader.py")), json.dumps(task)]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tools")])
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths})


def fixtures(name: str) -> list[Path]:
    """The format's fixtures that are not damaged."""
    found = sorted(path for path in (FIXTURES / name).rglob(f"*{FORMATS[name]}") if "corrupted" not in path.parts)
    if not found:
        raise SystemExit(f"{FIXTURES / name}: no {FORMATS[name]} files")
    return found


class TooSlow(BaseException):
    """A reader takes too long. It is no Exception, so that no reader catches it."""


def read_share(task: dict) -> None:
    """Read a process's share of the files and print the outcome of each as JSON."""
    from dawbridge.devices import all_devices
    from fuzz.damage import damaged
    from fuzz.watch import Watch

    all_devices()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    signal.signal(signal.SIGALRM, _too_slow)
    paths = fixtures(task["name"])
    contents = [path.read_bytes() for path in paths]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        watch = Watch(Path(folder))
        for number in range(task["first"], task["stop"], task["step"]):
            chance = random.Random(f"{task['seed']} {number}")
            index = chance.randrange(len(paths))
            data = damaged(contents[index], contents, chance)
            _report(_read(paths[index], data, Path(folder), watch, task["name"]), number, data, task)


def _read(fixture: Path, data: bytes, box: Path, watch, name: str) -> dict:
    """The outcome of one file, which is put beside the files that its fixture names."""
    from dawbridge.errors import DawbridgeError
    from dawbridge.formats import Media, reader_of

    home, out = box / "session", box / "out"
    for folder in (home, out):
        shutil.rmtree(folder, ignore_errors=True)
    _link_tree(fixture.parent, home)
    path = home / f"damaged{FORMATS[name]}"
    path.write_bytes(data)
    watch.seen.clear()
    began = time.monotonic()
    signal.alarm(LONGEST_S)
    try:
        reader_of(path).read(path, Media(out, links=True))
        row = {"read": 1}
    except DawbridgeError as error:
        is_line = "\n" not in str(error)
        row = {"refused": 1} if is_line else {"failed": f"a message of several lines: {str(error)[:200]!r}"}
    except TooSlow:
        row = {"failed": f"took more than {LONGEST_S} s"}
    except BaseException as error:
        row = {"failed": f"{type(error).__name__}: {error}"[:300] + _location_of(error)}
    finally:
        signal.alarm(0)
    if watch.seen:
        row = {"failed": f"outside: {watch.seen[:3]}"}
    return row | {"slowest_s": time.monotonic() - began}


def _link_tree(source: Path, target: Path) -> None:
    """Link the audio and MIDI files beside a fixture into `target`."""
    target.mkdir()
    for path in source.rglob("*"):
        if path.is_file() and "corrupted" not in path.parts and path.suffix in (".wav", ".mid", ".flac"):
            link = target / path.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, link) if path.stat().st_dev == target.stat().st_dev else shutil.copyfile(path, link)


def _report(row: dict, number: int, data: bytes, task: dict) -> None:
    if "failed" in row:
        row = {"failures": [(f"{task['name']} seed {task['seed']} file {number}", row["failed"])]}
        if task["keep"] is not None:
            Path(task["keep"]).mkdir(parents=True, exist_ok=True)
            (Path(task["keep"]) / f"{number}{FORMATS[task['name']]}").write_bytes(data)
    print(json.dumps(row), flush=True)


def _location_of(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"


def _too_slow(*_) -> None:
    raise TooSlow
