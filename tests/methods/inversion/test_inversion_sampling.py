"""Sampling-training on one song: it finds what can be heard, the same for any number of workers."""

import numpy as np
import pytest

from dawbridge.audio import Audio
from dawbridge.datasets.windows import AnalysisWindow
from dawbridge.methods.inversion.learning.layout import make_layout
from dawbridge.methods.inversion.learning.sampling import SamplingConfig, SamplingTraining
from dawbridge.render import Farm
from dawbridge.search.problem import Problem, make_problem
from dawbridge.session.chain import Chain
from dawbridge.session.model import Session, Track
from dawbridge.session.parameter_space import ParameterSpace
from inversion_bench.competitors.single_song import sampling_config, start_network

RATE = 22_050
GAIN = {"device": "gain", "free": {"gain_db": [-12, 12]}}
PAN = {"device": "pan", "free": {"pan_lr": [-1, 1]}}
CHAIN = {"devices": [GAIN, PAN], "tracks": {"b": {"devices": [GAIN]}}}
TRUTH = {"a": np.array([0.8, 0.2]), "b": np.array([0.3]), "silent": np.array([0.5, 0.5])}
CONFIG = SamplingConfig(rounds=5, samples=8, mixes=24, epochs=4, sigma_first=0.5, sigma_decay=0.8)

pytestmark = pytest.mark.usefixtures("one_thread")


def problem(farm: Farm) -> Problem:
    """Two noises, one of them mono and with a chain of its own, and a silent track, mixed at TRUTH."""
    rng, chain = np.random.default_rng(0), Chain.model_validate(CHAIN)
    swell = 0.2 * np.abs(np.sin(np.arange(2 * RATE) * 3 / RATE))
    tracks = [Audio(rng.normal(0, 0.3, (channels, 2 * RATE)) * swell, RATE) for channels in (2, 1)]
    tracks.append(Audio(np.zeros((2, 2 * RATE)), RATE))
    rows = tuple(Track(name=n, audio=n, channels=t.channels) for n, t in zip(TRUTH, tracks))
    session = Session(sample_rate=RATE, length_samples=2 * RATE, tracks=rows)
    spaces = tuple(ParameterSpace(chain.of_track(name)) for name in TRUTH)
    windows = (AnalysisWindow(0, RATE, 0), AnalysisWindow(RATE, RATE, RATE // 10))
    heard = np.array([[True, True], [True, False], [False, False]])
    silence = Audio(np.zeros((2, 2 * RATE)), RATE)
    posed = make_problem(session, spaces, tracks, silence, windows, heard, farm)
    posed.target = posed.mixes(list(TRUTH.values()))
    return posed


def trained(workers: int) -> tuple[list[np.ndarray], list[np.ndarray], list[float]]:
    """Positions before and after, and the loss of every round."""
    with Farm(workers) as farm:
        posed = problem(farm)
        layout = make_layout(posed.spaces)
        network = start_network(layout, 1)
        training = SamplingTraining(network, [(posed, layout)], CONFIG, np.random.default_rng(2))
        before, told = training.predict(), []
        losses = [training.run_round(number, told.append) for number in range(CONFIG.rounds)]
        assert sum(told) == CONFIG.rounds * training.steps_per_round()
        assert farm.rendered_strips == 3 + CONFIG.rounds * CONFIG.samples * 3  # the mix; two tracks, three places
        return before, training.predict(), losses


def test_gain_and_pan_of_a_song_are_found_whatever_the_number_of_workers():
    before, after, losses = trained(1)
    for name, first, last in list(zip(TRUTH, before, after))[:2]:
        assert np.abs(first - 0.5).max() < 0.1
        assert np.abs(last - TRUTH[name]).max() < 0.15
    assert np.array_equal(after[2], before[2])  # of silence nothing is known: it keeps the defaults
    other = trained(2)
    assert losses == other[2] and all(np.array_equal(one, two) for one, two in zip(after, other[1]))


def test_the_budget_bounds_rounds_and_samples():
    with Farm(1) as farm:
        posed = problem(farm)
        for budget in (0, 5, 50, 500, 50_000):
            config = sampling_config(posed, budget)
            assert config.rounds * config.samples * 3 <= budget
            assert (config.rounds > 0) == (budget >= 6)
