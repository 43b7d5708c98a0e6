"""The report in a real browser: players switch in place, no request, no complaint."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pytest
from PIL import Image

from dawbridge.audio import Audio
from dawbridge.report import Page, write_report
from dawbridge.session import Device, Session, Track
from devtools import Browser

RATE = 44100
LENGTH_S = 12.0
STATE = """[...document.querySelectorAll("audio")].map(a => (
    {signal: a.dataset.signal, at: a.currentTime, muted: a.muted, paused: a.paused, length: a.duration}))"""
HOSTILE = "<script>document.title = 'hacked'</script>\"'><img src=x onerror=\"document.title='no'\">\u202e🥁"


def tone(frequency_hz: float, level: float) -> Audio:
    time_s = np.arange(round(LENGTH_S * RATE)) / RATE
    return Audio(np.tile(level * np.sin(2 * np.pi * frequency_hz * time_s), (2, 1)), RATE)


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    mixes = {"reference": tone(440, 0.3), "estimate": tone(550, 0.1), "baseline_sum": tone(660, 0.8)}
    device = Device(device="eq", values={"bell_1_gain_db": 3.0})
    tracks = (Track(name=HOSTILE, audio="a.wav", devices=(device,)), Track(name="x" * 300, audio="b.wav"))
    session = Session(sample_rate=RATE, length_samples=round(LENGTH_S * RATE), tracks=tracks)
    metrics = {"null_db": -12.0, "mrsd": 1.0, "mae": 0.1, "baselines": {"sum": {"null_db": -1.0}}}
    curves = {"training loss": [3.0, 2.0, None, 1.0]}
    more = {"metrics": metrics, "true_values": session, "curves": curves, "notes": [HOSTILE]}
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, Page(HOSTILE, session, **mixes, **more))
    return path.as_uri()


@pytest.fixture
def browser(chromium: str, tmp_path: Path):
    with Browser(chromium, tmp_path / "profile") as browser:
        yield browser


def heard(browser: Browser) -> list[str]:
    return [audio["signal"] for audio in browser.evaluate(STATE) if not audio["muted"]]


def positions(browser: Browser) -> list[float]:
    return [audio["at"] for audio in browser.evaluate(STATE)]


def test_players_switch_without_moving(browser: Browser, page_url: str):
    browser.open(page_url)
    assert [audio["length"] for audio in browser.evaluate(STATE)] == pytest.approx([LENGTH_S] * 3, abs=0.1)
    assert heard(browser) == ["reference"]

    browser.press(" ")
    browser.listen(1.0)
    assert not any(audio["paused"] for audio in browser.evaluate(STATE))
    assert min(positions(browser)) > 0.3
    assert browser.evaluate("document.getElementById('play').getAttribute('aria-label')") == "Pause"

    for key, signal in (("2", "recovered"), ("3", "sum"), ("1", "reference"), ("2", "recovered")):
        before = max(positions(browser))
        browser.press(key)
        assert heard(browser) == [signal]
        pressed = browser.evaluate("document.querySelector('[aria-pressed=true] span').textContent")
        assert pressed.lower().endswith(signal)
        browser.listen(0.3)
        after = positions(browser)
        assert before < min(after) and max(after) < before + 1.5, (before, after)
        assert max(after) - min(after) < 0.1, after

    browser.press(" ")
    browser.listen(0.2)
    assert all(audio["paused"] for audio in browser.evaluate(STATE))
    stopped = positions(browser)
    assert max(stopped) - min(stopped) < 0.001
    browser.press("ArrowRight")
    assert positions(browser) == pytest.approx([stopped[0] + 5.0] * 3, abs=0.01)
    browser.press("ArrowLeft")
    assert positions(browser) == pytest.approx(stopped, abs=0.01)

    browser.click("[data-choice='2']")
    assert heard(browser) == ["sum"]
    browser.press(" ")  # plays: a button that was clicked does not take the key
    browser.listen(0.3)
    assert heard(browser) == ["sum"] and not any(audio["paused"] for audio in browser.evaluate(STATE))
    browser.click("#seek")
    assert positions(browser) == pytest.approx([LENGTH_S / 2] * 3, abs=0.7)
    assert_quiet(browser, page_url)


def test_song_ends_and_starts_again(browser: Browser, page_url: str):
    browser.open(page_url)
    browser.click("#play")
    browser.listen(0.3)
    browser.evaluate(f"document.querySelectorAll('audio').forEach(a => a.currentTime = {LENGTH_S - 0.4})")
    browser.listen(1.5)
    assert all(audio["paused"] for audio in browser.evaluate(STATE))
    browser.press(" ")
    browser.listen(0.5)
    assert 0.0 < max(positions(browser)) < 3.0
    assert_quiet(browser, page_url)


def test_focused_button_keeps_its_space_bar(browser: Browser, page_url: str):
    browser.open(page_url)
    browser.evaluate("document.querySelector('[data-choice=\"1\"]').focus()")
    browser.press(" ")
    assert heard(browser) == ["recovered"]
    assert all(audio["paused"] for audio in browser.evaluate(STATE))


def test_fits_a_phone_and_runs_nothing_foreign(browser: Browser, page_url: str):
    phone = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.call("Emulation.setDeviceMetricsOverride", **phone)
    browser.open(page_url)
    browser.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    assert browser.evaluate("document.documentElement.scrollWidth") <= 400
    assert browser.evaluate("document.querySelector('h1').textContent") == HOSTILE
    assert browser.evaluate("document.title").startswith("<script>")
    assert browser.evaluate("document.scripts.length") == 1
    assert_quiet(browser, page_url)


def test_policy_stops_requests_and_the_test_would_see_them(browser: Browser, page_url: str):
    browser.open(page_url)
    browser.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}))")
    browser.evaluate("document.body.setAttribute('onclick', 'document.title = 1'); document.body.click()")
    browser.evaluate("setTimeout(() => { throw new Error('seen') })")
    browser.listen(0.5)
    complaints = " ".join(browser.complaints())
    assert "img-src data:" in complaints and "script-src" in complaints and "Uncaught" in complaints
    assert browser.evaluate("document.title") != "1"


def test_picture_for_the_readme(chromium: str, page_url: str, tmp_path: Path):
    tool = Path(__file__).resolve().parents[2] / "tools" / "screenshot_report"
    report, out = url2pathname(urlsplit(page_url).path), tmp_path / "top.png"
    subprocess.run([sys.executable, tool, report, out], check=True, timeout=120)
    with Image.open(out) as image:
        assert image.size == (1200, 1400)
        assert len(image.convert("RGB").getcolors(1 << 24)) > 30  # not a blank page
    assert out.stat().st_size <= 400_000


def assert_quiet(browser: Browser, page_url: str) -> None:
    """No complaint, and no request but for the file itself."""
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [page_url]
