"""Other settings of a track that sound the same: what else a search came by, tried at its end.

The runners-up of a track's fits that stand far from what was found are put in its place, one at a time, and descend
for a few rounds on what all other tracks leave. One that comes as near (within AS_GOOD_DB, or both below UNHEARD_DB)
is a distinct solution, if a setting differs by more than FAR_0TO1 of its range, is told by the mix in both, and the
ranges in which the mix tells no difference do not touch. Where two filters of one device have the same ranges, it
makes no difference which of them does which: an alternative that only exchanges them is none, and filters are
numbered so that the fewest settings differ.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from dawbridge.devices import get_device
from dawbridge.search.certainty import Certainty, certainty_of
from dawbridge.search.descent import Descent, energy
from dawbridge.search.filter_roles import Filter, roles_of
from dawbridge.session.parameter_space import ParameterSpace

FAR_0TO1, AS_GOOD_DB, UNHEARD_DB = 0.1, 1.0, -60.0
FIRST_ROUNDS, LAST_ROUNDS = 4, 12
HOPELESS_DB = 30.0  # so much farther than what was found after the first rounds: not followed
MOST_KEPT, MOST_ORDERS = 3, 24
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class RunnerUp:
    """One track's place where a fit was not followed any more, and how near it was to the track's stem."""

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


def runners_up(found: np.ndarray, left_behind: Sequence[RunnerUp]) -> list[RunnerUp]:
    """Of a track's places, those FAR_0TO1 from what was `found` and from each other: the nearest to its stem."""
    kept: list[RunnerUp] = []
    for each in sorted(left_behind, key=lambda each: each.null_db):
        others = found, *(row.positions for row in kept)
        if len(kept) < MOST_KEPT and all(np.abs(each.positions - other).max() > FAR_0TO1 for other in others):
            kept.append(each)
    return kept


def alternatives(
    descent: Descent, certainty: Certainty, others: Sequence[RunnerUp], has_renders: Callable[[int], bool]
) -> list[Alternative]:
    """The distinct solutions among the runners-up, where `descent`, of all tracks, stands; `certainty` is of there.

    has_renders: whether so many more strip renders may be spent
    """
    found: list[Alternative] = []
    for other in sorted(others, key=lambda each: each.null_db):
        known = [descent.positions[other.track], *(one.positions for one in found if one.track == other.track)]
        orders = list(_orders(descent.problem.spaces[other.track]))
        sure = [index for index in range(len(other.positions)) if certainty.is_sure(other.track, index)]
        if not all(_distance(other.positions, place, orders, sure) > FAR_0TO1 for place in known):
            continue
        one = _tried(descent, certainty, other, orders, has_renders)
        if one and all(_distance(one.positions, place, orders, sure) > FAR_0TO1 for place in known):
            found.append(one)
    return found


def _distance(one: np.ndarray, other: np.ndarray, orders: list[np.ndarray], sure: list[int]) -> float:
    """The largest difference of a setting that the mix tells, with the filters numbered as they fit best."""
    return min(float(np.abs(one[order] - other)[sure].max(initial=0.0)) for order in orders)


def _tried(descent: Descent, certainty: Certainty, other: RunnerUp, orders, has_renders) -> Alternative | None:
    """The runner-up after a descent on what the other tracks leave; None where it is no distinct solution."""
    track, problem = other.track, descent.problem
    posed, windows = descent.alone(track), problem.heard_in(track)
    elsewhere = [w for w in descent.windows if w not in windows]
    whole = sum(energy(problem.target[w]) for w in descent.windows)
    fixed = sum(energy(descent.residual(w)) for w in elsewhere)
    null_db = lambda there: 10 * np.log10(max(there.error + fixed, 1e-30) / max(whole, 1e-30))  # noqa: E731
    telling = (problem.spaces[track].size + 1) * len(windows)
    if not has_renders(telling):
        return None
    positions = list(problem.defaults())
    positions[track] = other.positions
    there = Descent(posed, positions, [track])
    for rounds, allowed_db in ((FIRST_ROUNDS, HOPELESS_DB), (LAST_ROUNDS, AS_GOOD_DB)):
        for _ in range(rounds):
            if not there.is_over and has_renders(there.round_cost + telling):
                there.run(1)
        near_db = max(descent.null_db + allowed_db, UNHEARD_DB)
        if null_db(there) > near_db or not has_renders(telling):
            return None
    own = certainty_of(there, whole)
    order, differing = _differing(descent, certainty, there.positions[track], own, track, orders)
    return Alternative(track, there.positions[track][order], null_db(there), differing) if differing else None


def _differing(descent: Descent, certainty: Certainty, there: np.ndarray, own: Certainty, track: int, orders):
    """(the order of `there` in which fewest settings differ, which do)."""
    here, margins = descent.positions[track], certainty.margins[track]
    outcomes = []
    for order in orders:
        distance = np.abs(there[order] - here)
        limit = np.maximum(FAR_0TO1, margins + own.margins[track][order])
        outcomes.append((order, tuple(
            index for index in range(len(here))
            if distance[index] > limit[index] and certainty.is_sure(track, index)
            and own.is_sure(track, int(order[index]))
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
                for to, come_from in zip(_indices(row), _indices(other)):
                    order[to] = come_from
        yield order


def _kind(space: ParameterSpace, row: Filter) -> tuple:
    """The same for filters of one device that differ by a number in their names only."""
    place, gain = space.free[row.gain].device_index, space.free[row.gain].spec.name
    free = [space.free[index].spec for index in _indices(row)]
    device = space.chain.devices[place]
    values = get_device(device.device).defaults | device.values
    fixed = [name for name in values if name not in device.free and _NUMBER.findall(name) == _NUMBER.findall(gain)]
    ranges = [(_NUMBER.sub("", spec.name), spec.minimum, spec.maximum, spec.curve) for spec in free]
    return place, *ranges, *sorted((_NUMBER.sub("", name), values[name]) for name in fixed)


def _indices(row: Filter) -> list[int]:
    return [index for index in (row.gain, row.frequency, row.width) if index is not None]
