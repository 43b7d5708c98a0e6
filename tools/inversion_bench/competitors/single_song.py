"""Where the network starts on a song: its sizes, its first weights, and how long it is trained there."""

from dataclasses import replace

from dawbridge.methods.inversion.learning.layout import Layout
from dawbridge.methods.inversion.learning.sampling import SamplingConfig
from dawbridge.networks import InversionConfig, InversionNetwork
from dawbridge.search.problem import Problem

# Wide to narrow, for a network that knows nothing.
FRESH = SamplingConfig(rounds=8, samples=24, mixes=64, epochs=3, sigma_first=0.5, sigma_decay=0.93, learning_rate=2e-3)
STEMS_BYTES = 600e6  # rendered stems of one window in memory; another window's are rendered meanwhile


def start_network(layout: Layout, seed: int) -> InversionNetwork:
    """A network for the layout, its first weights as the seed decides."""
    return InversionNetwork.seeded(InversionConfig.small(layout.size), seed)


def sampling_config(problem: Problem, budget: int) -> SamplingConfig:
    """The loop's sizes for one song within `budget` strip renders."""
    places = sum(len(problem.heard_in(k)) for k in problem.audible)
    samples = min(FRESH.samples, budget // max(1, places), _most_samples(problem))
    if samples < 2:
        return replace(FRESH, rounds=0)
    return replace(FRESH, rounds=min(FRESH.rounds, budget // (samples * places)), samples=samples)


def _most_samples(problem: Problem) -> int:
    """How many stems per track fit into memory, at least a few."""
    longest = max(window.length_samples for window in problem.windows)
    return max(4, int(STEMS_BYTES / (8 * longest * max(1, problem.heard.sum(axis=0).max()))))
