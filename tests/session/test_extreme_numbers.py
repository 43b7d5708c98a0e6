"""The farthest and the closest numbers that a session or a DAW's file may hold: finite arithmetic, or a refusal."""

import io
import json
import math
import random
import re
import shutil
import zipfile

import numpy as np
import pytest

from dawbridge.errors import InputError
from dawbridge.formats import Media, reader_of
from dawbridge.formats.ardour.reader.automation import AutomationLane
from dawbridge.formats.ardour.writer.envelopes import Envelopes
from dawbridge.formats.dawproject.reader.time_base import TimeMap
from dawbridge.formats.envelope import automation_from, envelope
from dawbridge.formats.reaper.text import number
from dawbridge.render.graph.gain_path import GainPath, Stage
from dawbridge.session import Automation, Point, Session, Tempo, TempoMap, Track, decode_session, encode_session
from dawbridge.session.automation import BPM, LARGEST_RATIO, LATEST_TIME, LEAST_TEMPO_BEATS, curve_of
from fuzz.run import FIXTURES, FORMATS, fixtures

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")
FASTEST, SLOWEST = max(BPM), min(BPM)
STEEP = TempoMap(
    tempos=(
        Tempo(bpm=SLOWEST, shape="linear"),
        Tempo(beat=LEAST_TEMPO_BEATS, bpm=FASTEST, shape="linear"),
        Tempo(beat=4.0, bpm=SLOWEST, shape="linear"),
        Tempo(beat=LATEST_TIME, bpm=FASTEST),
    )
)
TIMES = (0.0, 5e-324, 2.2e-311, 1.0, np.nextafter(1.0, 2.0), 4.0, LATEST_TIME)


def session_of(points: list[dict], tempos: list[dict] = ({},), **track) -> str:
    """A session's text with this automation of a fader, and these tempos."""
    bare = Session(sample_rate=8000, length_samples=10, tracks=(Track(name="a", audio="a.wav"),))
    data = json.loads(encode_session(bare))
    data["tracks"][0] |= {"automation": {"fader_db": {"points": points}}} | track
    data["tempo"] = {"tempos": list(tempos)}
    return json.dumps(data)


