"""Random streams from one seed: one stream for each purpose, each independent of the others.

With a single stream, a random baseline that is drawn with the seed of a mystery mix would be the mystery mix itself.
"""

import numpy as np


def random_stream(seed: int, purpose: str) -> np.random.Generator:
    """The generator of `purpose` under `seed`; the same pair always gives the same stream."""
    return np.random.default_rng([seed, *purpose.encode()])
