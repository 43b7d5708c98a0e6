"""What needs no search: the plain sum, random parameters, the best gain and pan."""

from dawbridge.methods.inversion import baselines
from dawbridge.seeds import random_stream
from inversion_bench.competitors.interface import Answer, Task


def plain_sum(task: Task) -> Answer:
    """All tracks as they are, at the mix's loudness."""
    return Answer(mix_of=baselines.plain_sum)


def random_parameters(task: Task) -> Answer:
    """Uniform in every range."""
    rng = random_stream(task.seed, "random baseline")
    return Answer(positions=baselines.random_positions(task.problem.spaces, rng))


def gain_and_pan(task: Task) -> Answer:
    """Per track and side the least-squares gain."""
    gains = baselines.best_gains(task.song)
    return Answer(mix_of=lambda song: baselines.with_gains(song, gains))
