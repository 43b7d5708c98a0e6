"""CMA-ES alone (Hansen, by the `cmaes` package): every free parameter of every track at once, against the black box."""

import numpy as np
from cmaes import CMA, SepCMA

from dawbridge.seeds import random_stream
from inversion_bench.competitors.black_box import BlackBox
from inversion_bench.competitors.interface import Answer, Task

# With 14 evaluations per parameter there is no time to begin wide: on a mix of three short tracks and 48 parameters
# 0.1 came to a null of -16 dB, 0.2 to -14 dB, 0.3 to -10 dB.
SIGMA_FIRST = 0.1
# Beyond it a full covariance learns too slowly to be of use: its diagonal alone is kept (Ros and Hansen 2008).
MOST_FOR_FULL_COVARIANCE = 100


def cma_es(task: Task) -> Answer:
    """The best row seen, from the middle of every range; where a run has converged, a new one with twice the
    population begins elsewhere (IPOP, Auger and Hansen 2005) until the budget is spent."""
    box, rng = BlackBox(task.problem, task.budget), random_stream(task.seed, "cma-es")
    task.progress.start("cma-es", box.affordable)
    mean, population = np.full(box.size, 0.5), None
    while box.affordable:
        population = 2 * _run(box, _strategy(mean, population, rng), task)
        mean = rng.uniform(size=box.size)
    return Answer(positions=box.best)


def _strategy(mean: np.ndarray, population: int | None, rng: np.random.Generator) -> CMA | SepCMA:
    """The package needs two dimensions: a lonely parameter gets a second that nobody hears. What lies outside 0..1 is
    clipped at once: of a hundred dimensions one is always outside."""
    mean = np.pad(mean, (0, max(0, 2 - len(mean))), constant_values=0.5)
    kind = SepCMA if len(mean) > MOST_FOR_FULL_COVARIANCE else CMA
    bounds, seed = np.tile([0.0, 1.0], (len(mean), 1)), int(rng.integers(2**31))
    return kind(mean, SIGMA_FIRST, bounds, n_max_resampling=1, seed=seed, population_size=population)


def _run(box: BlackBox, strategy: CMA | SepCMA, task: Task) -> int:
    """Generations until it has converged or the budget is spent; its population."""
    while box.affordable and not strategy.should_stop():
        count = min(strategy.population_size, box.affordable)
        rows = np.array([strategy.ask() for _ in range(count)])
        errors = box.errors(rows[:, : box.size])
        task.progress.advance(count, f"error {box.least:.4g}")
        if count == strategy.population_size:
            strategy.tell(list(zip(rows, errors)))
    return strategy.population_size
