"""Ours: the search by libraries, fits and a joint descent."""

from dawbridge.methods.inversion.competitors.interface import Answer, Task
from dawbridge.methods.inversion.invert import invert


def ours(task: Task) -> Answer:
    """From nothing but random renders."""
    stages = invert(task.problem, task.budget, task.seed, task.progress, movable=task.song.misplaced)
    return Answer(positions=stages.positions["recovered"], later=stages.later)
