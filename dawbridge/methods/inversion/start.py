"""Where the network starts on a song: its sizes, its first weights, and how long it is trained there."""

from dataclasses import replace

from dawbridge.methods.inversion.layout import Layout
from dawbridge.methods.inversion.problem import Problem
from dawbridge.methods.inversion.sampling import SamplingConfig
from dawbridge.methods.inversion.weights import shipped_network
from dawbridge.networks import InversionConfig, InversionNetwork
from dawbridge.session.space import Space

# Wide to narrow for a network that knows nothing. Shipped weights know the way from a mix to its parameters:
# they are only tuned to the song, with samples wide enough to hold the truth where the prediction is off.
FRESH = SamplingConfig(
    rounds=8, samples=24, mixes=64, epochs=3, sigma_first=0.5, sigma_decay=0.93, learning_rate=2e-3
)
TUNED = replace(
    FRESH, epochs=2, sigma_first=0.3, sigma_decay=1.0, learning_rate=5e-4, last_learning_rate=1e-4
)
STEMS_BYTES = 600e6  # rendered stems of one window in memory; another window's are rendered meanwhile


def start_network(
    spaces: tuple[Space, ...], layout: Layout, seed: int, allows_weights: bool = True
) -> tuple[InversionNetwork, bool]:
    """A network for the layout, and whether it starts from shipped weights."""
    shipped = shipped_network(spaces) if allows_weights else None
    if shipped is not None:
        return shipped, True
    return InversionNetwork.seeded(InversionConfig.small(layout.size), seed), False


def sampling_config(problem: Problem, budget: int, is_pretrained: bool) -> SamplingConfig:
    """The loop's sizes for one song within `budget` strip renders."""
    usual = TUNED if is_pretrained else FRESH
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
