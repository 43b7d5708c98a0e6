"""The published method on one song (Zhou, Yu and Wu 2024), and the sampling ablation of its table 2.

A network from random weights, sampling-training with the whole budget, and its last prediction: no search follows. The
paper gives neither the first sigma nor the decay, and trains on many songs; here it is this song alone. Every variant
spends the same budget in the same rounds and differs in sigma alone.
"""

from dataclasses import replace

from dawbridge.methods.inversion.learning.layout import make_layout
from dawbridge.methods.inversion.learning.sampling import SamplingConfig, SamplingTraining
from dawbridge.search.problem import Problem
from dawbridge.seeds import random_stream
from inversion_bench.competitors.interface import Answer, Task
from inversion_bench.competitors.single_song import sampling_config, start_network

WIDEST, NARROWEST = 0.5, 0.05
# Reflected into 0..1 from that far, no trace of the prediction is left: the samples are uniform to 1e-8.
UNIFORM = 2.0
MOST_STEPS = 200  # of training, about: with many rounds each is trained on fewer mixes


def eami(task: Task) -> Answer:
    """Sigma falls exponentially."""
    return _trained(task, WIDEST, NARROWEST)


def without_sampling(task: Task) -> Answer:
    """Sigma 0: trained on its own predictions."""
    return _trained(task, 0.0, 0.0)


def random_sampling(task: Task) -> Answer:
    """Uniform samples in every round, whatever the prediction."""
    return _trained(task, UNIFORM, UNIFORM)


def narrow(task: Task) -> Answer:
    """Sigma 0.05 throughout."""
    return _trained(task, 0.05, 0.05)


def medium(task: Task) -> Answer:
    """Sigma 0.1 throughout."""
    return _trained(task, 0.1, 0.1)


def wide(task: Task) -> Answer:
    """Sigma 0.5 throughout."""
    return _trained(task, 0.5, 0.5)


def _trained(task: Task, sigma_first: float, sigma_last: float) -> Answer:
    problem = task.problem
    if not problem.audible:
        return Answer(positions=problem.defaults())
    layout = make_layout(problem.spaces)
    config = _config(problem, task.budget, sigma_first, sigma_last)
    rng = random_stream(task.seed, "eami")
    network = start_network(layout, task.seed)
    training = SamplingTraining(network, [(problem, layout)], config, rng)
    task.progress.start("sampling-training", config.rounds)
    for number in range(config.rounds):
        loss = training.run_round(number)
        task.progress.advance(1, f"loss {loss:.4f}")
    return Answer(positions=training.predict())


def _config(problem: Problem, budget: int, sigma_first: float, sigma_last: float) -> SamplingConfig:
    """As many rounds as the budget holds, with sigma from the first to the last on a geometric line."""
    usual = sampling_config(problem, budget)
    if not usual.rounds:
        return usual
    rounds = budget // (usual.samples * sum(len(problem.heard_in(k)) for k in problem.audible))
    decay = (sigma_last / sigma_first) ** (1 / max(1, rounds - 1)) if sigma_first else 1.0
    steps = max(1, MOST_STEPS // (rounds * len(problem.windows)))
    mixes = min(usual.mixes, steps * usual.batch)
    epochs = max(1, min(usual.epochs, steps * usual.batch // mixes))
    return replace(usual, rounds=rounds, mixes=mixes, epochs=epochs, sigma_first=sigma_first, sigma_decay=decay)
