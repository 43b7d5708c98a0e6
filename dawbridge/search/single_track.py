"""Each audible track by itself: its estimated stem, over the few seconds where it is loudest, as a problem of one
window a track. Without the others' crosstalk a track's parameters can be found one track at a time."""

from dataclasses import dataclass

import numpy as np

from dawbridge.datasets.windows import AnalysisWindow
from dawbridge.search.problem import Problem

FIT_S, LEAD_S = 8.0, 2.0
_HOP_S = 0.1


@dataclass(frozen=True)
class Near:
    """`problem`: window i belongs to track `tracks[i]` alone; `of`: track → its window. The target of a window is set
    anew by `aim`. `whole`: the problem that it is cut from."""

    whole: Problem
    problem: Problem
    tracks: tuple[int, ...]
    cuts: dict[int, tuple[int, int, int]]

    def of(self, track: int) -> int:
        return self.tracks.index(track)

    def aim(self, stems: dict[tuple[int, int], np.ndarray]) -> None:
        """The targets: (track, window) → stem [2, n], of the problem that this one is cut from."""
        for track in self.tracks:
            window, first, last = self.cuts[track]
            if (track, window) in stems:
                self.problem.target[self.of(track)] = stems[track, window][:, first:last].copy()


def make_near(problem: Problem, stems: dict[tuple[int, int], np.ndarray]) -> Near:
    """Per audible track the FIT_S seconds in which its stem has most energy, LEAD_S before them rendered too."""
    rate, tracks = problem.sample_rate, tuple(problem.audible)
    windows, targets, dry, cuts = [], [], {}, {}
    heard = np.zeros((problem.track_count, len(tracks)), dtype=bool)
    for place, track in enumerate(tracks):
        where, first, last = _loudest(problem, stems, track)
        source = problem.windows[where]
        lead = min(round(LEAD_S * rate), first + source.lead_samples)
        begin = first + source.lead_samples - lead
        dry[track, place] = problem.dry[track, where][:, begin : last + source.lead_samples].copy()
        windows.append(AnalysisWindow(source.start_samples + first, last - first, lead))
        targets.append(stems[track, where][:, first:last].copy())
        cuts[track], heard[track, place] = (where, first, last), True
    near = Problem(problem.session, problem.spaces, tuple(windows), heard, targets, dry, problem.farm)
    return Near(problem, near, tracks, cuts)


def _loudest(problem: Problem, stems, track: int) -> tuple[int, int, int]:
    """(window, first, last sample) of the track's loudest FIT_S."""
    hop, best = round(_HOP_S * problem.sample_rate), (-1.0, 0, 0, 0)
    for window in problem.heard_in(track):
        stem = stems[track, window]
        length = min(round(FIT_S * problem.sample_rate), stem.shape[1])
        energy = np.concatenate([[0.0], np.cumsum(np.square(stem, dtype=np.float64).sum(axis=0))])
        firsts = np.arange(0, stem.shape[1] - length + 1, hop)
        sums = energy[firsts + length] - energy[firsts]
        loudest = int(sums.argmax())
        best = max(best, (float(sums[loudest]), window, int(firsts[loudest]), int(firsts[loudest]) + length))
    return best[1:]
