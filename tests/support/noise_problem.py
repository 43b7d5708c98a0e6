"""A problem for the search whose answer is known: bursts of noise through a chain, in one window."""

import numpy as np

from dawbridge.datasets.windows import AnalysisWindow
from dawbridge.render import Farm
from dawbridge.search.problem import Problem
from dawbridge.session.chain import Chain, ChainDevice
from dawbridge.session.model import Session, Track
from dawbridge.session.parameter_space import ParameterSpace

RATE = 22050
LENGTH = RATE
# A console strip, and where two of them stand.
STRIP = Chain(
    devices=(
        ChainDevice(device="gain", free={"gain_db": (-12, 12)}),
        ChainDevice(
            device="eq",
            free={"bell_2_hz": (200, 5000), "bell_2_gain_db": (-15, 15), "bell_2_q": (0.2, 5)},
        ),
        ChainDevice(device="compressor", free={"threshold_db": (-50, 0), "ratio": (1, 10)}),
        ChainDevice(device="pan", free={"pan_lr": (-1, 1)}),
    )
)
TRUE = [np.array([0.7, 0.2, 0.85, 0.4, 0.6, 0.5, 0.3]), np.array([0.4, 0.8, 0.15, 0.6, 0.5, 0.3, 0.7])]


def make(farm: Farm, chain: Chain, count: int, true: list[np.ndarray], seed: int = 0) -> Problem:
    """Tracks of noise bursts through `chain` at `true`, in one window."""
    rng = np.random.default_rng(seed)
    gate = np.sin(2 * np.pi * np.arange(LENGTH) / RATE * np.linspace(2, 5, count)[:, None]) > 0
    names = [f"t{number}" for number in range(count)]
    dry = {
        (k, 0): (0.2 * gate[k] * rng.standard_normal(LENGTH)).astype(np.float32)[None].repeat(2, 0)
        for k in range(count)
    }
    session = Session(
        sample_rate=RATE, length_samples=LENGTH, tracks=tuple(Track(name=n, audio=f"{n}.wav") for n in names)
    )
    spaces = tuple(ParameterSpace(chain.of_track(name)) for name in names)
    empty = [np.zeros((2, LENGTH), np.float32)]
    problem = Problem(session, spaces, (AnalysisWindow(0, LENGTH, 0),), np.ones((count, 1), bool), empty, dry, farm)
    problem.target = problem.mixes(true)
    return problem
