"""Progress of long work: a bar with the time left on a terminal, plain lines otherwise, or nothing."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    from tqdm import tqdm

LINE_EVERY_S = 10.0


class Progress:
    """Shows nothing; the other kinds are subclasses. Work is done in stages of a known number of steps."""

    def start(self, stage: str, total: int) -> None:
        """A stage of `total` steps begins; the one before ends."""

    def advance(self, steps: int = 1, note: str = "") -> None:
        """`steps` more are done; `note` says where the work stands."""

    def say(self, line: str) -> None:
        """One line for the person who waits."""

    def close(self) -> None:
        """The last stage ends."""


class Bars(Progress):
    """A tqdm bar per stage, with the time left."""

    def __init__(self, stream: TextIO = sys.stderr):
        self.stream = stream
        self.bar: tqdm[NoReturn] | None = None

    def start(self, stage: str, total: int) -> None:
        from tqdm import tqdm

        self.close()
        self.bar = tqdm(total=total, desc=stage, file=self.stream, unit="", dynamic_ncols=True, smoothing=0.05)

    def advance(self, steps: int = 1, note: str = "") -> None:
        if self.bar is None:
            return
        if note:
            self.bar.set_postfix_str(note, refresh=False)
        self.bar.update(steps)

    def say(self, line: str) -> None:
        from tqdm import tqdm

        tqdm.write(line, file=self.stream)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


class Lines(Progress):
    """A plain line at each stage's start and end, and every ten seconds between, with the time left."""

    def __init__(self, stream: TextIO = sys.stderr, now: Callable[[], float] = time.monotonic):
        self.stream, self.now, self.stage = stream, now, ""
        self.total = self.done = 0
        self.note = ""

    def start(self, stage: str, total: int) -> None:
        self.close()
        self.stage, self.total, self.done, self.note = stage, total, 0, ""
        self.start_s = self.last_line_s = self.now()
        self.say(f"{stage} …")

    def advance(self, steps: int = 1, note: str = "") -> None:
        self.done += steps
        self.note = note or self.note
        now = self.now()
        if now - self.last_line_s >= LINE_EVERY_S:
            self.last_line_s = now
            left_s = (now - self.start_s) / max(self.done, 1) * max(self.total - self.done, 0)
            self.say(f"{self.stage}: {self.done}/{self.total}, about {left_s:.0f} s left; {self.note}".rstrip("; "))

    def say(self, line: str) -> None:
        print(line, file=self.stream, flush=True)

    def close(self) -> None:
        if self.stage:
            self.say(f"{self.stage}: done in {self.now() - self.start_s:.1f} s; {self.note}".rstrip("; "))
        self.stage = ""


def progress_for(stream: TextIO = sys.stderr, is_quiet: bool = False) -> Progress:
    """What suits the stream: bars on a terminal, lines elsewhere, nothing when quiet."""
    if is_quiet:
        return Progress()
    return Bars(stream) if stream.isatty() else Lines(stream)
