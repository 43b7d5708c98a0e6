"""Tracks that are a few samples off in time: found where a descent comes to rest, and moved."""

import numpy as np
import pytest

from dawbridge.methods.inversion.search import MixSearch
from dawbridge.render import Farm
from dawbridge.search.descent import Descent
from dawbridge.search.problem import shift_samples
from dawbridge.search.time_shifts import find_time_shifts
from noise_problem import STRIP, TRUE, make


@pytest.fixture(scope="module")
def farm():
    with Farm(2) as farm:
        yield farm


@pytest.fixture
def beside(farm):
    """Track 0 lies three samples later in the mix than in the problem."""
    problem = make(farm, STRIP, 2, TRUE)
    problem.target = problem.with_delays({0: 3}).mixes(TRUE)
    return problem


def test_a_shift_takes_a_track_along_in_session_and_sound(beside):
    there = beside.with_delays({0: 3})
    assert [t.start_samples for t in there.session.tracks] == [3, 0]
    assert np.array_equal(there.dry[0, 0][:, 3:], beside.dry[0, 0][:, :-3]) and not there.dry[0, 0][:, :3].any()
    assert np.array_equal(there.dry[1, 0], beside.dry[1, 0])
    back = there.with_delays({0: -3})
    assert [t.start_samples for t in back.session.tracks] == [0, 0]
    assert np.array_equal(back.dry[0, 0][:, :-3], beside.dry[0, 0][:, :-3]) and not back.dry[0, 0][:, -3:].any()


@pytest.mark.parametrize("by", [0, 2, -2, 5, -5])
def test_more_than_all_is_silence(by):
    sound = np.arange(8.0).reshape(2, 4)
    wanted = [[sound[c, n - by] if 0 <= n - by < 4 else 0.0 for n in range(4)] for c in range(2)]
    assert shift_samples(sound, by).tolist() == wanted


def test_a_track_that_is_off_is_found(beside):
    here = [row + 0.01 for row in TRUE]
    assert find_time_shifts(Descent(beside, here), [0, 1]) == {0: 3}
    assert find_time_shifts(Descent(beside, here), [1]) == {}
    assert find_time_shifts(Descent(beside.with_delays({0: 3}), here), [0, 1]) == {}


def test_a_search_puts_it_there(beside, farm):
    stuck = MixSearch(beside, 1500, np.random.default_rng(3))
    at_best = Descent(beside, stuck.run()).null_db
    assert stuck.delays == {} and stuck.problem is beside
    before = farm.rendered_strips
    search = MixSearch(beside, 1500, np.random.default_rng(3), movable=[0, 1])
    positions = search.run()
    assert farm.rendered_strips - before <= 1500
    assert {k: by for k, by in search.delays.items() if by} == {0: 3}
    assert [t.start_samples for t in search.problem.session.tracks] == [3, 0]
    assert Descent(search.problem, positions).null_db < min(-50, at_best - 20)
