"""Ours: the search by libraries, fits and a joint descent."""

from dawbridge.methods.inversion.invert import invert
from inversion_bench.competitors.interface import Answer, Task


def ours(task: Task) -> Answer:
    """From nothing but random renders."""
    stages = invert(task.problem, task.budget, task.seed, task.progress, movable=task.song.shifted_tracks)
    return Answer(positions=stages.positions["recovered"], delays=stages.delays)
