"""A problem of three tracks made of noise, small enough to be rendered a thousand times in a test."""

from dataclasses import replace

import numpy as np

from dawbridge.audio import Audio
from dawbridge.datasets.windows import AnalysisWindow
from dawbridge.methods.inversion.song import Song
from dawbridge.progress import Progress
from dawbridge.render import Farm
from dawbridge.search.problem import Problem, make_problem
from dawbridge.session.chain import Chain
from dawbridge.session.model import Session, Track
from dawbridge.session.parameter_space import ParameterSpace
from inversion_bench.competitors import Task

RATE = 22_050
GAIN = {"device": "gain", "free": {"gain_db": [-12, 12]}}
PAN = {"device": "pan", "free": {"pan_lr": [-1, 1]}}
LOW_SHELF = {"device": "eq", "free": {"low_shelf_gain_db": [-12, 12]}}
CHAIN = {"devices": [GAIN, LOW_SHELF, PAN], "tracks": {"b": {"devices": [GAIN]}, "fixed": {"devices": []}}}
TRUTH = {
    "a": np.array([0.8, 0.3, 0.2]),
    "b": np.array([0.3]),
    "fixed": np.array([]),
    "silent": np.array([0.5, 0.5, 0.5]),
}


def tiny_song(seed: int = 0) -> Song:
    """A stereo track; a mono one with a chain of its own, heard in the first second only; one with nothing to be
    found; a silent one."""
    rng = np.random.default_rng(seed)
    swell = 0.2 * np.abs(np.sin(np.arange(2 * RATE) * 3 / RATE))
    tracks = [rng.normal(0, 0.3, (channels, 2 * RATE)) * swell for channels in (2, 1, 1)]
    tracks[1][:, RATE:] = 0
    audio = tuple(Audio(x.astype(np.float32), RATE) for x in (*tracks, np.zeros((2, 2 * RATE))))
    rows = tuple(Track(name=n, audio=f"{n}.wav", channels=a.channels) for n, a in zip(TRUTH, audio))
    session = Session(sample_rate=RATE, length_samples=2 * RATE, tracks=rows)
    return Song(session, audio, Audio(np.zeros((2, 2 * RATE), np.float32), RATE), (), ())


def tiny_task(farm: Farm, budget: int, seed: int = 1, chain: dict = CHAIN) -> Task:
    """Two windows of the song, mixed at TRUTH, or with another chain at the middle of its ranges."""
    song = tiny_song()
    spaces = tuple(ParameterSpace(Chain.model_validate(chain).of_track(name)) for name in TRUTH)
    windows = (AnalysisWindow(0, RATE, 0), AnalysisWindow(RATE, RATE, RATE // 10))
    heard = np.array([[True, True], [True, False], [True, True], [False, False]])
    problem = make_problem(song.session, spaces, list(song.audio), song.mix, windows, heard, farm)
    problem.target = problem.mixes(list(TRUTH.values()) if chain is CHAIN else [np.full(s.size, 0.5) for s in spaces])
    mix = Audio(np.concatenate(problem.target, axis=1), RATE)
    return Task(replace(song, mix=mix), problem, budget, seed, Progress())


def null_db(problem: Problem, positions: list[np.ndarray]) -> float:
    """Of the windows' mixes."""
    pairs = list(zip(problem.target, problem.mixes(positions)))
    left, whole = (sum(float(np.square(x, dtype=np.float64).sum()) for x in row)
                   for row in ([t - m for t, m in pairs], problem.target))  # fmt: skip
    return 10 * np.log10(max(left, 1e-30) / whole)
