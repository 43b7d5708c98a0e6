"""Clips, buses, sends and the master as rendered, against the same in plain numpy."""

import numpy as np
import pytest
import soundfile

from dawbridge.render import Farm, render_session
from dawbridge.session import Bus, Device, Master, Send, Session, Sidechain, Track
from plain_mix import WITHIN, db
from strip_jobs import RATE, noise

pytest_plugins = ("plain_fixtures",)

LENGTH = 1500


@pytest.fixture(scope="module")
def farm():
    """Two workers for the whole file."""
    with Farm(2) as farm:
        yield farm


def session(*channels, **fields) -> Session:
    tracks = tuple(channel for channel in channels if isinstance(channel, Track))
    buses = tuple(channel for channel in channels if isinstance(channel, Bus))
    return Session(**dict(sample_rate=RATE, length_samples=LENGTH) | fields, tracks=tracks, buses=buses)


def stereo(name="stereo", file="stereo.wav", **fields) -> Track:
    return Track(name=name, audio=file, **fields)


def mono(name="mono", **fields) -> Track:
    return Track(name=name, audio="mono.wav", channels=1, **fields)


def louder(gain_db: float, **fields) -> Device:
    return Device(device="gain", values={"gain_db": gain_db}, **fields)


INVERTED = Device(device="polarity", values={"inverted": 1.0})

# Buses and sends


def test_buses_three_deep(check):
    check(
        session(
            stereo("kick", output="drums", fader_db=-3.0, pan_lr=-0.5),
            mono("snare", output="drums", fader_db=2.0, pan_lr=0.7),
            stereo("bass", "other.wav", output="band"),
            stereo("vox", "other.wav", fader_db=-10.0, is_inverted=True),
            Bus(name="all", fader_db=-1.0, trim_db=-6.0),
            Bus(name="drums", output="band", devices=(louder(-4.0), INVERTED), fader_db=1.5, pan_lr=0.25),
            Bus(name="band", output="all", devices=(louder(3.0),), pan_lr=-0.75, is_inverted=True),
        )
    )


@pytest.mark.parametrize("is_pre_fader", [True, False])
@pytest.mark.parametrize("make", [stereo, mono])
def test_sends_leave_before_the_fader_or_after_fader_and_pan(check, make, is_pre_fader):
    sent = Send(to="room", gain_db=-5.0, pan_lr=0.4, is_pre_fader=is_pre_fader)
    check(
        session(
            make("a", fader_db=-7.0, pan_lr=-0.6, devices=(louder(2.0),), trim_db=1.0, sends=(sent,)),
            Bus(name="room", devices=(louder(-3.0),), fader_db=4.0),
        )
    )


def test_many_sends_of_one_channel_to_one_bus_and_from_bus_to_bus(check):
    check(
        session(
            stereo("a", output="room", sends=(Send(to="room"), Send(to="room", gain_db=-6.0), Send(to="hall"))),
            Bus(name="room", sends=(Send(to="hall", pan_lr=-1.0, is_pre_fader=True),), fader_db=-12.0),
            Bus(name="hall", fader_db=-6.0),
        )
    )


def test_a_muted_send_and_a_muted_channel_send_nothing(check):
    rendered = check(
        session(
            stereo("a", sends=(Send(to="room", is_muted=True), Send(to="hall"))),
            mono("b", is_muted=True, sends=(Send(to="room"), Send(to="hall", is_pre_fader=True))),
            Bus(name="room"),
            Bus(name="hall"),
        )
    )
    assert not rendered.stems["room"].samples.any() and rendered.wet["b"].samples.any()


def test_a_muted_bus_is_silent_though_it_is_fed(check):
    rendered = check(
        session(
            stereo("a", output="room", sends=(Send(to="hall"),)), mono("b"), Bus(name="room", is_muted=True),
            Bus(name="hall", is_muted=True),
        )
    )  # fmt: skip
    np.testing.assert_array_equal(rendered.mix.samples, rendered.stems["b"].samples)
    assert rendered.wet["room"].samples.any()


# The master


def test_the_masters_devices_and_fader_come_last(check):
    master = Master(devices=(louder(6.0), INVERTED, louder(3.0, is_bypassed=True)), fader_db=-2.0, pan_lr=0.3)
    check(session(stereo(), mono(pan_lr=-1.0), master=master))


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 24, 30])
def test_stems_that_go_to_the_master_add_up_to_the_mix(check, count):
    tracks = [(stereo if n % 3 else mono)(f"{n}", pan_lr=n / 20 - 1, fader_db=-n / 2) for n in range(count)]
    grouped = [t.model_copy(update={"output": "group", "sends": (Send(to="room"),)}) for t in tracks[::2]]
    made = session(*tracks[1::2], *grouped, Bus(name="group", fader_db=-3.0), Bus(name="room", fader_db=-9.0))
    rendered = check(made)
    to_master = [channel.name for channel in made.channels if channel.output == "master"]
    total = sum(rendered.stems[name].samples.astype(np.float64) for name in to_master)
    np.testing.assert_allclose(rendered.mix.samples, total, atol=WITHIN)


