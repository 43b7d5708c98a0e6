"""What a trained network reads off a song's windows: no render, no training."""

from pathlib import Path

import numpy as np

from dawbridge.methods.inversion.learning.layout import make_layout
from dawbridge.methods.inversion.learning.sampling import SamplingConfig, SamplingTraining
from dawbridge.methods.inversion.learning.weights import network_for
from dawbridge.search.problem import Problem


def predict(problem: Problem, weights: Path) -> list[np.ndarray]:
    """Positions in 0..1 per track, of the network in `weights`. Raises InputError for weights of another chain."""
    network = network_for(weights, problem.spaces)
    song = [(problem, make_layout(problem.spaces))]
    return SamplingTraining(network, song, SamplingConfig(), np.random.default_rng(0)).predict()
