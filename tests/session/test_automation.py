"""Curves and tempo maps against plain arithmetic, and what a session may not automate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawbridge.curve import Curve
from dawbridge.errors import InputError
from dawbridge.session import (
    Automation,
    Bus,
    Device,
    Master,
    Point,
    Send,
    Session,
    Tempo,
    TempoMap,
    TimeSignature,
    Track,
)
from dawbridge.session.automation import curve_of
from dawbridge.session.validation import check_session

# Curves


def curve(*points) -> Curve:
    """Points as (sample, value) or (sample, value, shape)."""
    rows = [(*point, "linear")[:3] for point in points]
    return Curve(*map(tuple, zip(*rows)))


def value_at(points, sample: float) -> float:
    """The same, one sample at a time, as one would do it by hand."""
    rows = [(*point, "linear")[:3] for point in points]
    if sample < rows[0][0]:
        return rows[0][1]
    place = max(n for n, row in enumerate(rows) if row[0] <= sample)
    at, value, shape = rows[place]
    if shape == "hold" or place == len(rows) - 1:
        return value
    following, target, _ = rows[place + 1]
    share = (sample - at) / (following - at)
    return value * (target / value) ** share if shape == "exponential" else value + share * (target - value)


LINES = [(10, -6.0), (20, 0.0), (40, 3.0, "hold"), (50, -1.0), (50, 5.0), (60, 1.0, "exponential"), (80, 16.0)]


def test_a_curve_of_all_shapes_is_what_one_gets_by_hand():
    samples = np.arange(0, 101)
    wanted = [value_at(LINES, n) for n in samples]
    np.testing.assert_allclose(curve(*LINES).at(samples), wanted, rtol=1e-12)
    assert curve(*LINES).at(np.array([0, 15, 39.9, 40, 49, 50, 70, 100])) == pytest.approx(
        [-6.0, -3.0, 2.985, 3.0, 3.0, 5.0, 4.0, 16.0]
    )


def test_ends_hold_and_a_lone_point_is_a_constant():
    lone = curve((1000, 2.5, "exponential"))
    assert set(lone.at(np.array([-5, 0, 1000, 10**9]))) == {2.5}
    assert curve((10, 1.0), (20, 2.0)).at(np.array([-(10**9), 9, 20, 21, 10**9])).tolist() == [1, 1, 2, 2, 2]


def test_a_jump_stands_at_its_sample_and_not_one_earlier():
    step = curve((0, 1.0), (100, 1.0), (100, 7.0), (100, 3.0), (200, 3.0))
    assert step.at(np.array([99, 99.999, 100, 101])).tolist() == [1, 1, 3, 3]


def test_negative_values_run_exponentially_too():
    assert curve((0, -1.0, "exponential"), (10, -100.0)).at(np.array([5])) == pytest.approx([-10.0])


POINTS = st.lists(
    st.tuples(st.integers(0, 10**6), st.floats(0.01, 100), st.sampled_from(["linear", "hold", "exponential"])),
    min_size=1,
    max_size=8,
).map(lambda rows: sorted(rows, key=lambda row: row[0]))


@settings(deadline=None)
@given(POINTS, st.lists(st.integers(-10, 10**6 + 10), min_size=1, max_size=20))
def test_any_curve_is_what_one_gets_by_hand_and_stays_between_its_points(points, samples):
    values = curve(*points).at(np.array(samples))
    np.testing.assert_allclose(values, [value_at(points, n) for n in samples], rtol=1e-9)
    heights = [value for _, value, _ in points]
    assert (values >= min(heights) * (1 - 1e-9)).all() and (values <= max(heights) * (1 + 1e-9)).all()


# Tempo maps: the integral of 60 / bpm over the beats, done numerically

MAPS = {
    "constant": (Tempo(bpm=97.0),),
    "steps": (Tempo(bpm=120.0), Tempo(beat=4, bpm=60.0), Tempo(beat=6.5, bpm=240.0)),
    "ramp": (Tempo(bpm=60.0, shape="linear"), Tempo(beat=16, bpm=180.0)),
    "ramps and steps": (
        Tempo(bpm=90.0, shape="linear"),
        Tempo(beat=3, bpm=31.0),
        Tempo(beat=5, bpm=200.0, shape="linear"),
        Tempo(beat=11, bpm=200.0001, shape="linear"),
        Tempo(beat=12, bpm=77.0, shape="linear"),
    ),
}


def bpm_by_hand(tempos, beats: np.ndarray) -> np.ndarray:
    row = np.array([max(n for n, tempo in enumerate(tempos) if tempo.beat <= beat) for beat in beats])
    found = np.array([tempo.bpm for tempo in tempos])[row]
    for n, (tempo, following) in enumerate(zip(tempos, tempos[1:])):
        if tempo.shape == "linear":
            share = (beats - tempo.beat) / (following.beat - tempo.beat)
            found = np.where(row == n, tempo.bpm + share * (following.bpm - tempo.bpm), found)
    return found


@pytest.mark.parametrize("name", MAPS)
def test_seconds_are_the_integral_of_the_tempo(name):
    tempos, step = MAPS[name], 1e-3
    middles = np.arange(step / 2, 20, step)
    integral = np.cumsum(60.0 / bpm_by_hand(tempos, middles)) * step
    ends = middles + step / 2
    np.testing.assert_allclose(TempoMap(tempos=tempos).seconds(ends), integral, rtol=1e-6)
    np.testing.assert_allclose(TempoMap(tempos=tempos).bpm_at(middles), bpm_by_hand(tempos, middles), rtol=1e-12)


def test_seconds_of_known_tempos():
    assert float(TempoMap().seconds(1.0)) == 0.5
    assert float(TempoMap(tempos=MAPS["steps"]).seconds(7.5)) == pytest.approx(2.0 + 2.5 + 0.25)
    # From 60 to 180 in 16 beats: 60 * 16 / 120 * ln(3) seconds.
    assert float(TempoMap(tempos=MAPS["ramp"]).seconds(16)) == pytest.approx(8 * np.log(3))
    assert float(TempoMap(tempos=MAPS["ramp"]).seconds(18)) == pytest.approx(8 * np.log(3) + 2 / 3)


TEMPOS = st.lists(
    st.tuples(st.floats(0.25, 500), st.floats(1, 1000), st.sampled_from(["hold", "linear"])), max_size=5
).map(
    lambda rows: (
        Tempo(bpm=120.0, shape="linear"),
        *(Tempo(beat=float(b), bpm=bpm, shape=s) for b, (_, bpm, s) in zip(np.cumsum([r[0] for r in rows]), rows)),
    )
)


@settings(deadline=None)
@given(TEMPOS, st.lists(st.floats(0, 3000), min_size=2, max_size=20))
def test_time_runs_forward_within_the_tempos_bounds(tempos, beats):
    beats = np.sort(np.array(beats))
    seconds = TempoMap(tempos=tempos).seconds(beats)
    bpms = [tempo.bpm for tempo in tempos]
    assert float(TempoMap(tempos=tempos).seconds(0.0)) == 0.0
    least, most = np.diff(beats) * 60 / max(bpms), np.diff(beats) * 60 / min(bpms)
    grace = 1e-9 * (1 + seconds[1:])
    assert (np.diff(seconds) >= least - grace).all() and (np.diff(seconds) <= most + grace).all()


# Automation in samples


def test_points_stand_at_the_nearest_sample_in_seconds_and_in_beats():
    points = (Point(time=0, value=1), Point(time=1, value=2, shape="hold"), Point(time=7.5, value=3))
    steps = TempoMap(tempos=MAPS["steps"])
    in_seconds = curve_of(Automation(points=points), steps, 44100)
    assert in_seconds == Curve((0, 44100, 330750), (1, 2, 3), ("linear", "hold", "linear"))
    in_beats = curve_of(Automation(points=points, unit="beats"), steps, 48000, 100)
    assert in_beats.samples == (100, 24100, round(4.75 * 48000) + 100)


# What is refused


def ride(*points, unit="s") -> Automation:
    return Automation(
        points=tuple(Point(time=row[0], value=row[1], shape=(*row, "linear")[2]) for row in points), unit=unit
    )


def a_session(device=None, track=None, send=None, **changes) -> Session:
    eq = Device(device="eq", automation=device or {})
    sends = (Send(to="room", automation=send or {}),)
    vox = Track(name="Vox", audio="v.wav", devices=(eq,), sends=sends, automation=track or {})
    return Session(**dict(sample_rate=8000, length_samples=1, tracks=(vox,), buses=(Bus(name="room"),)) | changes)


DOWN = ride((0, 0.0), (2, -1.0), (1, 0.0))
FAULTS = {
    "wrong order": (dict(track={"fader_db": DOWN}), "track 'Vox' automation of fader_db: 1 s stands after 2 s; sort"),
    "wrong order in beats": (
        dict(track={"pan_lr": DOWN.model_copy(update={"unit": "beats"})}),
        "1 beats stands after 2 beats",
    ),
    "through zero": (
        dict(track={"fader_db": ride((0, -6.0, "exponential"), (1, 6.0))}),
        "automation of fader_db: no exponential leads from -6 to 6; give both ends one sign, or use linear",
    ),
    "to zero": (dict(send={"gain_db": ride((0, -6.0, "exponential"), (1, 0.0))}), "no exponential leads from -6 to 0"),
    "too loud": (
        dict(track={"fader_db": ride((0, 0.0), (1.5, 24.5))}),
        "track 'Vox' automation of fader_db at 1.5 s: fader_db=24.5 outside -120…24 dB",
    ),
    "too far right": (dict(send={"pan_lr": ride((0, 1.01))}), "track 'Vox' send 1 automation of pan_lr at 0 s: pan_lr"),
    "an unknown parameter": (
        dict(device={"gian": ride((0, 0.0))}),
        "Vox' device 1: eq has no parameter 'gian'; it has",
    ),
    "out of a device's range": (
        dict(device={"bell_1_gain_db": ride((0, 0.0), (3, 25.0), unit="beats")}),
        "device 1 (eq) automation of bell_1_gain_db at 3 beats: bell_1_gain_db=25 outside -24…24 dB",
    ),
    "the master's": (
        dict(master=Master(automation={"pan_lr": ride((0, -2.0))})),
        "session: master automation of pan_lr at 0 s: pan_lr=-2 outside -1…1",
    ),
    "no first tempo": (
        dict(tempo=TempoMap(tempos=(Tempo(beat=1.0),))),
        "session: the first tempo stands at beat 1; it stands at 0",
    ),
    "tempos out of order": (
        dict(tempo=TempoMap(tempos=(Tempo(), Tempo(beat=8), Tempo(beat=4)))),
        "session: tempos at beats [0.0, 8.0, 4.0]; sort them, one a beat",
    ),
    "two time signatures at once": (
        dict(tempo=TempoMap(signatures=(TimeSignature(), TimeSignature(numerator=3)))),
        "time signatures at beats [0.0, 0.0]",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_bad_automation_is_refused_by_place(name):
    changes, message = FAULTS[name]
    with pytest.raises(InputError) as error:
        check_session(a_session(**changes))
    assert message in str(error.value) and "\n" not in str(error.value)


def test_good_automation_is_accepted():
    points = ride((0, -6.0, "exponential"), (1, -3.0), (1, 0.0), (1e6, 6.0, "exponential"))
    check_session(a_session(track={"fader_db": points}, send={"gain_db": points}, device={"bell_1_gain_db": points}))


@pytest.mark.parametrize("bad", [dict(points=()), dict(points=(dict(time=-1, value=0),)), dict(points=(), unit="bars")])
def test_what_the_model_itself_refuses(bad):
    with pytest.raises(ValueError):
        Automation.model_validate(bad)
