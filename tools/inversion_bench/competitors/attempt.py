"""A competitor's attempt at one mix, and what it spent: what every table of competitors is made of.

session.json  mix.wav  result.json      what a cell's folder holds of it; session.json where parameters were found
"""

import time
from dataclasses import dataclass
from pathlib import Path

from dawbridge.audio import write_audio
from dawbridge.methods.inversion.placement import align_tracks, apply_delays
from dawbridge.methods.inversion.song import Song
from dawbridge.progress import Progress
from dawbridge.render import Farm, render_session
from dawbridge.search.problem import Problem
from dawbridge.session import Session, write_session
from dawbridge.session.parameter_space import ParameterSpace
from inversion_bench.competitors import get_competitor
from inversion_bench.competitors.interface import Answer, Task


@dataclass(frozen=True)
class Attempt:
    """spent: `seconds`, `cpu_s` of all processes, `renders` and `rendered_s` of strips, rounded for result.json."""

    song: Song
    problem: Problem
    answer: Answer
    spent: dict[str, float]

    @property
    def session(self) -> Session | None:
        """The song with what was found; None where the competitor finds no parameters."""
        found = self.answer.positions
        return None if found is None else self.problem.session_at(found)

    def write(self, folder: Path, stems: Path) -> None:
        """The session, if there is one, and the mix of the song, whose tracks lie in `stems`."""
        if (session := self.session) is None:
            mix = self.answer.mix_of(self.song)
        else:
            write_session(session, folder / "session.json")
            mix = render_session(session, stems, self.problem.farm).mix
        write_audio(folder / "mix.wav", mix)


def attempt(
    name: str,
    song: Song,
    spaces: tuple[ParameterSpace, ...],
    budget: int,
    seed: int,
    farm: Farm,
    progress: Progress,
    weights: Path | None = None,
) -> Attempt:
    """The competitor `name` on `song` within `budget` strip renders, on a farm that has done nothing yet."""
    began, cpu_began = time.monotonic(), time.process_time()
    song, problem = align_tracks(song, song.to_problem(spaces, farm), budget, seed, progress)
    answer = get_competitor(name)(Task(song, problem, budget - farm.rendered_strips, seed, progress, weights))
    spent = {"seconds": time.monotonic() - began, "cpu_s": farm.cpu_s + time.process_time() - cpu_began}
    spent |= {"renders": farm.rendered_strips + answer.renders, "rendered_s": farm.rendered_s + answer.rendered_s}
    song, problem = apply_delays(song, problem, answer.delays)
    return Attempt(song, problem, answer, {key: round(value, 1) for key, value in spent.items()})
