"""Where the network starts on a song: its sizes, its first weights, and how long it is trained there."""

from dataclasses import replace
from pathlib import Path

from dawbridge.methods.inversion.layout import Layout
from dawbridge.methods.inversion.problem import Problem
from dawbridge.methods.inversion.sampling import SamplingConfig
from dawbridge.methods.inversion.weights import network_for
from dawbridge.networks import InversionConfig, InversionNetwork
from dawbridge.session.space import Space

# Wide to narrow for a network that knows nothing. Trained weights know the way from a mix to its parameters:
# they are only tuned to the song, with samples wide enough to hold the truth where the prediction is off.
FRESH = SamplingConfig(rounds=8, samples=24, mixes=64, epochs=3, sigma_first=0.5, sigma_decay=0.93, learning_rate=2e-3)
TUNED = replace(
    FRESH, rounds=5, epochs=2, sigma_first=0.3, sigma_decay=1.0, learning_rate=5e-4, last_learning_rate=1e-4
)
STEMS_BYTES = 600e6  # rendered stems of one window in memory; another window's are rendered meanwhile


def start_network(
    spaces: tuple[Space, ...], layout: Layout, seed: int, weights: Path | None = None
) -> InversionNetwork:
    """A network for the layout, from the file `weights` where one is given, else as the seed decides.

    Raises InputError for weights of another chain.
    """
    if weights is not None:
        return network_for(weights, spaces)
    return InversionNetwork.seeded(InversionConfig.small(layout.size), seed)


def sampling_config(problem: Problem, budget: int, is_trained: bool = False) -> SamplingConfig:
    """The loop's sizes for one song within `budget` strip renders."""
    usual = TUNED if is_trained else FRESH
    places = sum(len(problem.heard_in(k)) for k in problem.audible)
    samples = min(usual.samples, budget // max(1, places), _most_samples(problem))
    if samples < 2:
        return replace(usual, rounds=0)
    rounds = min(usual.rounds, budget // (samples * places))
    return replace(usual, rounds=rounds, samples=samples)


def _most_samples(problem: Problem) -> int:
    """How many stems per track fit into memory, at least a few."""
    longest = max(window.length_samples for window in problem.windows)
    return max(4, int(STEMS_BYTES / (8 * longest * max(1, problem.heard.sum(axis=0).max()))))