POINT = {"time": 0, "value": 0}
REFUSED = {
    "a time of inf": (session_of([POINT, {"time": math.inf, "value": 0}]), "time: should be"),
    "a time of NaN": (session_of([{"time": math.nan, "value": 0}]), "time: should be"),
    "a late time": (session_of([POINT, {"time": 1e300, "value": 0}]), "time: should be less than or equal"),
    "a value of -inf": (session_of([{"time": 0, "value": -math.inf}]), "value: should be"),
    "a value of a float's size": (session_of([{"time": 0, "value": 1e308}]), "value: should be less than or equal"),
    "a late tempo": (session_of([POINT], [{}, {"beat": 1e300}]), "beat: should be less than or equal"),
    "tempos too close": (session_of([POINT], [{}, {"beat": 5e-324, "bpm": 9}]), "keep 1e-09 of a beat between"),
    "a clip out of reach": (session_of([POINT], start_samples=-(2**62)), "start_samples: should be greater"),
    "an exponential of no ratio": (
        session_of([{"time": 0, "value": 5e-324, "shape": "exponential"}, {"time": 1, "value": 24}]),
        "no exponential leads from",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_usable_number_is_refused_by_place(name):
    text, fault = REFUSED[name]
    with pytest.raises(InputError) as error:
        decode_session(text, "session.json")
    assert fault in str(error.value), error.value


def test_the_steepest_tempos_keep_seconds_finite_ascending_and_to_be_inverted():
    beats = np.sort(np.concatenate([TIMES, np.linspace(0.0, 2 * LEAST_TEMPO_BEATS, 9), np.geomspace(1.0, LATEST_TIME)]))
    seconds = STEEP.seconds(beats)
    assert np.isfinite(seconds).all() and (np.diff(seconds) >= 0).all()
    assert np.isfinite(STEEP.bpm_at(beats)).all()
    back = TimeMap(STEEP)
    np.testing.assert_allclose([back.seconds(beat) for beat in beats], seconds, rtol=1e-6, atol=1e-9)
    assert np.isfinite([back.beats(time) for time in seconds]).all()


@pytest.mark.parametrize("unit", ["s", "beats"])
@pytest.mark.parametrize("shape", ["linear", "hold", "exponential"])
def test_curves_and_envelopes_of_the_farthest_points_are_finite(unit, shape):
    low, high = 1.0 / LARGEST_RATIO, 1.0
    points = [Point(time=time, value=(low, high)[n % 2], shape=shape) for n, time in enumerate(TIMES)]
    automation = Automation(points=tuple(points), unit=unit)
    for tempo in (STEEP, TempoMap(tempos=(Tempo(bpm=SLOWEST),)), TempoMap(tempos=(Tempo(bpm=FASTEST),))):
        curve = curve_of(automation, tempo, 384_000)
        for count in (1, 1000):
            values = curve.at(np.linspace(0.0, curve.samples[-1], count))
            assert np.isfinite(values).all() and values.min() >= 0.0 and values.max() <= high
        rows = envelope(automation, tempo, lambda values: values)
        assert np.isfinite(rows).all() and all(one[0] <= other[0] for one, other in zip(rows, rows[1:]))
        early = [row for row in rows if row[0] <= LATEST_TIME][:100]
        assert automation_from(early, lambda values: values, 8000).points
        assert np.isfinite(Envelopes(tempo, 384_000).parameter(automation, lambda values: values)).all()


def test_a_line_from_next_to_nothing_beside_an_exponential_overflows_nothing():
    points = Point(time=0.0, value=5e-324), Point(time=1.0, value=1.0, shape="exponential"), Point(time=2.0, value=24.0)
    curve = curve_of(Automation(points=points), TempoMap(), 8000)
    np.testing.assert_allclose(
        curve.at(np.array([0, 4000, 8000, 12000, 16000])), [0.0, 0.5, 1.0, 24.0**0.5, 24.0], atol=1e-9
    )


def test_gains_of_the_farthest_points_are_finite():
    level, pan = (
        curve_of(Automation(points=tuple(Point(time=t, value=v) for t, v in zip(TIMES, values))), TempoMap(), 384_000)
        for values in ((-120.0, 24.0) * 4, (-1.0, 1.0) * 4)
    )
    path = GainPath((Stage(level, pan, 1), Stage(24.0, pan, 2)))
    for first in (0, 2**29):
        assert np.isfinite(path.gains(first, 1000)).all()


def test_logarithmic_lines_of_ardour_between_any_numbers_are_finite():
    ends = (0.0, 5e-324, 1e-200, 1e-30, 1.0, 1e12)
    for first, last in [(a * x, b * y) for a in ends for b in ends for x in (-1, 1) for y in (-1, 1)]:
        for style in ("Linear", "Discrete", "Exponential", "Logarithmic", "Curved"):
            lane = AutomationLane((0.0, 5e-324, 1e9), (first, last, first), style)
            assert np.isfinite(lane.at(np.array([0.0, 5e-324, 1e-12, 1.0, 5e8, 1e9, 2e9]))).all(), (first, last, style)


NUMBERS = (b"0", b"-1", b"5e-324", b"2.2e-311", b"1e-100", b"1e9", b"1e12", b"-1e12", b"1e15", b"1e308", b"inf", b"NaN")
NUMBER = re.compile(rb"(?<=[\" ])-?\d+(?:\.\d+)?(?=[\" \n])")


def with_other_numbers(data: bytes, chance: random.Random) -> bytes:
    """The file with some of its numbers replaced, the ends of legal ranges and more."""
    count = chance.choice((1, 2, 5))

    def changed(data: bytes) -> bytes:
        found = list(NUMBER.finditer(data))
        for match in sorted(chance.sample(found, min(count, len(found))), key=lambda row: -row.start()):
            data = data[: match.start()] + chance.choice(NUMBERS) + data[match.end() :]
        return data

    return inside(data, changed)


def inside(data: bytes, changed) -> bytes:
    """A file whose text, or whose project.xml, is changed."""
    if data[:2] != b"PK":
        return changed(data)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, changed(old.read(name)) if name == "project.xml" else old.read(name))
    return made.getvalue()


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_daws_file_with_any_numbers_is_a_finite_session_or_refused(format_name, tmp_path):
    """And nothing is divided by zero on the way: warnings are errors here."""
    chance, refused, changed = random.Random(5), 0, 0
    shutil.copytree(FIXTURES / format_name, tmp_path / "in")
    paths = [tmp_path / "in" / path.relative_to(FIXTURES / format_name) for path in fixtures(format_name)]
    originals = {path: path.read_bytes() for path in paths}
    for number_of_file in range(150):
        path = paths[number_of_file % len(paths)]
        path.write_bytes(with_other_numbers(originals[path], chance))
        try:
            session, _ = reader_of(path).read(path, Media(tmp_path / "out", links=True))
        except InputError:
            refused += 1
            continue
        changed += 1
        decode_session(encode_session(session))  # JSON of NaN or Inf is refused
    assert changed > 5 and refused > 5


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "1e16"])
def test_numbers_of_a_reaper_project_are_finite(text):
    with pytest.raises(InputError, match="usable number"):
        number([text], 0, 0.0, "song.rpp")
