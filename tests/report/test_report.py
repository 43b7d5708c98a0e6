"""The report without a browser: sizes, loudness, figures against theory, texts that stay text."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile
from PIL import Image

from dawbridge.audio import Audio
from dawbridge.devices import get_device
from dawbridge.features.loudness import loudness_lufs
from dawbridge.formats.loss import Loss
from dawbridge.params import ParameterSpec
from dawbridge.report import Page, players, write_report
from dawbridge.report.axes import frequency_axis, linear_axis, time_axis
from dawbridge.report.bands import band_powers, level_over_time
from dawbridge.report.chart import Line, difference_chart, line_chart
from dawbridge.report.figures import metrics_rows
from dawbridge.report.parameters import difference_text, track_tables
from dawbridge.report.pictures import level_difference_db
from dawbridge.report.players import BITRATES_KBPS, budget, encode_mp3, encoded_bytes, make_players
from dawbridge.report.summary import summary_lines
from dawbridge.report.values import parameter_label, value_text
from dawbridge.report.writer import PAGE_BYTES, PICTURE_BYTES, render_html
from dawbridge.session import Device, Provenance, Session, Track

RATE = 44100
ROOM = PAGE_BYTES - PICTURE_BYTES - 300_000


def noise(seconds: float, level: float = 0.1, rate: int = RATE, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).standard_normal((2, max(1, round(seconds * rate))), dtype=np.float32)
    return Audio(samples * np.float32(level), rate)


def sine(frequency_hz: float, seconds: float = 4.0) -> Audio:
    time_s = np.arange(round(seconds * RATE)) / RATE
    return Audio(np.sin(2 * np.pi * frequency_hz * time_s)[None], RATE)


def session_of(audio: Audio, *tracks: Track) -> Session:
    made = Provenance(dawbridge="0.1.0", method="inversion", chain="console", seed=7)
    return Session(sample_rate=audio.sample_rate, length_samples=audio.length_samples, tracks=tracks, made_by=made)


# Players: size and loudness


@pytest.mark.parametrize(
    "minutes, kbps, is_excerpt",
    [(1, 192, False), (3, 192, False), (6, 96, False), (7, 80, False), (12, 192, True), (90, 192, True)],
)
def test_budget_gives_up_quality_then_length(minutes, kbps, is_excerpt):
    fit = budget(minutes * 60.0, 3, ROOM)
    assert (fit.kbps, fit.is_excerpt) == (kbps, is_excerpt)


def test_budget_without_room_gives_no_sound():
    assert budget(60.0, 3, 1000) is None


@pytest.mark.parametrize("rate", [32000, 44100, 48000])
def test_mp3_is_never_larger_than_foreseen(rate):
    for kbps in BITRATES_KBPS:
        size = len(encode_mp3(noise(3.0, rate=rate), kbps))
        assert 0.85 * encoded_bytes(3.0, kbps) < size <= encoded_bytes(3.0, kbps)


def test_six_minutes_fit_a_page(tmp_path, monkeypatch):
    """With what the encoder would return at most: the test above holds that bound."""
    monkeypatch.setattr(players, "encode_mp3", lambda audio, kbps: "m" * encoded_bytes(audio.length_s, kbps))
    song = Audio(np.tile(noise(5.0, rate=8000).samples, 72), 8000)
    tracks = [Track(name=f"track {n}", audio="a.wav", devices=(Device(device="eq"),) * 4) for n in range(40)]
    metrics = {"null_db": -3.0}
    page = Page("six minutes", session_of(song, *tracks), song, song, song, metrics=metrics)
    write_report(tmp_path / "report.html", page)
    size = (tmp_path / "report.html").stat().st_size
    assert 0.7 * PAGE_BYTES < size <= PAGE_BYTES
    assert "MP3 at 96 kbit/s" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.long
def test_six_minutes_fit_a_page_as_encoded(tmp_path):
    song = noise(360.0)
    write_report(tmp_path / "report.html", Page("six minutes", session_of(song), song, song, song))
    assert 0.7 * PAGE_BYTES < (tmp_path / "report.html").stat().st_size <= PAGE_BYTES


def test_players_are_equally_loud_and_do_not_clip():
    beats = sine(500.0, 6.0).stereo().samples * 0.9
    beats *= np.arange(beats.shape[1]) % (RATE // 2) < RATE // 100  # peaks far above its loudness
    white = noise(6.0).samples
    dark = sum(np.roll(white, shift, axis=1) for shift in range(8))  # MP3 keeps nothing above 19 kHz
    signals = {"reference": dark * 0.05, "recovered": dark, "sum": beats}
    signals = {key: Audio(samples, RATE) for key, samples in signals.items()}
    made = make_players(signals, ROOM)
    heard = [decode(player.source) for player in made.players]
    loudness = [loudness_lufs(samples, RATE) for samples in heard]
    assert max(loudness) - min(loudness) < 0.1
    assert made.loudness_lufs - 0.5 < min(loudness)  # the encoder turns all of them down a little
    assert max(np.abs(samples).max() for samples in heard) <= 1.0
    assert len({samples.shape for samples in heard}) == 1


def test_silence_is_played_unmatched():
    silence = Audio(np.zeros((2, RATE)), RATE)
    made = make_players({"reference": silence, "recovered": noise(1.0, 3.0)}, ROOM)
    assert made.loudness_lufs is None and made.gains_db == {"reference": 0.0, "recovered": 0.0}
    assert np.abs(decode(made.players[1].source)).max() <= 1.2  # full scale, and what the code overshoots


def test_long_song_is_cut_to_its_loudest_part(monkeypatch):
    monkeypatch.setattr(players, "encode_mp3", lambda audio, kbps: "")
    quiet = noise(20.0, 0.01, rate=8000)
    quiet.samples[:, 12 * 8000 : 15 * 8000] *= 30
    monkeypatch.setattr(players, "EXCERPT_S", 3.0)
    made = make_players({"recovered": quiet}, encoded_bytes(4.0, 192))
    assert made.is_excerpt and (made.start_s, made.length_s) == (12.0, 3.0)


def decode(source: str) -> np.ndarray:
    data = base64.b64decode(source.removeprefix("data:audio/mpeg;base64,"))
    return soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)[0].T


# Charts: numbers from theory


def test_sine_stands_in_its_band_with_its_power():
    bands = band_powers(sine(1000.0), 3, 1)
    assert bands.centres_hz[bands.mean_db().argmax()] == 1000.0
    assert bands.mean_db().max() == pytest.approx(10 * np.log10(0.5), abs=0.1)


def test_white_noise_rises_3_db_per_octave():
    bands = band_powers(noise(20.0), 1, 1)
    levels = bands.mean_db()[2:-1]
    assert np.diff(levels) == pytest.approx(10 * np.log10(2.0), abs=0.5)


def test_level_over_time_of_a_sine():
    seconds, level_db = level_over_time(sine(441.0), 100)
    assert level_db == pytest.approx(-3.01, abs=0.02)
    assert seconds == pytest.approx(0.2 + 0.4 * np.arange(10))


def test_difference_picture_shows_the_gain():
    before = noise(2.0)
    louder = Audio(before.samples * 2.0, RATE)
    difference = level_difference_db(band_powers(before, 9, 50), band_powers(louder, 9, 50))
    assert difference == pytest.approx(6.02, abs=0.01)
    assert not level_difference_db(*[band_powers(before, 9, 50)] * 2).any()


def test_chart_keeps_texts_and_classes_and_nothing_of_matplotlibs_own():
    label = '$x_1$ \\alpha <b>&" in dB'
    line = Line("recovered", "r", np.array([100.0, 1000.0, 5000.0]), np.array([1.0, np.nan, np.inf]))
    svg = line_chart('"><b>', [line], frequency_axis(25.0, 16000.0), linear_axis(label, -6.0, 6.0))
    chart = Elements(str(svg))
    assert label in chart.text and "20k" not in chart.text and "10k" in chart.text
    assert chart.elements[0] == (
        "svg",
        {"class": "chart", "viewbox": "0 0 560 250", "role": "img", "aria-label": '"><b>'},
    )
    assert {attrs["class"] for _, attrs in chart.elements[1:]} == {"grid", "x", "y", "zero", "line recovered"}
    assert not {"id", "style", "clip-path"} & {name for _, attrs in chart.elements for name in attrs}
    (path,) = [attrs["d"] for _, attrs in chart.elements if attrs["class"] == "line recovered"]
    assert path.count("M") == 1 and path.endswith("h0.01")  # a dot, and gaps for what is not finite


def test_difference_chart_holds_the_pixels():
    pixels = np.array([[12.0, 0.0, -30.0], [0.0, 0.0, 0.0]])
    svg = difference_chart("d", pixels, 12.0, time_axis(0.0, 30.0), frequency_axis(25.0, 16000.0))
    (image,) = [attrs for tag, attrs in Elements(str(svg)).elements if tag == "image"]
    with Image.open(io.BytesIO(base64.b64decode(image["href"].removeprefix("data:image/png;base64,")))) as png:
        shown = np.asarray(png.convert("RGBA"))
    assert shown.shape == (2, 3, 4)
    (row,) = np.flatnonzero(shown[..., 3].any(axis=1))
    louder, equal, quieter = shown[row]
    assert equal[3] == 0 and louder[3] == quieter[3] == 255
    assert louder[0] > louder[2] and quieter[2] > quieter[0]
    across, _, _, down, left, top = map(float, image["transform"].removeprefix("matrix(").rstrip(")").split())
    assert across > 0 and left == pytest.approx(64)
    assert down * (row + 0.5) + top > down * (1.5 - row) + top  # the first row stands lower on the page


def test_ticks_are_round_and_span_the_axis():
    assert list(linear_axis("", -13.0, 47.0).locator.tick_values(0, 1)) == [-20, -10, 0, 10, 20, 30, 40, 50]
    steps = linear_axis("step", 0, 3, is_integer=True)
    assert (steps.minimum, steps.maximum) == (0, 3) and list(steps.locator.tick_values(0, 3)) == [0, 1, 2, 3]
    texts = Elements(str(line_chart("d", [], time_axis(0.0, 200.0), linear_axis("", 0.0, 1.0)))).text
    assert texts.startswith("0:000:301:001:302:002:303:00time")


# Tables


EQ = get_device("eq")
CHOICE = ParameterSpec("mode", 0.0, 2.0, 0.0, curve="stepped", steps=(0.0, 1.0, 2.0), choices=("A", "B", "C"))


@pytest.mark.parametrize(
    "spec, found, true, found_text, difference",
    [
        (EQ.parameter("bell_1_gain_db"), -3.5, -2.0, "-3.50 dB", "-1.50 dB"),
        (EQ.parameter("bell_1_hz"), 1200.0, 1000.0, "1.2 kHz", "+20 %"),
        (get_device("pan").parameter("pan_lr"), -0.25, 0.05, "25 % left", "30 % left"),
        (get_device("pan").parameter("pan_lr"), 0.0, 0.0, "centre", "none"),
        (get_device("reverb").parameter("wet_0to1"), 0.35, 0.3, "35 %", "+5 %"),
        (get_device("compressor").parameter("ratio"), 4.0, 4.0, "4 : 1", "none"),
        (get_device("compressor").parameter("attack_s"), 0.01, 0.02, "10 ms", "-50 %"),
        (get_device("polarity").parameter("inverted"), 1.0, 0.0, "on", "differs"),
        (CHOICE, 2.0, 2.0, "C", "same"),
    ],
)
def test_values_read_as_a_person_reads_them(spec, found, true, found_text, difference):
    assert value_text(spec, found) == found_text
    assert difference_text(spec, found, true) == difference


def test_labels_come_from_the_plugin_or_the_name():
    assert parameter_label(EQ.parameter("low_shelf_gain_db")) == "Low shelf gain"
    assert parameter_label(EQ.parameter("bell_1_hz")) == "Bell 1 frequency"
    assert parameter_label(ParameterSpec("gain", 0.0, 1.0, 0.0, label="Gain (L)")) == "Gain (L)"


def test_truth_is_shown_only_where_it_fits():
    found = session_of(noise(0.1), Track(name="a", audio="a.wav", devices=(Device(device="gain"),)))
    louder = found.tracks[0].model_copy(update={"devices": (Device(device="gain", values={"gain_db": 6.0}),)})
    (table,) = track_tables(found, found.with_tracks([louder]), {})
    (row,) = table.devices[0].rows
    assert (row.found, row.true, row.difference) == ("+0.00 dB", "+6.00 dB", "-6.00 dB")
    other = found.tracks[0].model_copy(update={"devices": (Device(device="eq"),)})
    (table,) = track_tables(found, found.with_tracks([other]), {})
    assert table.devices[0].rows[0].true == "" and table.devices[1].rows[0].true == "+0.00 dB"


def test_metrics_mark_the_best_and_leave_out_the_undefined():
    row = {"mae": 0.1, "mrsd": 1.0, "null_db": -20.0, "loudness_difference_lu": -0.5, "normalised": None}
    baseline = {**row, "null_db": None, "mrsd": 2.0, "loudness_difference_lu": 0.2}
    found, other = metrics_rows({**row, "baselines": {"plain_sum": baseline}})
    assert found.cells[0] == ("-20.0 dB", False)  # nothing to be better than
    assert found.cells[1] == ("1.000", True) and other.cells[1] == ("2.000", False)
    assert found.cells[3][1] is False and other.cells[3] == ("+0.20 LU", True)
    assert other.name == "Plain sum" and other.cells[0] == ("–", False) and found.cells[4] == ("–", False)
    assert metrics_rows({}) == []


# The page


@pytest.mark.parametrize(
    "null_db, words", [(-12.34, "12.3 dB below"), (2.0, "2.0 dB above"), (-400.0, "same in every")]
)
def test_summary_says_how_close_it_came(null_db, words):
    audio = noise(0.1)
    lines = summary_lines(Page("t", session_of(audio), audio, audio, metrics={"null_db": null_db}))
    assert len(lines) == 3 and words in lines[1]


class Elements(HTMLParser):
    """Every element of a page, and its text."""

    def __init__(self, html: str):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize(
    "name", ["</script><script>x", '" onload="x', "'><b>", "&amp;", "🥁\u202e", "{{ 7 * 7 }}", "a\nb"]
)
def test_hostile_names_stay_text(name):
    audio = noise(0.5)
    eq = Device(device="eq")
    session = session_of(audio, Track(name=name, audio="a.wav", devices=(eq,))).model_copy(update={"name": name})
    made = Provenance(dawbridge=name, method=name, chain=name, versions={name: name}, plugin_sha256={name: name})
    metrics = {"null_db": -1.0, "baselines": {name: {"null_db": 0.0}}, "stages": {name: {}}, "notes": [name]}
    more = {"losses": {name: [Loss(name, name, name)]}, "notes": [name], "curves": {name: [1.0, 2.0]}}
    session = session.model_copy(update={"made_by": made})
    hostile = Elements(render_html(Page(name, session, audio, audio, audio, {name: audio}, metrics, **more)))
    tame_session = session_of(audio, Track(name="n", audio="a.wav", devices=(eq,)))
    tame_session = tame_session.model_copy(
        update={"made_by": Provenance(**{**made.model_dump(), "versions": {"n": "n"}})}
    )
    tame_metrics = {**metrics, "baselines": {"n": {"null_db": 0.0}}, "stages": {"n": {}}, "notes": ["n"]}
    tame_more = {"losses": {"n": [Loss("n", "n", "n")]}, "notes": ["n"], "curves": {"n": [1.0, 2.0]}}
    tame = Elements(render_html(Page("n", tame_session, audio, audio, audio, {"n": audio}, tame_metrics, **tame_more)))
    shape = lambda page: [(tag, sorted(attrs)) for tag, attrs in page.elements]  # noqa: E731
    assert shape(hostile) == shape(tame)
    assert hostile.text.count(name) > 10


def test_page_fetches_nothing_and_names_what_it_runs():
    audio = noise(0.5)
    html = render_html(Page("t", session_of(audio), audio, audio, audio))
    page = Elements(html)
    addresses = [value for _, attrs in page.elements for key, value in attrs.items() if key in ("src", "href")]
    assert addresses and all(value.startswith(("data:", "#")) for value in addresses)
    assert "http:" not in html and "https:" not in html and "url(" not in html and "@import" not in html
    assert not any(key.startswith("on") or key == "style" for _, attrs in page.elements for key in attrs)
    policy = next(attrs["content"] for tag, attrs in page.elements if attrs.get("http-equiv"))
    for kind, tag in (("script-src", "script"), ("style-src", "style")):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("rate", [8000, 22050, 96000, 384000])
@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_any_rate_and_length_makes_a_page(rate, seconds):
    audio = noise(seconds, rate=rate)
    html = render_html(Page("t", session_of(audio), audio, audio, audio))
    assert html.count("<audio") == 3


def test_page_without_reference_sum_tracks_or_metrics():
    audio = Audio(np.zeros((1, RATE)), RATE)
    html = render_html(Page("t", session_of(audio).model_copy(update={"made_by": None}), audio))
    assert html.count("<audio") == 1 and "no reference mix" in html and "no tracks" in html


def test_same_page_twice_is_the_same_text():
    audio = noise(0.5)
    page = Page("t", session_of(audio), audio, audio, curves={"loss": [1.0, float("nan"), 0.5]})
    assert render_html(page) == render_html(page)
