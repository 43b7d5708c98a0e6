"""Findings: what a method measured and has to say, as a pydantic model. It is the content of `metrics.json`."""

import time
from dataclasses import dataclass, field
from typing import Any

from dawbridge.methods.figures import Figures
from dawbridge.render import Farm
from dawbridge.session.frozen_model import FrozenModel


class Spent(FrozenModel):
    """What the work took: strip renders of the budget, seconds of audio they rendered, processor time, wall time."""

    budget_renders: int = 0
    rendered_s: float = 0.0
    cpu_seconds: float = 0.0
    seconds: float = 0.0


class Findings(Figures, Spent):
    """What every method tells. A method's own model adds to it.

    the figures: of the mix that was made, against its reference
    notes:       all that a person should know, a sentence each
    warnings:    those of the notes that judge the result: a command prints them
    seed, bypassed: as asked for; plugins that were missing and left out
    """

    warnings: tuple[str, ...] = ()
    seed: int = 0
    bypassed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stopwatch:
    """Started when it is made: wall time, and processor time of this process and of a farm's workers."""

    began_s: float = field(default_factory=time.monotonic)
    cpu_began_s: float = field(default_factory=time.process_time)

    def read(self, farm: Farm) -> dict[str, Any]:
        """The last two fields of Spent, rounded to a tenth."""
        cpu_s = farm.cpu_s + time.process_time() - self.cpu_began_s
        return {"cpu_seconds": round(cpu_s, 1), "seconds": round(time.monotonic() - self.began_s, 1)}
