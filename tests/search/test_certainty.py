"""How sure a parameter is: what the mix tells, and what it cannot."""

from dataclasses import replace

import numpy as np
import pytest

from dawbridge.render import Farm
from dawbridge.search.certainty import WIDE_MARGIN_0TO1, estimate_certainty, verify_by_renders
from dawbridge.search.descent import Descent
from dawbridge.search.problem import Problem
from dawbridge.session.chain import Chain, ChainDevice
from noise_problem import make

COMPRESSED = Chain(
    devices=(
        ChainDevice(device="gain", free={"gain_db": (-12, 12)}),
        ChainDevice(device="compressor", free={"threshold_db": (-60, 0), "ratio": (1, 10), "attack_s": (0.001, 0.1)}),
    )
)


@pytest.fixture(scope="module")
def farm():
    with Farm(2) as farm:
        yield farm


def test_a_compressor_that_never_acts_is_not_identifiable(farm):
    idle = np.array([0.2, 1.0, 0.5, 0.5])
    problem = make(farm, COMPRESSED, 1, [idle])
    certainty = estimate_certainty(Descent(problem, [idle]))
    assert certainty.is_identifiable(0, 0) and certainty.margins[0][0] < 0.01
    assert not certainty.is_identifiable(0, 2) and not certainty.is_identifiable(0, 3), (
        "ratio and attack of an idle compressor"
    )


def test_one_that_acts_is(farm):
    busy = np.array([0.5, 0.4, 0.5, 0.5])
    problem = make(farm, COMPRESSED, 1, [busy])
    assert all(estimate_certainty(Descent(problem, [busy])).is_identifiable(0, index) for index in range(4))


def test_the_margin_is_how_far_it_may_move(farm):
    """A gain alone: the null after moving it by its margin is the level that is just heard."""
    gain = Chain(devices=(ChainDevice(device="gain", free={"gain_db": (-12, 12)}),))
    problem = make(farm, gain, 1, [np.array([0.5])])
    (margin,) = estimate_certainty(Descent(problem, [np.array([0.5])])).margins[0]
    assert Descent(problem, [np.array([0.5 + margin])]).null_db == pytest.approx(-60, abs=0.5)


def test_tracks_that_can_replace_each_other_are_not_identifiable(farm):
    gain = Chain(devices=(ChainDevice(device="gain", free={"gain_db": (-12, 12)}),))
    true = [np.array([0.5]), np.array([0.5])]
    other = make(farm, gain, 2, true)
    dry = {key: other.dry[0, 0] for key in other.dry}
    problem = Problem(other.session, other.spaces, other.windows, other.heard, other.target, dry, farm)
    problem.target = problem.mixes(true)
    certainty = estimate_certainty(Descent(problem, true))
    assert not certainty.is_identifiable(0, 0) and not certainty.is_identifiable(1, 0)
    assert 5 not in certainty.margins and not certainty.is_identifiable(5, 0), "a track that is never heard"


def test_what_curvature_alone_says_is_tried(farm):
    """A high shelf at -15 dB leaves little to move nearby, and everything at 0 dB."""
    shelf = ChainDevice(device="eq", values={"high_shelf_hz": 1500.0}, free={"high_shelf_gain_db": (-24, 24)})
    problem = make(farm, Chain(devices=(shelf,)), 1, [np.array([0.05])])
    descent = Descent(problem, [np.array([0.05])])
    loose = replace(estimate_certainty(descent), margins={0: np.ones(1)})
    tried = verify_by_renders(descent, loose, lambda renders: True)
    assert tried.lower_bounds == {(0, 0)} and not tried.is_identifiable(0, 0)
    assert tried.margins[0][0] < WIDE_MARGIN_0TO1
    assert verify_by_renders(descent, loose, lambda renders: False).margins[0][0] == 1.0


def test_a_margin_that_renders_bear_out_stays(farm):
    idle = np.array([0.2, 1.0, 0.5, 0.5])
    problem = make(farm, COMPRESSED, 1, [idle])
    descent = Descent(problem, [idle])
    tried = verify_by_renders(descent, estimate_certainty(descent), lambda renders: True)
    assert (
        tried.margins[0][2] >= WIDE_MARGIN_0TO1 and (0, 2) not in tried.lower_bounds and not tried.is_identifiable(0, 2)
    )
