"""Random streams from one seed: a stream per purpose, so that what one draws tells nothing of another's draws.

Without it a random baseline that is drawn with the seed of a mystery mix would be the mystery mix.
"""

import numpy as np


def random_stream(seed: int, purpose: str) -> np.random.Generator:
    """The generator of `purpose` under `seed`; the same pair always gives the same stream."""
    return np.random.default_rng([seed, *purpose.encode()])
