"""The inversion problem of one song: tracks with their spaces, windows of the mix, and renders of candidates.

Positions are arrays in 0..1, one per track, in the order of the track's ParameterSpace. Every evaluation of one track's
chain in one window is one strip render of the budget; candidates that differ only in fader or pan share one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dawbridge.audio import Audio
from dawbridge.datasets.windows import AnalysisWindow, activity, choose_windows
from dawbridge.render import Farm
from dawbridge.render.farm.job import StripJob, audio_key
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.session.channel_gains import channel_gains
from dawbridge.session.model import Session
from dawbridge.session.parameter_space import ParameterSpace

WINDOW_S, LEAD_S, AT_LEAST_WINDOWS = 10.0, 2.0, 1


@dataclass(frozen=True)
class Candidate:
    """One track at one place of its space, heard in one window."""

    track: int
    window: int
    positions: np.ndarray


class Problem:
    """Everything the network and the search need to know of a song.

    session: its tracks carry audio and pan, chains are replaced by candidates
    spaces:  one per track
    windows: where the mix is compared
    heard:   [K, W] bool, whether a track sounds in a window
    target:  per window, the mix [2, n] float32
    dry:     (track, window) → [C, lead + n] float32, only where heard
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
        self._keys = {place: audio_key(samples) for place, samples in dry.items()}

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
        """The stem [2, n] of each candidate after its channel, without the window's lead."""
        return self.ask(candidates)[1]

    def ask(self, candidates: list[Candidate]) -> tuple[int, Iterator[np.ndarray]]:
        """(strip renders it takes, what `render` gives)."""
        planned = [self._planned(candidate) for candidate in candidates]
        unique: dict[tuple, int] = {}
        places = [unique.setdefault((c.track, c.window, devices), len(unique))
                  for c, (devices, _) in zip(candidates, planned)]  # fmt: skip
        return len(unique), self._stems(candidates, planned, list(unique), places)

    def _stems(self, candidates, planned, unique: list[tuple], places: list[int]) -> Iterator[np.ndarray]:
        jobs = (self._job(track, window, devices) for track, window, devices in unique)
        results, newest, wet = self.farm.render(jobs), -1, None
        held: dict[int, np.ndarray] = {}
        uses = np.bincount(places, minlength=len(unique)) if places else []
        for candidate, place, (_, gains) in zip(candidates, places, planned):
            while newest < place:
                newest += 1
                held[newest] = next(results).samples[:, self.windows[candidate.window].lead_samples :]
            wet = held[place]
            uses[place] -= 1
            if not uses[place]:
                del held[place]
            yield wet * gains

    def _planned(self, candidate: Candidate):
        track = self.spaces[candidate.track].to_track(self.session.tracks[candidate.track], candidate.positions)
        devices = tuple(resolve_device(device, f"track {track.name!r}") for device in track.devices)
        return devices, np.array(channel_gains(track, self.session.pan_law), dtype=np.float32)[:, None]

    def _job(self, track: int, window: int, devices) -> StripJob:
        return StripJob(self.dry[track, window], self._keys[track, window], self.sample_rate, devices)

    def mixes(self, positions: list[np.ndarray]) -> list[np.ndarray]:
        """The mix [2, n] of each window with every track at `positions`."""
        mixes = [np.zeros_like(target) for target in self.target]
        candidates = self.candidates(positions)
        for candidate, stem in zip(candidates, self.render(candidates)):
            mixes[candidate.window] += stem
        return mixes

    def shifted(self, by: Mapping[int, int]) -> "Problem":
        """With tracks by so many samples later (below 0: earlier) in the session and in every window. What a window has
        not of a track is silence: a few samples at an end."""
        late = lambda k: {"start_samples": self.session.tracks[k].start_samples + by[k]}  # noqa: E731
        tracks = [t.model_copy(update=late(k)) if k in by else t for k, t in enumerate(self.session.tracks)]
        dry = {(k, w): shifted(x, by[k]) if k in by else x for (k, w), x in self.dry.items()}
        session = self.session.with_tracks(tracks)
        return Problem(session, self.spaces, self.windows, self.heard, self.target, dry, self.farm)

    def solve_session(self, positions: list[np.ndarray]) -> Session:
        """The session with every track's chain at `positions`."""
        tracks = [s.to_track(t, p) for s, t, p in zip(self.spaces, self.session.tracks, positions)]
        return self.session.with_tracks(tracks)


def shifted(samples: np.ndarray, by: int) -> np.ndarray:
    """[C, n] by so many samples later (below 0: earlier), with silence behind it."""
    padded = np.pad(samples, ((0, 0), (max(by, 0), max(-by, 0))))
    return padded[:, max(-by, 0) :][:, : samples.shape[1]]


def pose_problem(
    session: Session, tracks: Sequence[Audio], mix: Audio, spaces: tuple[ParameterSpace, ...], farm: Farm
) -> Problem:
    """The problem of `session`, its windows chosen so that every track that plays is heard in one.

    tracks: placed on the mix's timeline, one per track of the session; mix: stereo.
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
    """Cut `tracks` (placed on the mix's timeline) and the stereo `mix` to the windows."""
    target = [mix.samples[:, w.start_samples : w.start_samples + w.length_samples].copy() for w in windows]
    dry = {}
    for k, audio in enumerate(tracks):
        for number, w in enumerate(windows):
            if heard[k, number]:
                first, last = w.start_samples - w.lead_samples, w.start_samples + w.length_samples
                dry[k, number] = audio.samples[:, first:last].copy()
    return Problem(session, spaces, windows, heard, target, dry, farm)