def test_two_hundred_tracks(farm, folder):
    tracks = [
        stereo(f"{n}", start_samples=n, fader_db=-20.0, output="group" if n % 2 else "master") for n in range(200)
    ]
    made = session(*tracks, Bus(name="group", fader_db=-1.0))
    samples, wanted = noise(1000, 1).astype(np.float64), np.zeros((2, LENGTH))
    for n in range(200):
        wanted[:, n : n + 1000] += samples * db(-21.0 if n % 2 else -20.0)
    np.testing.assert_allclose(render_session(made, folder, farm).mix.samples, wanted, atol=WITHIN)


# Solo


def test_solo_of_a_bus_is_heard_with_its_feeders_through_it_alone(farm, folder):
    made = session(
        stereo("a", sends=(Send(to="room", gain_db=-6.0),)),
        mono("b", output="drums"),
        Bus(name="room", is_soloed=True),
        Bus(name="drums"),
    )
    rendered = render_session(made, folder, farm)
    wanted = np.zeros((2, LENGTH))
    wanted[:, :1000] = noise(1000, 1) * db(-6.0)
    np.testing.assert_allclose(rendered.mix.samples, wanted, atol=WITHIN)
    stems = {name: rendered.stems[name].samples for name in rendered.stems}
    assert not stems["a"].any() and not stems["b"].any() and not stems["drums"].any()
    np.testing.assert_array_equal(stems["room"], rendered.mix.samples)


def test_solo_of_a_track_takes_the_rest_out_and_mute_wins(farm, folder):
    made = session(stereo("a", is_soloed=True), mono("b"), stereo("c", is_soloed=True, is_muted=True))
    rendered = render_session(made, folder, farm)
    np.testing.assert_array_equal(rendered.mix.samples, rendered.stems["a"].samples)
    assert (
        rendered.mix.samples.any() and not rendered.stems["b"].samples.any() and not rendered.stems["c"].samples.any()
    )


# Sidechains


@pytest.mark.parametrize("is_muted", [False, True])
@pytest.mark.parametrize("is_pre_fader", [True, False])
@pytest.mark.parametrize("gain_db", [0.0, -13.0])
def test_a_sidechain_sounds_on_when_its_source_is_muted(farm, folder, is_muted, is_pre_fader, gain_db):
    """Very slow devices stand still: the level of a constant tells the gain."""
    soundfile.write(folder / "level.wav", np.full((RATE // 2, 2), 0.5), RATE, subtype="FLOAT")
    side = Sidechain(source="key", is_pre_fader=is_pre_fader, gain_db=gain_db)
    values = dict(threshold_db=-40.0, ratio=4.0, attack_s=0.0005, release_s=0.01)
    ducked = Device(device="sidechain_compressor", values=values, sidechain=side)
    made = session(
        stereo("ducked", "level.wav", devices=(ducked,)),
        stereo("key", "level.wav", fader_db=-10.0, trim_db=-2.0, is_muted=is_muted),
        length_samples=RATE // 2,
    )
    level_db = 20 * np.log10(0.5) - 2.0 + gain_db - (0.0 if is_pre_fader else 10.0)
    wanted = 0.5 * db(-(level_db + 40) * (1 - 1 / 4))
    stem = render_session(made, folder, farm).stems["ducked"].samples
    np.testing.assert_allclose(stem[:, -100:], wanted, rtol=1e-4)


def test_a_device_whose_sidechain_is_missing_is_left_alone(farm, folder):
    ducked = Device(device="sidechain_compressor", values={"threshold_db": -60.0, "ratio": 20.0})
    rendered = render_session(session(stereo(devices=(ducked,))), folder, farm)
    np.testing.assert_allclose(rendered.mix.samples[:, :1000], noise(1000, 1), atol=WITHIN)


# What is not there


def test_odd_sessions(check):
    check(session())
    check(session(Bus(name="alone", devices=(louder(3.0),)), master=Master(devices=(louder(6.0),))))
    check(session(stereo(is_muted=True), mono(is_muted=True)))
    check(session(stereo(), length_samples=1))


def test_no_sound_gives_silence_through_everything(farm, folder):
    devices = tuple(Device(device=name) for name in ("eq", "compressor", "reverb", "sidechain_compressor"))
    made = session(Bus(name="room", devices=devices), master=Master(devices=devices))
    rendered = render_session(made, folder, farm)
    assert not rendered.mix.samples.any() and not rendered.stems["room"].samples.any()
