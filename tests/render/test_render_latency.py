"""Latency: real plugins that look ahead stand in time on every way through a session, to the sample.

Below its threshold a limiter does nothing but look ahead: it is a delay, and taking that off leaves the sound as it
was. So a way through it and a dry one cancel each other.
"""

import numpy as np
import pytest
import soundfile

from dawbridge.devices import get_device
from dawbridge.errors import InputError
from dawbridge.paths import find_plugin_file
from dawbridge.render import Farm, render_session
from dawbridge.session import Automation, Bus, Device, Master, Point, Send, Session, Sidechain, Track
from neural_device import RATE as NEURAL_RATE
from neural_device import delay, write_device
from strip_jobs import RATE, noise

# What they report, per sample rate.
LATE = {
    "za_maxim_x2": {44100: 480, 48000: 480, 96000: 480},
    "lsp_limiter_stereo": {44100: 220, 48000: 240, 96000: 480},
}
LENGTH = 9000
QUIETEST_DB = -140.0
QUIET = 0.05  # below any of their thresholds


@pytest.fixture(scope="module")
def farm():
    """Two workers for the whole file."""
    with Farm(2) as farm:
        yield farm


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where `noise.wav` lies, at three rates."""
    folder = tmp_path_factory.mktemp("late")
    for rate in (44100, 48000, 96000):
        (folder / f"{rate}").mkdir()
        soundfile.write(folder / f"{rate}" / "noise.wav", QUIET * noise(LENGTH).T, rate, subtype="FLOAT")
    return folder


@pytest.fixture(params=LATE)
def late(request) -> str:
    """A device with latency, if its plugin is here."""
    return need(request.param)


def need(name: str) -> str:
    if find_plugin_file(get_device(name).file_name) is None:
        pytest.skip("plugin missing: run tools/fetch_plugins")
    return name


def session(*channels, rate=RATE, **fields) -> Session:
    tracks = tuple(channel for channel in channels if isinstance(channel, Track))
    buses = tuple(channel for channel in channels if isinstance(channel, Bus))
    fields = dict(sample_rate=rate, length_samples=LENGTH) | fields
    return Session(**fields, tracks=tracks, buses=buses)


def track(name: str, *devices, **fields) -> Track:
    return Track(name=name, audio="noise.wav", devices=tuple(Device(device=device) for device in devices), **fields)


def bus(name: str, *devices, **fields) -> Bus:
    return Bus(name=name, devices=tuple(Device(device=device) for device in devices), **fields)


def null_db(samples: np.ndarray, wanted: np.ndarray) -> float:
    """Level of what is left, relative to what was wanted; the whole of it, the first and last samples included."""
    power = [np.mean(np.square(part, dtype=np.float64)) for part in (samples, wanted)]
    return 10 * np.log10(power[0] / power[1] + 1e-30)


def lag_samples(samples: np.ndarray, dry: np.ndarray) -> int:
    """Where the cross-correlation peaks."""
    size = 2 * len(dry)
    found = np.fft.irfft(np.fft.rfft(samples, size) * np.conj(np.fft.rfft(dry, size)))
    return (int(np.argmax(np.abs(found))) + size // 2) % size - size // 2


# Parallel ways: one through the plugin, one beside it with its polarity turned

WAYS = {
    "a track": lambda late: [track("dry", is_inverted=True), track("wet", late)],
    "two in a row": lambda late: [track("dry", is_inverted=True), track("wet", late, "gain", late)],
    "a bus": lambda late: [track("dry", is_inverted=True), track("wet", output="group"), bus("group", late)],
    "a send's bus": lambda late: [
        track("both", sends=(Send(to="room"),)),
        bus("room", late, is_inverted=True),
    ],
    "a send's bus before the fader": lambda late: [
        track("both", late, fader_db=-120.0, output="nowhere", sends=(Send(to="room", is_pre_fader=True),)),
        bus("room", late, is_inverted=True),
        bus("nowhere", is_muted=True),
        track("dry"),
    ],
    "buses three deep": lambda late: [
        track("wet", late, output="a"),
        bus("a", late, output="b"),
        bus("b", output="c"),
        bus("c", late, is_inverted=True),
        track("dry"),
    ],
}


@pytest.mark.parametrize("block_size", [64, 512, 4096])
@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_a_plugin_that_looks_ahead_is_in_time(farm, folder, late, rate, block_size):
    made = session(*WAYS["a track"](late), rate=rate)
    rendered = render_session(made, folder / f"{rate}", farm, block_size=block_size)
    assert rendered.latencies == {"dry": 0, "wet": LATE[late][rate]}
    assert null_db(rendered.mix.samples, rendered.wet["wet"].samples) < QUIETEST_DB
    for side in (0, 1):
        assert lag_samples(rendered.wet["wet"].samples[side], rendered.dry["wet"].samples[side]) == 0


@pytest.mark.parametrize("way", list(WAYS)[1:])
def test_parallel_ways_cancel(farm, folder, late, way):
    rendered = render_session(session(*WAYS[way](late)), folder / f"{RATE}", farm)
    assert null_db(rendered.mix.samples, QUIET * noise(LENGTH)) < QUIETEST_DB
    assert max(rendered.latencies.values()) > 0


@pytest.mark.parametrize("length", [1, 100, 239, 240, 241, 480, 481])
def test_sounds_shorter_than_the_latency_come_out_whole(farm, folder, late, length):
    rendered = render_session(session(track("t", late), length_samples=length), folder / f"{RATE}", farm)
    np.testing.assert_allclose(rendered.mix.samples, QUIET * noise(LENGTH)[:, :length], atol=1e-8)


def test_the_masters_latency_is_taken_off_too(farm, folder, late):
    made = session(track("t"), master=Master(devices=(Device(device=late),)))
    rendered = render_session(made, folder / f"{RATE}", farm)
    np.testing.assert_allclose(rendered.mix.samples, QUIET * noise(LENGTH), atol=1e-8)


# Sidechains: a key that begins at a sample turns the gain down there

KEY_AT = 5000
DUCK = {
    "sidechain_compressor": dict(threshold_db=-40.0, ratio=20.0, attack_s=0.0005),
    "zam_comp_x2_sidechain": dict(threshold_db=-40.0, ratio=20.0, attack_s=0.0005, sidechain=1.0),
    "lsp_sidechain_compressor_stereo": dict(sct=2.0, al_db=-40.0, cr=20.0, at_s=0.0005),
}


@pytest.fixture(scope="module")
def key(folder):
    """`key.wav`: silence, then a loud noise from KEY_AT on, still below the limiters' thresholds."""
    samples = 0.4 * noise(LENGTH, 8)
    samples[:, :KEY_AT] = 0.0
    soundfile.write(folder / f"{RATE}" / "key.wav", samples.T, RATE, subtype="FLOAT")
    return "key.wav"


