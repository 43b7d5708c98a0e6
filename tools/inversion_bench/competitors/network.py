"""A trained network: its prediction alone, and as the start of the search."""

from pathlib import Path

from dawbridge.methods.inversion.learning.prediction import predict
from dawbridge.methods.inversion.learning.weights import shipped_for
from dawbridge.methods.inversion.recipe import Recipe, told_on
from dawbridge.seeds import random_stream
from inversion_bench.competitors.interface import Answer, Task


def network(task: Task) -> Answer:
    """What it reads off the mix; no render. Raises InputError where there are no weights for the chain."""
    return Answer(positions=predict(task.problem, _weights(task)))


def network_first(task: Task) -> Answer:
    """The search without its start: all tracks descend together from the prediction, or from the best gain and pan
    where they are nearer, and out of wrong basins."""
    guess = predict(task.problem, _weights(task))
    task.progress.start("search from the prediction", task.budget)
    rng, told = random_stream(task.seed, "search"), told_on(task.progress)
    search = Recipe(task.problem, task.budget, rng, guess, told, task.song.misplaced)
    return Answer(positions=search.run_from_guess(), later=search.later)


def _weights(task: Task) -> Path:
    return task.weights or shipped_for(task.problem.spaces)
