"""A trained network: its prediction alone, and as the start of a descent."""

from pathlib import Path

from dawbridge.methods.inversion.competitors.interface import Answer, Task
from dawbridge.methods.inversion.learning.prediction import predict
from dawbridge.methods.inversion.learning.weights import shipped_for
from dawbridge.methods.inversion.search.descent import Descent


def network(task: Task) -> Answer:
    """What it reads off the mix; no render. Raises InputError where there are no weights for the chain."""
    return Answer(positions=predict(task.problem, _weights(task)))


def network_first(task: Task) -> Answer:
    """All parameters descend together from its prediction, or from the defaults where they are nearer."""
    problem = task.problem
    guess, first = predict(problem, _weights(task)), problem.farm.rendered_strips
    if task.budget < len(problem.candidates(guess)) + len(problem.candidates(problem.defaults())):
        return Answer(positions=guess)
    best = min((Descent(problem, start) for start in (guess, problem.defaults())), key=lambda each: each.error)
    left = task.budget - (problem.farm.rendered_strips - first)
    task.progress.start("descent from the prediction", left)
    shown = best.spent

    def show(null_db: float) -> None:
        nonlocal shown
        task.progress.advance(best.spent - shown, f"null {null_db:.1f} dB")
        shown = best.spent

    return Answer(positions=best.run(left, left, show).positions)


def _weights(task: Task) -> Path:
    return task.weights or shipped_for(task.problem.spaces)
