"""The problem that a search solves: dry tracks with their free parameters, windows of the mix, and a farm that renders.

Positions are arrays in 0..1, one per track, in the order of the track's ParameterSpace. To render one track's chain in
one window is one strip render of the budget; candidates that differ only in fader or pan share one.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from dawbridge.audio import Audio
from dawbridge.datasets.windows import AnalysisWindow, activity, choose_windows
from dawbridge.render import Farm
from dawbridge.render.farm.job import JobDevice, StripJob, audio_key
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.session.channel_gains import channel_gains
from dawbridge.session.model import Session, Track
from dawbridge.session.parameter_space import ParameterSpace

# Length of a window, and what is rendered before it so that compressors and reverbs have settled, in seconds.
WINDOW_S, LEAD_S = 10.0, 2.0
# Windows that a problem has even where one track needs none.
AT_LEAST_WINDOWS = 1

# (track, window, devices): what is rendered once, whatever fader and pan come after it.
_Strip = tuple[int, int, tuple[JobDevice, ...]]


@dataclass(frozen=True)
class Candidate:
    """One track at `positions` [P] of its space, in one window."""

    track: int
    window: int
    positions: np.ndarray


class Problem:
    """A song as a search and a network see it.

    session: its tracks; their chains are replaced by the candidates'
    spaces:  one per track
    windows: the parts of the song in which the mix is compared
    heard:   [K, W] bool, whether a track sounds in a window
    target:  per window, the mix [2, n] float32
    dry:     (track, window) → [C, lead + n] float32, only where heard
    farm:    renders the candidates, and counts what it rendered
    """

    def __init__(
        self,
        session: Session,
        spaces: tuple[ParameterSpace, ...],
        windows: tuple[AnalysisWindow, ...],
        heard: np.ndarray,
        target: list[np.ndarray],
        dry: dict[tuple[int, int], np.ndarray],
        farm: Farm,
    ):
        self.session, self.spaces, self.windows = session, spaces, windows
        self.heard, self.target, self.dry, self.farm = heard, target, dry, farm
        self._keys = {key: audio_key(samples) for key, samples in dry.items()}

    @property
    def sample_rate(self) -> int:
        return self.session.sample_rate

    @property
    def track_count(self) -> int:
        return len(self.spaces)

    @property
    def audible(self) -> list[int]:
        """Tracks heard in some window: the only ones whose parameters can be found."""
        return [k for k in range(self.track_count) if self.heard[k].any() and self.spaces[k].size]

    def defaults(self) -> list[np.ndarray]:
        """Every track at its devices' defaults."""
        return [space.default_0to1 for space in self.spaces]

    def heard_in(self, track: int) -> list[int]:
        """Windows in which a track sounds."""
        return [int(w) for w in np.flatnonzero(self.heard[track])]

    def candidates(self, positions: list[np.ndarray], tracks: list[int] | None = None) -> list[Candidate]:
        """One candidate per (track, window where it is heard)."""
        chosen = range(self.track_count) if tracks is None else tracks
        return [Candidate(k, w, positions[k]) for k in chosen for w in self.heard_in(k)]

    def render(self, candidates: list[Candidate]) -> Iterator[np.ndarray]:
        """The stem [2, n] of each candidate after its fader and pan, without the window's lead, in order."""
        return self.plan_render(candidates)[1]

    def plan_render(self, candidates: list[Candidate]) -> tuple[int, Iterator[np.ndarray]]:
        """(how many strip renders `render` takes for these, what it gives)."""
        planned = [self._planned(candidate) for candidate in candidates]
        unique: dict[_Strip, int] = {}
        strips = [unique.setdefault((c.track, c.window, devices), len(unique))
                  for c, (devices, _) in zip(candidates, planned)]  # fmt: skip
        return len(unique), self._stems(candidates, [gains for _, gains in planned], list(unique), strips)

    def _stems(
        self, candidates: list[Candidate], gains: list[np.ndarray], unique: list[_Strip], strips: list[int]
    ) -> Iterator[np.ndarray]:
        """Of each candidate, whose strip has an index in `unique`; a strip is kept only while it is needed."""
        results, newest = self.farm.render(self._job(*strip) for strip in unique), -1
        held: dict[int, np.ndarray] = {}
        uses = np.bincount(np.array(strips, dtype=int), minlength=len(unique))
        for candidate, strip, gain in zip(candidates, strips, gains):
            while newest < strip:
                newest += 1
                samples = cast(np.ndarray, next(results).samples)  # None only for jobs that write a file
                held[newest] = samples[:, self.windows[candidate.window].lead_samples :]
            wet = held[strip]
            uses[strip] -= 1
            if not uses[strip]:
                del held[strip]
            yield wet * gain

    def _planned(self, candidate: Candidate) -> tuple[tuple[JobDevice, ...], np.ndarray]:
        """(the devices to render, the channel's gains [2, 1])"""
        track = self.spaces[candidate.track].to_track(self.session.tracks[candidate.track], candidate.positions)
        devices = tuple(resolve_device(device, f"track {track.name!r}") for device in track.devices)
        return devices, np.array(channel_gains(track, self.session.pan_law), dtype=np.float32)[:, None]

    def _job(self, track: int, window: int, devices: tuple[JobDevice, ...]) -> StripJob:
        return StripJob(self.dry[track, window], self._keys[track, window], self.sample_rate, devices)

    def mixes(self, positions: list[np.ndarray]) -> list[np.ndarray]:
        """The mix [2, n] of each window with every track at `positions`."""
        mixes = [np.zeros_like(target) for target in self.target]
        candidates = self.candidates(positions)
        for candidate, stem in zip(candidates, self.render(candidates)):
            mixes[candidate.window] += stem
        return mixes

    def with_delays(self, by: Mapping[int, int]) -> "Problem":
        """The problem with tracks moved; by: track → samples later (below 0: earlier).

        The samples that a window does not have are silent.
        """
        tracks = [_delayed(track, by.get(k, 0)) for k, track in enumerate(self.session.tracks)]
        dry = {(k, w): shift_samples(x, by[k]) if k in by else x for (k, w), x in self.dry.items()}
        session = self.session.with_tracks(tracks)
        return Problem(session, self.spaces, self.windows, self.heard, self.target, dry, self.farm)

    def with_targets(self, targets: list[np.ndarray]) -> "Problem":
        """The problem with another mix [2, n] in each window."""
        changed = copy.copy(self)
        changed.target = targets
        return changed

    def session_at(self, positions: list[np.ndarray]) -> Session:
        """The session with every track's chain at `positions`."""
        tracks = [s.to_track(t, p) for s, t, p in zip(self.spaces, self.session.tracks, positions)]
        return self.session.with_tracks(tracks)


