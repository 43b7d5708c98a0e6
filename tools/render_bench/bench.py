"""Bench: where and how large the measures are, and contestants that take turns."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from render_bench.processes import Run, python, render_command, run
from render_bench.sessions import Size, make_sounds, write_built_in, write_zam

REFERENCES = Path(__file__).resolve().parents[1] / "reference_renders"


@dataclass(frozen=True)
class Bench:
    """What to measure, and the folder to work in.

    session, memory:       sizes
    strip_renders, strip_s: how many strips in the search loop, and their length
    """

    folder: Path
    rounds: int
    session: Size
    memory: Size
    strip_renders: int
    strip_s: float = 5.0

    @cached_property
    def sounds(self) -> list[str]:
        """The session's audio files."""
        return make_sounds(self.folder, self.session)

    @cached_property
    def built_in(self) -> Path:
        """The session of built-in devices."""
        return write_built_in(self.folder / "built-in.json", self.session, self.sounds)

    @cached_property
    def zam(self) -> Path:
        """The session of plugins."""
        return write_zam(self.folder / "zam.json", self.session, self.sounds)

    def mix(self, name: str) -> Path:
        """Where the mix of the contestant of that name lies."""
        return self.folder / name / "mix.wav"

    def render(self, session: Path, name: str, workers: int, *more: str, keeps_cache: bool = False) -> Run:
        """dawbridge's render, with an empty cache unless it keeps that of the last render."""
        cache = self.folder / f"cache-{session.stem}-{workers}"
        if not keeps_cache:
            shutil.rmtree(cache, ignore_errors=True)
        return run(render_command(session, self.folder / name, workers, *more), {"DAWBRIDGE_CACHE": str(cache)})

    def refer(self, script: str, session: Path, name: str, *more: object) -> Run:
        """A reference script's render."""
        self.mix(name).parent.mkdir(exist_ok=True)
        return run(python(REFERENCES / script, session, self.mix(name), *more))

    def race(self, contestants: dict[str, Callable[[int], Run]]) -> dict[str, Run]:
        """Name → the least time of the wall and of the processors. A contestant is given the round's number."""
        runs: dict[str, list[Run]] = {name: [] for name in contestants}
        for number in range(self.rounds):
            for name, contestant in contestants.items():
                runs[name].append(contestant(number))
        return {name: Run(min(r.wall_s for r in rows), min(r.cpu_s for r in rows)) for name, rows in runs.items()}


def with_workers(count: int) -> str:
    """`1 worker`, `2 workers`."""
    return f"{count} worker{'s' * (count > 1)}"
