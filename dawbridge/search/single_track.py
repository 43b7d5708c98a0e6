"""Single-track problems: each audible track by itself, with its estimated stem as the target.

In: a problem and an estimate of every stem. Out: a problem with one short window per track, in which nothing but that
track sounds. Without the other tracks' crosstalk a track's parameters can be found one track at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dawbridge.datasets.windows import AnalysisWindow
from dawbridge.search.dictionary import StemKey
from dawbridge.search.problem import Problem

# Seconds of a track that are fitted, and seconds rendered before them, so that compressors and reverbs have settled.
FIT_S, LEAD_S = 8.0, 2.0
# Grid (seconds) on which the loudest part of a track is looked for.
_HOP_S = 0.1


@dataclass(frozen=True)
class SingleTrackProblems:
    """One window per audible track.

    full_problem: the problem of the whole mix
    problem: its window i is heard by track `tracks[i]` alone, and has that track's stem as its target
    cuts: track → (window of `full_problem`, first sample, last sample) of the part that was cut out
    """

    full_problem: Problem
    problem: Problem
    tracks: tuple[int, ...]
    cuts: dict[int, tuple[int, int, int]]

    def window_of(self, track: int) -> int:
        """The index of the track's window in `problem`."""
        return self.tracks.index(track)

    def with_targets(self, stems: Mapping[StemKey, np.ndarray]) -> "SingleTrackProblems":
        """The same windows with other targets: (track, window of `full_problem`) → stem [2, n]."""
        targets = list(self.problem.target)
        for track in self.tracks:
            window, first, last = self.cuts[track]
            if (track, window) in stems:
                targets[self.window_of(track)] = stems[track, window][:, first:last].copy()
        return replace(self, problem=self.problem.with_targets(targets))


def make_single_track_problems(problem: Problem, stems: Mapping[StemKey, np.ndarray]) -> SingleTrackProblems:
    """Per audible track the FIT_S seconds in which its stem has most energy."""
    rate, tracks = problem.sample_rate, tuple(problem.audible)
    windows, targets, dry, cuts = [], [], {}, {}
    heard = np.zeros((problem.track_count, len(tracks)), dtype=bool)
    for index, track in enumerate(tracks):
        window, first, last = _loudest(problem, stems, track)
        source = problem.windows[window]
        lead = min(round(LEAD_S * rate), first + source.lead_samples)
        begin = first + source.lead_samples - lead
        dry[track, index] = problem.dry[track, window][:, begin : last + source.lead_samples].copy()
        windows.append(AnalysisWindow(source.start_samples + first, last - first, lead))
        targets.append(stems[track, window][:, first:last].copy())
        cuts[track], heard[track, index] = (window, first, last), True
    cut = Problem(problem.session, problem.spaces, tuple(windows), heard, targets, dry, problem.farm)
    return SingleTrackProblems(problem, cut, tracks, cuts)


def _loudest(problem: Problem, stems: Mapping[StemKey, np.ndarray], track: int) -> tuple[int, int, int]:
    """(window, first sample, last sample) of the track's loudest FIT_S."""
    hop, best = round(_HOP_S * problem.sample_rate), (-1.0, 0, 0, 0)
    for window in problem.heard_in(track):
        stem = stems[track, window]
        length = min(round(FIT_S * problem.sample_rate), stem.shape[1])
        cumulated = np.concatenate([[0.0], np.cumsum(np.square(stem, dtype=np.float64).sum(axis=0))])
        firsts = np.arange(0, stem.shape[1] - length + 1, hop)
        sums = cumulated[firsts + length] - cumulated[firsts]
        loudest = int(sums.argmax())
        best = max(best, (float(sums[loudest]), window, int(firsts[loudest]), int(firsts[loudest]) + length))
    return best[1:]
