"""Alternatives: other settings of a track that sound the same.

In: a descent at the end of a search, and distant positions that earlier fits came near with (runners-up). Out: those of
them that are distinct solutions.

Each runner-up takes the track's place, one at a time, and descends for a few rounds on the mix minus all other stems.
It counts as an alternative where it comes as near (within AS_GOOD_DB, or below INAUDIBLE_DB), and where some setting
differs by more than FAR_0TO1 of its range, is identifiable in both, and has margins that do not overlap.

Two filters of one device with equal ranges may be exchanged without any effect. That is no alternative: filters are
numbered so that the fewest settings differ.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from dawbridge.devices import get_device
from dawbridge.search.certainty import Certainty, estimate_certainty
from dawbridge.search.descent import Descent, energy
from dawbridge.search.filter_roles import Filter, roles_of
from dawbridge.session.parameter_space import ParameterSpace

# See the module: a difference of settings in 0..1; a difference of nulls, and a null, in dB.
FAR_0TO1, AS_GOOD_DB, INAUDIBLE_DB = 0.1, 1.0, -60.0
# Rounds of a runner-up's descent: first, and once it looks promising.
FIRST_ROUNDS, LAST_ROUNDS = 4, 12
# A runner-up that is more than this many dB worse after its first rounds is dropped.
HOPELESS_DB = 30.0
# Most runners-up that one fit keeps, and most numberings of equal filters that are compared.
MOST_KEPT, MOST_ORDERS = 3, 24
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class RunnerUp:
    """Positions [P] of one track at which a fit was dropped, and the null in dB to the track's stem there."""

    track: int
    positions: np.ndarray
    null_db: float


@dataclass(frozen=True)
class Alternative:
    """One track at other settings; null_db: of the windows' mixes with it; differing: indices of its positions."""

    track: int
    positions: np.ndarray
    null_db: float
    differing: tuple[int, ...]


def select_runners_up(found: np.ndarray, dropped: Sequence[RunnerUp]) -> list[RunnerUp]:
    """The nearest to the stem of those `dropped` that are FAR_0TO1 from `found` and from each other; MOST_KEPT at most.

    found: the track's best positions
    """
    kept: list[RunnerUp] = []
    for each in sorted(dropped, key=lambda each: each.null_db):
        others = found, *(row.positions for row in kept)
        if len(kept) < MOST_KEPT and all(np.abs(each.positions - other).max() > FAR_0TO1 for other in others):
            kept.append(each)
    return kept


def find_alternatives(
    descent: Descent, certainty: Certainty, runners_up: Sequence[RunnerUp], has_renders: Callable[[int], bool]
) -> list[Alternative]:
    """The distinct solutions among the runners-up.

    descent: of all tracks, at the end of a search; certainty: at its positions
    has_renders: whether so many more strip renders may be spent
    """
    found: list[Alternative] = []
    for other in sorted(runners_up, key=lambda each: each.null_db):
        known = [descent.positions[other.track], *(one.positions for one in found if one.track == other.track)]
        orders = list(_orders(descent.problem.spaces[other.track]))
        sure = [index for index in range(len(other.positions)) if certainty.is_identifiable(other.track, index)]
        if not all(_distance(other.positions, position, orders, sure) > FAR_0TO1 for position in known):
            continue
        one = _tried(descent, certainty, other, orders, has_renders)
        if one and all(_distance(one.positions, position, orders, sure) > FAR_0TO1 for position in known):
            found.append(one)
    return found


def _distance(one: np.ndarray, other: np.ndarray, orders: list[np.ndarray], sure: list[int]) -> float:
    """The largest difference of a setting among `sure`, with the filters numbered as they fit best."""
    return min(float(np.abs(one[order] - other)[sure].max(initial=0.0)) for order in orders)


