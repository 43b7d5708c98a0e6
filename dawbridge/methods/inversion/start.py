"""Where the network starts on a song: its sizes, its first weights, and how long it is trained there."""

from dawbridge.methods.inversion.layout import Layout
from dawbridge.methods.inversion.problem import Problem
from dawbridge.methods.inversion.sampling import SamplingConfig
from dawbridge.networks import InversionConfig, InversionNetwork
from dawbridge.session.space import Space


def start_network(
    spaces: tuple[Space, ...], layout: Layout, seed: int, allows_weights: bool = True
) -> tuple[InversionNetwork, bool]:
    """A network for the layout, and whether it starts from shipped weights."""
    return InversionNetwork.seeded(InversionConfig.small(layout.size), seed), False


def sampling_config(problem: Problem, budget: int, is_pretrained: bool) -> SamplingConfig:
    """The loop's sizes for one song within `budget` strip renders."""
    usual = SamplingConfig()
    places = sum(len(problem.heard_in(k)) for k in problem.audible)
    samples = min(usual.samples, budget // max(1, places))
    if samples < 2:
        return SamplingConfig(rounds=0)
    rounds = min(usual.rounds, budget // (samples * places))
    return SamplingConfig(rounds=rounds, samples=samples)