def _delayed(track: Track, by: int) -> Track:
    return track.model_copy(update={"start_samples": track.start_samples + by}) if by else track


def shift_samples(samples: np.ndarray, by: int) -> np.ndarray:
    """[C, n] delayed by so many samples (below 0: advanced), with silence where nothing is known."""
    padded = np.pad(samples, ((0, 0), (max(by, 0), max(-by, 0))))
    return padded[:, max(-by, 0) :][:, : samples.shape[1]]


def problem_from_session(
    session: Session, tracks: Sequence[Audio], mix: Audio, spaces: tuple[ParameterSpace, ...], farm: Farm
) -> Problem:
    """The problem of `session`, with windows chosen so that every track that ever plays is heard in one.

    tracks: on the mix's timeline, one per track of the session; mix: stereo
    """
    active = np.stack([activity(audio.samples, audio.sample_rate) for audio in tracks])
    rate, length = session.sample_rate, session.length_samples
    windows, heard = choose_windows(active, length, rate, WINDOW_S, LEAD_S, AT_LEAST_WINDOWS)
    return make_problem(session, spaces, tracks, mix, windows, heard, farm)


def make_problem(
    session: Session,
    spaces: tuple[ParameterSpace, ...],
    tracks: Sequence[Audio],
    mix: Audio,
    windows: tuple[AnalysisWindow, ...],
    heard: np.ndarray,
    farm: Farm,
) -> Problem:
    """The problem of `session` in given windows; tracks and the stereo mix are on the mix's timeline."""
    target = [mix.samples[:, w.start_samples : w.start_samples + w.length_samples].copy() for w in windows]
    dry = {}
    for k, audio in enumerate(tracks):
        for number, w in enumerate(windows):
            if heard[k, number]:
                first, last = w.start_samples - w.lead_samples, w.start_samples + w.length_samples
                dry[k, number] = audio.samples[:, first:last].copy()
    return Problem(session, spaces, windows, heard, target, dry, farm)
