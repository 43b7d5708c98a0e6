"""Streams of one seed repeat, and tell nothing of each other."""

import numpy as np

from dawbridge.seeds import random_stream


def test_a_stream_repeats():
    assert np.array_equal(random_stream(3, "a").uniform(size=9), random_stream(3, "a").uniform(size=9))


def test_purposes_and_seeds_do_not_share_draws():
    draws = [random_stream(seed, purpose).uniform(size=2000) for seed in (0, 1) for purpose in ("a", "b", "ab")]
    correlations = np.corrcoef(draws)[np.triu_indices(len(draws), 1)]
    assert np.abs(correlations).max() < 0.1
