"""A trained network: its prediction alone, and as the start of the search."""

from pathlib import Path

from dawbridge.methods.inversion.learning.prediction import predict
from dawbridge.methods.inversion.learning.weights import shipped_for
from dawbridge.methods.inversion.search import MixSearch, progress_callback
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
    rng, on_step = random_stream(task.seed, "search"), progress_callback(task.progress)
    search = MixSearch(task.problem, task.budget, rng, guess, on_step, task.song.shifted_tracks)
    return Answer(positions=search.run_from_guess(), delays=search.delays)


def _weights(task: Task) -> Path:
    return task.weights or shipped_for(task.problem.spaces)
