"""Automation that was drawn in a few points is read in about as few, from whichever format, however often."""

from pathlib import Path

import numpy as np
import pytest

from ardour_fixtures import any_lv2, sounds  # noqa: F401
from carried_sessions import RATE, rendered_of
from dawbridge.formats import Media, get_format
from dawbridge.formats.few_points import few_points, level_tolerance, on_samples, pan_tolerance, spanned_tolerance
from dawbridge.session import Automation, Bus, Device, Point, Send, Session, Tempo, TempoMap, Track
from dawbridge.session.automation import curve_of

TRIPS = ("ardour", "reaper", "dawproject")
SUFFIXES = {".ardour", ".rpp", ".dawproject"}
TEMPO = TempoMap(tempos=(Tempo(bpm=90.0, shape="linear"), Tempo(beat=8.0, bpm=140.0)))


def drawn(*rows, unit="s") -> Automation:
    return Automation(
        points=tuple(Point(time=t, value=v, shape=(*shape, "linear")[0]) for t, v, *shape in rows), unit=unit
    )


LEVEL = drawn((0.5, 0.0), (1.0, -12.0), (2.25, -3.0), (3.1, -40.0), (3.6, -50.0, "hold"), (4.2, -6.0, "exponential"),
              (6.0, -50.0))  # fmt: skip
ON_BEATS = drawn((0.7, -3.0), (3.3, -9.0), (5.1, 2.0, "hold"), (7.77, 4.0, "exponential"), (9.0, 0.5), unit="beats")
PAN = drawn((0.0, -0.8), (1.0, 0.9), (2.0, 0.2, "hold"), (3.0, -0.1))
FAR_PAN = drawn((0.0, -1.0), (1.0, 1.0), (2.0, 1.0, "hold"), (3.0, 0.0))
HERTZ = drawn((0.5, 100.0, "exponential"), (2.0, 8000.0), (3.0, 400.0, "hold"), (4.0, 1000.0))
GAIN = drawn((0.5, 0.0), (2.0, 8.0), (3.0, -4.0, "hold"), (4.0, 1.0))


def moving_session() -> Session:
    chain = (Device(device="eq", automation={"bell_2_hz": HERTZ, "bell_2_gain_db": GAIN}),)
    send = Send(to="fx", pan_lr=0.2, automation={"gain_db": LEVEL})
    tracks = (
        Track(name="mono", audio="mono.wav", channels=1, devices=chain, automation={"fader_db": LEVEL, "pan_lr": PAN}),
        Track(name="stereo", audio="stereo.wav", automation={"fader_db": ON_BEATS, "pan_lr": FAR_PAN}),
        Track(name="aside", audio="mono.wav", channels=1, pan_lr=0.3, automation={"fader_db": LEVEL}, sends=(send,)),
    )
    buses = (Bus(name="fx"),)
    return Session(name="moving", sample_rate=RATE, length_samples=10 * RATE, tempo=TEMPO, tracks=tracks, buses=buses)


def moves(session: Session) -> dict[tuple, Automation]:
    """Every automation, by where it is."""
    rows = {(channel.name, name): row for channel in session.channels for name, row in channel.automation.items()}
    for channel in session.channels:
        for number, owner in enumerate((*channel.devices, *channel.sends)):
            rows |= {(channel.name, number, name): row for name, row in owner.automation.items()}
    return rows


def trip(session: Session, name: str, source: Path, folder: Path) -> tuple[Session, Path]:
    """The session, out to a format and back; and the folder of its sounds."""
    get_format(name).write(session, rendered_of(session), folder / "out", source)
    (path,) = (row for row in (folder / "out").iterdir() if row.suffix in SUFFIXES)
    return get_format(name).read(path, Media(folder / "in"))[0], folder / "in"


def span_of(row: Automation) -> float:
    values = [point.value for point in row.points]
    return max(values) - min(values)


def off(before: Automation, after: Automation) -> float:
    """How far apart the curves are, but within two samples of a point; as a share of what the first one spans."""
    at = np.arange(0, 8 * RATE, 37)
    curves = [curve_of(row, TEMPO, RATE) for row in (before, after)]
    is_far = np.min(np.abs(at[:, None] - np.array(curves[0].samples)), axis=1) > 2
    one, other = (curve.at(at[is_far]) for curve in curves)
    return float(np.max(np.abs(one - other))) / span_of(before)


def test_trips_through_all_formats_add_no_points(sounds, any_lv2, tmp_path):  # noqa: F811
    first = moving_session()
    session, folder, counts = first, sounds, []
    for number, name in enumerate((*TRIPS, TRIPS[0])):
        session, folder = trip(session, name, folder, tmp_path / str(number))
        before, after = moves(first), moves(session)
        for place, row in before.items():
            assert off(row, after[place]) < 2e-4, (name, place)
            assert len(after[place].points) <= 2 * len(row.points), (name, place)
        counts.append(sum(len(after[place].points) for place in before))
    assert max(counts) <= 1.2 * sum(len(row.points) for row in moves(first).values()), counts
    assert max(counts[3:]) <= max(counts[:3]), counts


@pytest.mark.parametrize("name", TRIPS)
def test_points_on_samples_come_back_as_they_were_drawn(name, sounds, any_lv2, tmp_path):  # noqa: F811
    back, _ = trip(moving_session(), name, sounds, tmp_path)
    for place in (("aside", "fader_db"), ("aside", 0, "gain_db"), ("mono", 0, "bell_2_hz"), ("mono", "pan_lr")):
        drawn, found = moves(moving_session())[place].points, moves(back)[place].points
        assert [point.shape for point in found] == [point.shape for point in drawn]
        np.testing.assert_allclose(*([(p.time, p.value) for p in row] for row in (found, drawn)), rtol=1e-5, atol=1e-5)


def test_points_come_onto_samples_and_jumps_stay():
    times, values = np.array([0.0, 0.25, 1.5, 1.5, 2.0]), np.array([0.0, 1.0, 6.0, 0.0, 1.0])
    placed, told = on_samples(times, values, 2)
    assert placed.tolist() == [0.0, 0.5, 1.5, 1.5, 2.0]
    np.testing.assert_allclose(told, [0.0, 2.0, 6.0, 0.0, 1.0])


def test_below_minus_60_db_the_same_gain_counts():
    np.testing.assert_allclose(level_tolerance(np.array([24.0, -60.0, -80.0, -120.0])), [3e-4, 3e-4, 3e-3, 1e-2])


@pytest.mark.parametrize("tolerance", [level_tolerance, pan_tolerance, spanned_tolerance])
def test_one_point_and_one_value_are_one_point(tolerance):
    for times in ([1.0], [1.0, 1.0], [1.0, 2.0, 3.0]):
        rows = few_points([(time, 0.25) for time in times], tolerance, RATE).points
        assert [point.value for point in rows] == [0.25]


def test_a_linear_fade_to_silence_takes_few_points_of_decibels():
    """In decibels it falls ever faster; -120 dB is its end."""
    share = np.linspace(0.0, 1.0, 40_001)
    level = np.maximum(20.0 * np.log10(np.maximum(1.0 - share, 1e-9)), -120.0)
    rows = few_points(list(zip(share.tolist(), level.tolist())), level_tolerance, 40_000)
    assert len(rows.points) < 700
    heard = 10.0 ** (curve_of(rows, TempoMap(), 40_000).at(share * 40_000) / 20.0)
    np.testing.assert_allclose(heard, np.maximum(1.0 - share, 1e-6), rtol=5e-5, atol=5e-8)
