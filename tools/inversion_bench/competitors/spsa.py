"""Simultaneous perturbation (Spall 1992): two evaluations say which way all parameters go, however many they are.

The objective is the black box's error in decibels. Gains as in Spall (1998), "Implementation of the simultaneous
perturbation algorithm": a_k = a / (k + 1 + A)^0.602, c_k = c / (k + 1)^0.101, A a tenth of the iterations, and `a` such
that the first step moves every parameter by FIRST_STEP. On two mixes of three short
tracks, 48 parameters and 670 evaluations, steps of 0.01 and c = 0.05 came to nulls of -27 to -28 dB, larger steps and
other c to -12 to -25 dB.
"""

import numpy as np

from dawbridge.seeds import random_stream
from inversion_bench.competitors.black_box import BlackBox
from inversion_bench.competitors.interface import Answer, Task

ALPHA, GAMMA, STABILITY_SHARE = 0.602, 0.101, 0.1
FIRST_STEP, PERTURBATION = 0.01, 0.05
SLOPES_FOR_FIRST_STEP = 5


def spsa(task: Task) -> Answer:
    """Where the descent from the middle of every range ended, or the best row on its way."""
    box, rng = BlackBox(task.problem, task.budget), random_stream(task.seed, "spsa")
    task.progress.start("spsa", box.affordable)
    iterations = (box.affordable - 1) // 2 - SLOPES_FOR_FIRST_STEP
    row = np.full(box.size, 0.5)
    if iterations > 0:
        row = _descend(box, row, iterations, rng, task)
    if box.affordable:
        box.errors(row[None])
    return Answer(positions=box.best)


def _descend(box: BlackBox, row: np.ndarray, iterations: int, rng: np.random.Generator, task: Task) -> np.ndarray:
    stability = STABILITY_SHARE * iterations
    slopes = [abs(_slope(box, row, _signs(row, rng), PERTURBATION)) for _ in range(SLOPES_FOR_FIRST_STEP)]
    gain = FIRST_STEP * (1 + stability) ** ALPHA / max(float(np.mean(slopes)), 1e-12)
    for k in range(iterations):
        signs, reach = _signs(row, rng), PERTURBATION / (k + 1) ** GAMMA
        step = gain / (k + 1 + stability) ** ALPHA * _slope(box, row, signs, reach)
        row = np.clip(row - step * signs, 0, 1)
        task.progress.advance(2, f"error {box.least:.4g}")
    return row


def _signs(row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.choice([-1.0, 1.0], size=len(row))


def _slope(box: BlackBox, row: np.ndarray, signs: np.ndarray, reach: float) -> float:
    """Decibels of error per unit, along `signs`, about the point nearest to `row` from which both sides are legal."""
    inside = np.clip(row, reach, 1 - reach)
    ahead, behind = box.errors(np.stack([inside + reach * signs, inside - reach * signs]))
    return float(20 * np.log10(max(ahead, 1e-12) / max(behind, 1e-12)) / (2 * reach))
