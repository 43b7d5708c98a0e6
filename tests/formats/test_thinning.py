"""Thinning: the same curve to within the tolerance, in no more points, in few steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawbridge.curve import Curve
from dawbridge.formats import thinning
from dawbridge.formats.few_points import few_points, level_tolerance, pan_tolerance, spanned_tolerance
from dawbridge.formats.thinning import SNAP_S, Polyline, snapped, thinned
from dawbridge.session.automation import LARGEST_VALUE, LATEST_TIME

TOLERANCE = 1e-3
# A curve of runs: level, straight, exponential, noise, and jumps between; steps of time from none to seconds.
STEPS = st.sampled_from([0.0, 1e-9, 1e-3, 0.02, 1.5])
VALUES = st.sampled_from([0.0, 1e-6, 0.5, -0.5, 3.0]) | st.integers(-10_000, 10_000).map(lambda number: number / 1000)
# What a session may hold at most, and what floats hold at least.
FAR_TIMES = st.sampled_from([0.0, 5e-324, 2.2e-311, 1e-9, SNAP_S, 1.0, 1.0 + 2.3e-16, 1.5, 1e6, LATEST_TIME])
SIZES = st.sampled_from([0.0, 5e-324, 2.2e-311, 1e-200, 1e-118, 1e-82, 1e-50, 1e-6, 1.0, 3.0, 1e6, LARGEST_VALUE])
FAR_POINTS = st.lists(st.tuples(FAR_TIMES, st.builds(np.multiply, SIZES, st.sampled_from([-1.0, 1.0]))), min_size=1)
RUNS = st.sampled_from(["level", "straight", "exponential", "noise"])


def run_of(kind: str, count: int, first: float, last: float) -> np.ndarray:
    share = np.linspace(0.0, 1.0, count)
    if kind == "exponential" and first * last > 0.0:
        return first * (last / first) ** share
    if kind == "noise":
        return np.random.default_rng(count).uniform(min(first, last), max(first, last), count)
    return first + share * (last - first) * (kind != "level")


@st.composite
def curves(draw):
    """(times, values) of a curve with straight lines between its points."""
    times, values = [np.zeros(1)], [np.array([draw(VALUES)])]
    for _ in range(draw(st.integers(0, 6))):
        count = draw(st.integers(1, 30))
        values.append(run_of(draw(RUNS), count, draw(VALUES), draw(VALUES)))
        gap, length = draw(STEPS), draw(STEPS)
        times.append(times[-1][-1] + gap + np.linspace(0.0, length if length > 1e-6 else 0.0, count))
    return np.concatenate(times), np.concatenate(values)


def curve(times, values, shapes=None) -> Curve:
    return Curve(tuple(times), tuple(values), tuple(shapes or ("linear",) * len(times)))


def few(times: np.ndarray, values: np.ndarray, tolerance: float = TOLERANCE) -> list[tuple[float, float, str]]:
    allowed = np.full(len(times), tolerance)
    times, values = snapped(times, values, allowed)
    return thinned(Polyline(times, values, allowed[: len(times)]))


@given(curves())
def test_the_curve_stays_and_points_do_not_grow_in_number(points):
    times, values = points
    rows = few(times, values)
    assert len(rows) <= len(times)
    assert all(one[0] <= other[0] for one, other in zip(rows, rows[1:]))
    places = np.unique(times)
    inside = (places[:-1, None] + np.diff(places)[:, None] * np.linspace(0.0, 1.0, 23)).ravel()
    at = np.concatenate([places - 2.0 * SNAP_S, places, places + 2.0 * SNAP_S, inside, places[-1:] + 1.0])
    # What is snapped may come up to SNAP_S late, and a line that leads there with it.
    at = at[np.min(np.abs(at[:, None] - places) + 1.0 * (np.abs(at[:, None] - places) == 0.0), axis=1) > 1.5 * SNAP_S]
    np.testing.assert_allclose(curve(*zip(*rows)).at(at), curve(times, values).at(at), atol=TOLERANCE * 1.05)


@given(curves())
def test_thinning_again_changes_nothing_that_is_heard(points):
    """What is straight comes back point by point, so no trip adds points."""
    rows = few(*points)
    if all(shape != "exponential" for *_, shape in rows):
        lines = [(row[0], row[1]) for row in rows]
        for (_, value, shape), after in zip(reversed(rows[:-1]), reversed(rows[1:])):
            if shape == "hold":
                lines.insert(lines.index((after[0], after[1])), (after[0], value))
        again = few(*(np.array(row) for row in zip(*lines)))
        assert len(again) <= len(rows)


def test_what_was_drawn_comes_back():
    """A ramp, a hold, an exponential and a jump, each in many pieces."""
    ramp, rise = np.linspace(0.0, 1.0, 500), np.linspace(2.0, 3.0, 500)
    times = np.concatenate([ramp, [1.0, 2.0 - 2e-9], rise, [3.0, 4.0]])
    values = np.concatenate([ramp, [5.0, 5.0], 2.0 * 50.0 ** (rise - 2.0), [7.0, 8.0]])
    rows = few(times, values)
    np.testing.assert_allclose([row[:2] for row in rows], [(0, 0), (1, 1), (1, 5), (2, 2), (3, 100), (3, 7), (4, 8)])
    assert [row[2] for row in rows] == ["linear", "linear", "hold", "exponential", "linear", "linear", "linear"]


def test_a_level_begin_and_end_hold_by_themselves():
    assert few(np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0, 2.0])) == [(1, 1, "linear"), (2, 2, "linear")]
    assert few(np.array([0.0, 1.0]), np.array([4.0, 4.0])) == [(1.0, 4.0, "linear")]
    assert few(np.array([2.0]), np.array([4.0])) == [(2.0, 4.0, "linear")]


def test_exponentials_cross_no_zero_and_fit_between_points_too():
    rows = few(np.array([0.0, 1.0, 2.0]), np.array([1.0, 10.0, 100.0]))
    assert len(rows) == 3  # three points of straight lines are no exponential
    rows = few(np.linspace(0, 1, 99), np.linspace(-1, 1, 99) ** 3)
    assert all(shape == "linear" or value * after > 0.0 for (_, value, shape), (_, after, _) in zip(rows, rows[1:]))


@given(FAR_POINTS, st.sampled_from([level_tolerance, pan_tolerance, spanned_tolerance]), st.sampled_from([None, 8000]))
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_the_farthest_legal_times_and_values_stay_finite(points, tolerance, rate):
    points = sorted(((float(time), float(value)) for time, value in points), key=lambda point: point[0])
    few_points(points, tolerance, rate)  # its points refuse what is not finite


@given(FAR_POINTS)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_times_as_close_as_floats_can_be_divide_nothing_by_zero(points):
    """Two points of every time, and no snapping before."""
    times = np.repeat(sorted({time for time, _ in points}), 2)
    values = np.resize([value for _, value in points], len(times))
    rows = thinned(Polyline(times, values, np.full(len(times), 1e-12)))
    assert np.isfinite([row[:2] for row in rows]).all()


NOISE = np.random.default_rng(0).uniform(-1.0, 1.0, 60_000)
PLACES = np.linspace(0.0, 1.0, 60_000)
SLOW = {
    "noise": NOISE,
    "sine": np.sin(300.0 * PLACES),
    "walk": np.cumsum(NOISE) / 100.0,
    "ends": 1.0 / (PLACES + 1e-6),  # the worst place is next to an end, again and again
    "zigzag": (1.0 - PLACES) * (-1.0) ** np.arange(60_000),
    "steps": np.floor(PLACES * 1000.0),
}


@pytest.mark.parametrize("name", SLOW)
def test_sixty_thousand_points_are_looked_at_a_few_times_each(name, monkeypatch):
    looked_at, inside = [], thinning._inside
    monkeypatch.setattr(
        thinning, "_inside", lambda begins, ends: looked_at.append(np.sum(ends - begins)) or inside(begins, ends)
    )
    rows = few(PLACES, SLOW[name], 1e-5)
    assert sum(looked_at) < 200 * len(PLACES), f"{sum(looked_at) / len(PLACES):.0f} looks a point"
    np.testing.assert_allclose(curve(*zip(*rows)).at(PLACES), SLOW[name], atol=1.05e-5)