def _tried(
    descent: Descent,
    certainty: Certainty,
    runner_up: RunnerUp,
    orders: list[np.ndarray],
    has_renders: Callable[[int], bool],
) -> Alternative | None:
    """The runner-up after a descent on the mix minus all other stems; None where it is no distinct solution."""
    track, problem = runner_up.track, descent.problem
    track_problem, windows = descent.single_track_problem(track), problem.heard_in(track)
    mix_energy = sum(energy(problem.target[w]) for w in descent.windows)
    residual_elsewhere = sum(energy(descent.residual(w)) for w in descent.windows if w not in windows)

    def null_db(trial: Descent) -> float:
        return 10 * np.log10(max(trial.error + residual_elsewhere, 1e-30) / max(mix_energy, 1e-30))

    certainty_cost = (problem.spaces[track].size + 1) * len(windows)
    if not has_renders(certainty_cost):
        return None
    positions = list(problem.defaults())
    positions[track] = runner_up.positions
    trial = Descent(track_problem, positions, [track])
    for rounds, allowed_db in ((FIRST_ROUNDS, HOPELESS_DB), (LAST_ROUNDS, AS_GOOD_DB)):
        for _ in range(rounds):
            if not trial.is_over and has_renders(trial.round_cost + certainty_cost):
                trial.run(1)
        near_db = max(descent.null_db + allowed_db, INAUDIBLE_DB)
        if null_db(trial) > near_db or not has_renders(certainty_cost):
            return None
    own = estimate_certainty(trial, mix_energy)
    order, differing = _differing(descent, certainty, trial.positions[track], own, track, orders)
    return Alternative(track, trial.positions[track][order], null_db(trial), differing) if differing else None


def _differing(
    descent: Descent,
    certainty: Certainty,
    other: np.ndarray,
    own: Certainty,
    track: int,
    orders: list[np.ndarray],
) -> tuple[np.ndarray, tuple[int, ...]]:
    """(the order of `other` in which fewest settings differ, the indices of those that do); own: of `other`"""
    positions, margins = descent.positions[track], certainty.margins[track]
    outcomes = []
    for order in orders:
        distance = np.abs(other[order] - positions)
        limit = np.maximum(FAR_0TO1, margins + own.margins[track][order])
        outcomes.append((order, tuple(
            index for index in range(len(positions))
            if distance[index] > limit[index] and certainty.is_identifiable(track, index)
            and own.is_identifiable(track, int(order[index]))
        )))  # fmt: skip
    return min(outcomes, key=lambda outcome: len(outcome[1]))


def _orders(space: ParameterSpace) -> Iterator[np.ndarray]:
    """Indices of the positions, as they are and with equal filters of a device exchanged; MOST_ORDERS at most."""
    classes: dict[tuple, list[Filter]] = {}
    for row in roles_of(space).filters:
        classes.setdefault(_kind(space, row), []).append(row)
    for count, choice in enumerate(product(*(permutations(rows) for rows in classes.values()))):
        if count == MOST_ORDERS:
            return
        order = np.arange(space.size)
        for rows, chosen in zip(classes.values(), choice):
            for row, other in zip(rows, chosen):
                for to, source in zip(_indices(row), _indices(other)):
                    order[to] = source
        yield order


def _kind(space: ParameterSpace, row: Filter) -> tuple:
    """A key that is equal for filters of one device that differ only by a number in their names."""
    slot, gain = space.free[row.gain].device_index, space.free[row.gain].spec.name
    free = [space.free[index].spec for index in _indices(row)]
    device = space.chain.devices[slot]
    values = get_device(device.device).defaults | device.values
    fixed = [name for name in values if name not in device.free and _NUMBER.findall(name) == _NUMBER.findall(gain)]
    ranges = [(_NUMBER.sub("", spec.name), spec.minimum, spec.maximum, spec.curve) for spec in free]
    return slot, *ranges, *sorted((_NUMBER.sub("", name), values[name]) for name in fixed)


def _indices(row: Filter) -> list[int]:
    return [index for index in (row.gain, row.frequency, row.width) if index is not None]