def ducked(*before: str, device: str, **fields) -> Track:
    """A track whose last device the key steers."""
    chain = [Device(device=name) for name in before]
    steered = Device(device=device, values=DUCK[device], sidechain=Sidechain(source="key"))
    return Track(name="ducked", audio="noise.wav", devices=(*chain, steered), **fields)


@pytest.mark.parametrize("device", DUCK)
def test_a_sidechain_is_in_time_whatever_looks_ahead_before_it_or_on_its_source(farm, folder, key, late, device):
    """With the plugin before the steered device, with it on the key, with both: the same as without."""
    need(device) if get_device(device).is_hosted else None
    keys = [Track(name="key", audio=key, is_muted=True, devices=row) for row in ((), (Device(device=late),))]
    plain, *others = (
        render_session(session(ducked(*before, device=device), source), folder / f"{RATE}", farm).mix.samples
        for before, source in [((), keys[0]), ((late,), keys[0]), ((), keys[1]), ((late,), keys[1])]
    )
    dry = QUIET * noise(LENGTH)
    np.testing.assert_allclose(plain[:, :KEY_AT], dry[:, :KEY_AT], atol=1e-6)
    down_db = 10 * np.log10(np.mean(plain[:, KEY_AT + 1000 :] ** 2) / np.mean(dry[:, KEY_AT + 1000 :] ** 2))
    assert down_db < -15
    first = int(np.flatnonzero(np.abs(plain - dry).max(axis=0) > 1e-4 * QUIET)[0])
    assert KEY_AT <= first < KEY_AT + 30
    for other in others:
        assert null_db(other - plain, plain) < QUIETEST_DB


