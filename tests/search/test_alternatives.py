"""Other settings that sound the same: found where they exist, and only there."""

import numpy as np
import pytest

from dawbridge.methods.inversion import invert as invert_room
from dawbridge.methods.inversion.invert import KEPT_FOR_IDENTIFIABILITY, invert
from dawbridge.methods.inversion.search import MixSearch
from dawbridge.progress import Progress
from dawbridge.render import Farm
from dawbridge.search.alternatives import RunnerUp, find_alternatives, select_runners_up
from dawbridge.search.certainty import estimate_certainty
from dawbridge.search.descent import Descent
from dawbridge.search.problem import Problem
from dawbridge.seeds import random_stream
from dawbridge.session.chain import Chain, ChainChannel, ChainDevice
from noise_problem import RATE, make
from tiny_problem import tiny_task

ALWAYS, NEVER = (lambda renders: True), (lambda renders: False)


@pytest.fixture(scope="module")
def farm():
    with Farm(1) as farm:
        yield farm


def two_bells(third_from_hz: float) -> Chain:
    """Two bells of one EQ; the first one goes from 100 Hz."""
    free = {"bell_2_hz": (100, 8000), "bell_2_gain_db": (3, 12)}
    free |= {"bell_3_hz": (third_from_hz, 8000), "bell_3_gain_db": (3, 12)}
    return Chain(devices=(ChainDevice(device="eq", free=free),))


def tried(farm, chain, true, other, has_renders=ALWAYS):
    """The alternatives where one track's settings are known, and `other` was left behind."""
    problem = make(farm, chain, 1, [np.array(true)])
    descent = Descent(problem, [np.array(true)])
    certainty = estimate_certainty(descent)
    before = farm.rendered_strips
    found = find_alternatives(descent, certainty, [RunnerUp(0, np.array(other), -20.0)], has_renders)
    return found, farm.rendered_strips - before


TRUE, EXCHANGED = [0.3, 0.8, 0.75, 0.4], [0.73, 0.42, 0.29, 0.78]


def test_another_way_to_the_same_sound_is_found(farm):
    """Bells of different ranges, exchanged: two places, and nothing between them."""
    ((one,), _) = tried(farm, two_bells(120), TRUE, EXCHANGED)
    assert one.track == 0 and one.null_db < -60
    assert {0, 2} <= set(one.differing) and abs(one.positions[0] - TRUE[2]) < 0.03


def test_exchanged_equal_filters_are_no_other_way_and_cost_nothing(farm):
    assert tried(farm, two_bells(100), TRUE, EXCHANGED) == ([], 0)


def test_without_renders_nothing_is_tried(farm):
    assert tried(farm, two_bells(120), TRUE, EXCHANGED, NEVER) == ([], 0)


def test_what_the_mix_does_not_tell_is_no_other_way(farm):
    """The same level by the gain before or the fader after."""
    gain = ChainDevice(device="gain", free={"gain_db": (-12, 12)})
    chain = Chain(devices=(gain,), channel=ChainChannel(fader_db=(-12, 12)))
    found, spent = tried(farm, chain, [0.4, 0.6], [0.7, 0.3])
    assert found == [] and spent <= 3


def test_what_comes_less_near_is_no_other_way(farm):
    """On two narrow bands, less low shelf and more gain is much like more high shelf: much, not quite."""
    values = {"low_shelf_hz": 400, "high_shelf_hz": 1600}
    eq = ChainDevice(device="eq", values=values, free={"low_shelf_gain_db": (-12, 12), "high_shelf_gain_db": (-12, 12)})
    chain = Chain(devices=(ChainDevice(device="gain", free={"gain_db": (-12, 12)}), eq))
    true, other = np.array([0.5, 0.5, 0.75]), np.array([0.75, 0.25, 0.5])
    made = make(farm, chain, 1, [true])
    time_s = np.arange(made.dry[0, 0].shape[1]) / RATE
    bands = 0.2 * sum(np.sin(2 * np.pi * hertz * time_s) for hertz in (60, 80, 7000, 8000))
    dry = {(0, 0): np.stack([bands, bands]).astype(np.float32)}
    problem = Problem(made.session, made.spaces, made.windows, made.heard, made.target, dry, farm)
    problem.target = problem.mixes([true])
    descent = Descent(problem, [true])
    assert Descent(problem, [other]).null_db < -10, "they are alike"
    assert find_alternatives(descent, estimate_certainty(descent), [RunnerUp(0, other, -20.0)], ALWAYS) == []


def test_runners_up_stand_apart():
    rows = [RunnerUp(0, np.array([x, 0.5]), null_db) for x, null_db in ((0.5, -9), (0.9, -3), (0.85, -5), (0.1, -1))]
    kept = select_runners_up(np.array([0.52, 0.5]), rows)
    assert [row.positions[0] for row in kept] == [0.85, 0.1]


MIDDLE = [np.full(size, 0.5) for size in (3, 1, 0, 3)]


def test_one_solution_has_no_alternative_and_is_what_it_was(farm):
    task = tiny_task(farm, 900)
    stages = invert(task.problem, 900, 1, Progress())
    cost = sum(task.problem.spaces[c.track].size + 1 for c in task.problem.candidates(MIDDLE))
    search_only = MixSearch(task.problem, 900 - KEPT_FOR_IDENTIFIABILITY * cost, random_stream(1, "search")).run()
    assert stages.alternatives == []
    assert all(np.array_equal(one, other) for one, other in zip(stages.positions["recovered"], search_only))


def test_no_more_than_a_twentieth_of_the_budget(farm):
    task = tiny_task(farm, 10)
    task.problem.mixes(MIDDLE)
    spent = farm.rendered_strips
    may = invert_room._allowance(task.problem, 1000, spent - 400)
    assert may(50) and not may(51)
    may = invert_room._allowance(task.problem, 1000, spent - 990)
    assert may(10) and not may(11)
