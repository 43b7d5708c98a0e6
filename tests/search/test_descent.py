"""The descent: closed cases that it must solve, bounds that it must keep, a budget that it must not pass."""

import numpy as np
import pytest

from dawbridge.render import Farm
from dawbridge.search import descent as descent_room
from dawbridge.search.descent import Descent
from dawbridge.search.problem import Candidate
from dawbridge.search.weighting import half_whitened
from dawbridge.session.chain import Chain, ChainChannel, ChainDevice
from noise_problem import make


@pytest.fixture(scope="module")
def farm():
    with Farm(2) as farm:
        yield farm


GAIN_EQ = Chain(
    devices=(
        ChainDevice(device="gain", free={"gain_db": (-12, 12)}),
        ChainDevice(device="eq", free={"bell_2_hz": (300, 3000), "bell_2_gain_db": (-12, 12)}),
    ),
    channel=ChainChannel(pan_lr=(-1, 1)),
)


TRUE = [np.array([0.7, 0.4, 0.8, 0.3]), np.array([0.4, 0.6, 0.2, 0.6]), np.array([0.55, 0.5, 0.7, 0.5])]


def near(true: list[np.ndarray], by: float) -> list[np.ndarray]:
    return [np.clip(t + by, 0, 1) for t in true]


@pytest.mark.parametrize("is_whitened", [False, True])
def test_it_finds_what_it_can_find(farm, is_whitened):
    problem = make(farm, GAIN_EQ, 3, TRUE)
    weighting = {"weighting": half_whitened(problem.target)} if is_whitened else {}
    descent, nulls = Descent(problem, near(TRUE, 0.1), **weighting), []
    descent.run(40, 1000, nulls.append)
    assert descent.null_db < -60
    assert np.abs(np.array(descent.positions) - np.array(TRUE)).max() < 1e-3
    assert is_whitened or nulls == sorted(nulls, reverse=True), "a step made it worse"


def test_derivatives_that_are_kept_up_save_renders(farm, monkeypatch):
    problem, spent = make(farm, GAIN_EQ, 3, TRUE), {}
    for share in (0.8, 0.0):  # 0: every step measures anew
        monkeypatch.setattr(descent_room, "WORTH_SHARE", share)
        descent = Descent(problem, near(TRUE, 0.1))
        while descent.null_db > -50 and not descent.is_over:
            descent.run(1)
        assert descent.null_db < -50
        spent[share] = descent.spent
    assert spent[0.8] < spent[0.0]


def test_bounds_are_kept(farm):
    """The truth lies outside what the chain may do: the nearest end is the answer."""
    wide = Chain(devices=(ChainDevice(device="gain", free={"gain_db": (-24, 24)}),))
    narrow = Chain(devices=(ChainDevice(device="gain", free={"gain_db": (-6, 6)}),))
    problem = make(farm, narrow, 1, [np.array([0.5])])
    louder = make(farm, wide, 1, [np.array([0.9])])
    problem.target = louder.target
    (position,) = Descent(problem, [np.array([0.5])]).run(20).positions
    assert position == pytest.approx([1.0])


def test_the_budget_is_kept_and_counted(farm):
    problem = make(farm, GAIN_EQ, 2, [TRUE[0]] * 2)
    before = farm.rendered_strips
    descent = Descent(problem, problem.defaults())
    first = descent.spent
    descent.run(50, 40)
    assert descent.spent - first <= 40 and descent.spent == farm.rendered_strips - before
    assert np.array_equal(Descent(problem, problem.defaults()).run(50, 0).positions, problem.defaults())


def test_others_stay_where_they_are(farm):
    problem = make(farm, GAIN_EQ, 3, TRUE)
    start = near(TRUE, 0.05)
    found = Descent(problem, start, tracks=[1]).run(6).positions
    assert np.array_equal(found[0], start[0]) and np.array_equal(found[2], start[2])
    assert not np.array_equal(found[1], start[1])


def test_groups_of_tracks_reach_the_same_place(farm, monkeypatch):
    problem = make(farm, GAIN_EQ, 3, TRUE)
    monkeypatch.setattr(descent_room, "GROUP_COLUMNS", 4)
    assert Descent(problem, near(TRUE, 0.05)).run(60).null_db < -40


def test_fader_and_pan_cost_no_strip_of_their_own(farm):
    problem = make(farm, GAIN_EQ, 1, [np.array([0.5, 0.5, 0.5, 0.5])])
    before = farm.rendered_strips
    pans = [Candidate(0, 0, np.array([0.5, 0.5, 0.5, pan])) for pan in (0.0, 0.25, 0.5, 1.0)]
    stems = list(problem.render(pans))
    assert farm.rendered_strips - before == 1
    assert not stems[0][1].any() and not stems[3][0].any(), "hard left and right"