# Automation behind a plugin that looks ahead


def test_automation_behind_a_late_device_acts_in_time(farm, folder, late):
    """Within a block of 64 of the sample on the timeline, and never early."""
    for at in (3000, 3001, 3040, 4096):
        points = (Point(time=0, value=0.0, shape="hold"), Point(time=at / RATE, value=-20.0))
        moved = Device(device="gain", automation={"gain_db": Automation(points=points)})
        made = session(Track(name="t", audio="noise.wav", devices=(Device(device=late), moved)))
        samples, dry = render_session(made, folder / f"{RATE}", farm).mix.samples, QUIET * noise(LENGTH)
        first = int(np.flatnonzero((np.abs(samples) < 0.5 * np.abs(dry)).all(axis=0))[0])
        assert at <= first < at + 64


def test_a_look_ahead_that_moves_is_refused_and_one_that_stands_is_taken_off(farm, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DAWBRIDGE_DATA", str(tmp_path))
    name = need("lsp_compressor_stereo")
    fixed = Device(device=name, values={"sla_s": 0.01})
    rendered = render_session(session(Track(name="t", audio="noise.wav", devices=(fixed,))), folder / f"{RATE}", farm)
    assert rendered.latencies == {"t": 480}
    np.testing.assert_allclose(rendered.mix.samples, QUIET * noise(LENGTH), atol=1e-7)
    moved = Automation(points=(Point(time=0, value=0.01), Point(time=0.1, value=0.0)))
    made = session(Track(name="t", audio="noise.wav", devices=(Device(device=name, automation={"sla_s": moved}),)))
    with pytest.raises(InputError, match="automation of Compressor Stereo sla_s: changes the latency while it runs"):
        render_session(made, folder / f"{RATE}", farm)
    assert not list(tmp_path.iterdir()), "that is no fault of the plugin"


# Networks


@pytest.fixture
def thing(tmp_path, monkeypatch):
    """A neural device that answers 200 samples late, and says so."""
    monkeypatch.setenv("DAWBRIDGE_DATA", str(tmp_path))
    write_device(tmp_path, delay(200), latency_samples=200)
    yield "thing"


@pytest.mark.parametrize("way", list(WAYS))
def test_a_network_that_answers_late_is_in_time(farm, folder, thing, way):
    rendered = render_session(session(*WAYS[way](thing), rate=NEURAL_RATE), folder / f"{NEURAL_RATE}", farm)
    assert null_db(rendered.mix.samples, QUIET * noise(LENGTH)) < -120


def test_a_sidechain_behind_a_network_is_in_time(farm, folder, key, thing):
    late = need("za_maxim_x2")
    plain, other = (
        render_session(
            session(ducked(*before, device="sidechain_compressor"), Track(name="key", audio=key, is_muted=True)),
            folder / f"{RATE}",
            farm,
        ).mix.samples
        for before in [(), (late, thing, late)]
    )
    # The network runs at 44.1 kHz: what is left is what resampling to it takes.
    low = [np.fft.rfft(samples)[:, : LENGTH * 18000 // RATE] for samples in (other - plain, plain)]
    assert 20 * np.log10(np.abs(low[0]).sum() / np.abs(low[1]).sum()) < -50
