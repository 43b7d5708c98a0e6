"""Ours: the search by libraries, fits and a joint descent."""

from dawbridge.methods.inversion.competitors.interface import Answer, Task
from dawbridge.methods.inversion.recipe import Recipe
from dawbridge.seeds import random_stream


def ours(task: Task) -> Answer:
    """From nothing but random renders."""
    return Answer(positions=Recipe(task.problem, task.budget, random_stream(task.seed, "search")).run())
