"""The straight line of mixing inversion: windows → network trained in the loop → search → positions."""

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dawbridge.methods.inversion.layout import make_layout
from dawbridge.methods.inversion.problem import Problem, make_problem
from dawbridge.methods.inversion.search import search
from dawbridge.methods.inversion.song import Song
from dawbridge.methods.inversion.windows import activity, choose_windows
from dawbridge.progress import Progress
from dawbridge.render import Farm
from dawbridge.seeds import random_stream
from dawbridge.session.space import Space

WINDOW_S, LEAD_S, AT_LEAST_WINDOWS = 5.0, 1.0, 2
RENDERS_PER_TRACK = 1000
NETWORK_SHARE = 0.4


@dataclass(frozen=True)
class Stages:
    """Positions per track after each stage that was asked for, and what it took.

    positions: "untrained", "network", "search_alone" (from the defaults), "recovered" (network, then search)
    losses:    the network's mean loss per round; null_db: the null after each iteration of the final search
    seconds:   wall time of each stage
    """

    positions: dict[str, list[np.ndarray]] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    null_db: list[float] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def pose(song: Song, spaces: tuple[Space, ...], farm: Farm) -> Problem:
    """The song as a problem: its windows chosen so that every track that plays is heard in one."""
    active = np.stack([activity(audio.samples, audio.sample_rate) for audio in song.audio])
    rate, length = song.session.sample_rate, song.session.length_samples
    windows, heard = choose_windows(active, length, rate, WINDOW_S, LEAD_S, AT_LEAST_WINDOWS)
    return make_problem(song.session, spaces, list(song.audio), song.mix, windows, heard, farm)


def default_budget(problem: Problem) -> int:
    """Strip renders for a recovery within ten minutes on two cores, for a song of usual size."""
    return RENDERS_PER_TRACK * max(1, len(problem.audible))


def invert(
    problem: Problem,
    budget: int,
    seed: int,
    progress: Progress,
    weights: Path | None = None,
    with_search_alone: bool = False,
) -> Stages:
    """Find every audible track's parameters within `budget` strip renders, with a network that starts from `weights`
    or untrained. `with_search_alone` spends the budget once more, on the search from the defaults.

    The same seed gives the same positions, whatever the number of workers. Raises InputError for weights that do not
    fit the chain.
    """
    stages = Stages(positions={"recovered": problem.defaults()})
    if not problem.audible:
        return stages
    before = problem.farm.rendered_strips
    with _timed(stages, "network"):
        _run_network(problem, int(budget * NETWORK_SHARE), seed, progress, stages, weights)
    starts = [positions for name, positions in stages.positions.items() if name in ("recovered", "network")]
    start = _nearest(problem, starts) if len(starts) > 1 else starts[0]
    left = budget - (problem.farm.rendered_strips - before)
    if with_search_alone:
        with _timed(stages, "search_alone"):
            alone = _run_search(problem, problem.defaults(), budget, progress, "search alone")
        stages.positions["search_alone"] = alone[0]
    with _timed(stages, "search"):
        stages.positions["recovered"], null_db = _run_search(problem, start, left, progress, "search")
    stages.null_db.extend(null_db)
    return stages


def _nearest(problem: Problem, starts: list[list[np.ndarray]]) -> list[np.ndarray]:
    """The positions whose mix is nearest to the windows: a network with little training may be worse than nothing."""

    def error(positions: list[np.ndarray]) -> float:
        pairs = zip(problem.mixes(positions), problem.target)
        return sum(float(np.square(mix - target, dtype=np.float64).sum()) for mix, target in pairs)

    return min(starts, key=error)


@contextmanager
def _timed(stages: Stages, name: str):
    began = time.monotonic()
    yield
    stages.seconds[name] = round(time.monotonic() - began, 1)


def _run_network(problem: Problem, budget: int, seed: int, progress: Progress, stages: Stages, weights) -> None:
    """Sampling-training on this song, as many rounds and samples as the budget allows."""
    import torch

    from dawbridge.methods.inversion.sampling import SamplingTraining
    from dawbridge.methods.inversion.start import sampling_config, start_network

    # A fixed number of threads, since sums in another order would give another session; and one, since the render
    # workers want the other cores: waiting for them makes two threads slower than one.
    torch.set_num_threads(1)
    layout = make_layout(problem.spaces)
    network = start_network(problem.spaces, layout, seed, weights)
    config = sampling_config(problem, budget, is_trained=weights is not None)
    untrained = start_network(problem.spaces, layout, seed)
    rng = random_stream(seed, "sampling")
    stages.positions["untrained"] = SamplingTraining(untrained, [(problem, layout)], config, rng).predict()
    if config.rounds == 0:
        return
    training = SamplingTraining(network, [(problem, layout)], config, rng)
    progress.start("network: sampling and training", config.rounds * training.steps_per_round())
    for number in range(config.rounds):
        stages.losses.append(training.run_round(number, progress.advance))
        progress.advance(0, f"round {number + 1}/{config.rounds}, loss {stages.losses[-1]:.3f}")
    stages.positions["network"] = training.predict()


def _run_search(problem: Problem, start: list[np.ndarray], budget: int, progress: Progress, name: str):
    progress.start(f"{name} on the real chain", budget)
    shown = 0

    def show(spent: int, null_db: float) -> None:
        nonlocal shown
        progress.advance(spent - shown, f"null {null_db:.1f} dB")
        shown = spent

    state = search(problem, start, budget, show)
    return state.positions, state.null_db
