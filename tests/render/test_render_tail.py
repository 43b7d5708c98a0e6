"""Before and after the timeline: pre-roll is rendered and cut off, tails are as long as told, or as the sound is."""

import numpy as np
import pytest
import soundfile

from dawbridge.render import Farm, render_session
from dawbridge.render.graph.tail import SILENCE_DB
from dawbridge.session import Bus, Device, Master, Send, Session, Track
from dawbridge.units import db_to_gain
from strip_jobs import RATE, noise

LENGTH = 4000
REVERB = dict(wet_0to1=1.0, dry_0to1=0.0, damping_0to1=0.0)


@pytest.fixture(scope="module")
def farm():
    """Two workers for the whole file."""
    with Farm(2) as farm:
        yield farm


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where `click.wav` and `noise.wav` lie."""
    folder = tmp_path_factory.mktemp("tails")
    soundfile.write(folder / "click.wav", np.eye(LENGTH, 1), RATE, subtype="FLOAT")
    soundfile.write(folder / "noise.wav", noise(LENGTH).T, RATE, subtype="FLOAT")
    return folder


def in_a_room(decay_s: float, file="click.wav", wet=REVERB, **fields) -> Session:
    """A track, and what it sends to a bus with a reverb."""
    room = Bus(name="room", devices=(Device(device="reverb", values=wet | {"decay_s": decay_s}),))
    track = Track(name="t", audio=file, sends=(Send(to="room"),))
    return Session(**dict(sample_rate=RATE, length_samples=LENGTH) | fields, tracks=(track,), buses=(room,))


# Tails


@pytest.mark.parametrize("tail_s", [0.0, 1e-5, 0.5, 1.00001])
def test_a_tail_of_a_given_length_is_exact(farm, folder, tail_s):
    rendered = render_session(in_a_room(0.3, tail_s=tail_s), folder, farm)
    length = LENGTH + round(tail_s * RATE)
    signals = [rendered.mix, *rendered.stems.values(), *rendered.wet.values(), *rendered.dry.values()]
    assert {audio.length_samples for audio in signals} == {length}
    longer = render_session(in_a_room(0.3, tail_s=2.0), folder, farm)
    np.testing.assert_array_equal(rendered.mix.samples, longer.mix.samples[:, :length])


@pytest.mark.parametrize("decay_s", [0.1, 0.5, 2.0])
def test_an_automatic_tail_ends_where_the_sound_stays_below_90_db(farm, folder, decay_s):
    rendered = render_session(in_a_room(decay_s, tail_s="auto"), folder, farm)
    longer = render_session(in_a_room(decay_s, tail_s=2 * decay_s + 1), folder, farm).mix.samples
    peaks = np.abs(longer).max(axis=0)
    length = rendered.mix.length_samples
    assert peaks[length - 1] >= db_to_gain(SILENCE_DB) and peaks[length:].max() < db_to_gain(SILENCE_DB)
    np.testing.assert_array_equal(rendered.mix.samples, longer[:, :length])
    assert {audio.length_samples for audio in (*rendered.stems.values(), *rendered.dry.values())} == {length}


@pytest.mark.parametrize("decay_s", [0.5, 2.0])
def test_an_automatic_tail_is_as_long_as_the_decay_says(farm, folder, decay_s):
    """From the level in the first tenth of a second on, 60 dB in decay_s, to -90 dB."""
    mix = render_session(in_a_room(decay_s, tail_s="auto"), folder, farm).mix
    start = round(0.1 * RATE)
    level_db = 20 * np.log10(np.abs(mix.samples[:, start : 2 * start]).max())
    wanted_s = 0.15 + (level_db - SILENCE_DB) / 60 * decay_s
    assert mix.length_s == pytest.approx(wanted_s, rel=0.12)


def test_a_tail_that_is_longer_than_its_device_says_is_found_all_the_same(farm, folder):
    """A master that brings the last of it up."""
    made = in_a_room(3.0, tail_s="auto", master=Master(devices=(Device(device="gain", values={"gain_db": 24.0}),)))
    rendered = render_session(made, folder, farm)
    assert rendered.mix.length_s > 4.5
    end = np.abs(rendered.mix.samples[:, -RATE // 10 :]).max()
    assert db_to_gain(SILENCE_DB) <= end < db_to_gain(SILENCE_DB + 20)


@pytest.mark.parametrize("channels", [{}, {"tracks": (Track(name="t", audio="noise.wav"),)}])
def test_without_anything_that_sounds_on_there_is_no_tail(farm, folder, channels):
    made = Session(sample_rate=RATE, length_samples=LENGTH, tail_s="auto", **channels)
    assert render_session(made, folder, farm).mix.length_samples == LENGTH


def test_a_muted_room_leaves_no_tail(farm, folder):
    made = in_a_room(2.0, tail_s="auto")
    made = made.model_copy(update={"buses": (made.buses[0].model_copy(update={"is_muted": True}),)})
    assert render_session(made, folder, farm).mix.length_samples == LENGTH


# Pre-roll


@pytest.mark.parametrize("pre_roll", [1, 511, 512, 3000])
@pytest.mark.parametrize("start", [0, -700, 900])
def test_without_memory_pre_roll_changes_nothing(farm, folder, pre_roll, start):
    chain = (Device(device="gain", values={"gain_db": 3.0}), Device(device="pan", values={"pan_lr": 0.3}))
    track = Track(name="t", audio="noise.wav", devices=chain, start_samples=start, sends=(Send(to="b"),))
    made = Session(sample_rate=RATE, length_samples=LENGTH, tail_s=0.01, tracks=(track,), buses=(Bus(name="b"),))
    with_it = made.model_copy(update={"pre_roll_samples": pre_roll})
    plain, rendered = (render_session(one, folder, farm) for one in (made, with_it))
    np.testing.assert_array_equal(rendered.mix.samples, plain.mix.samples)
    for kind in ("stems", "wet", "dry"):
        for name, audio in getattr(plain, kind).items():
            np.testing.assert_array_equal(getattr(rendered, kind)[name].samples, audio.samples)


@pytest.mark.parametrize("pre_roll", [999, 2500])
def test_what_lies_before_the_timeline_rings_into_it(farm, folder, pre_roll):
    """A click 1000 samples early: heard with the pre-roll that reaches it, and then as the click's echo says."""
    late = in_a_room(0.5, length_samples=LENGTH + 1000)
    echo = render_session(late, folder, farm).stems["room"].samples[:, 1000:]
    track = late.tracks[0].model_copy(update={"start_samples": -1000})
    early = in_a_room(0.5, pre_roll_samples=pre_roll).with_tracks([track])
    samples = render_session(early, folder, farm).mix.samples
    assert samples.shape == (2, LENGTH)
    np.testing.assert_allclose(samples, echo if pre_roll > 1000 else np.zeros_like(echo), atol=1e-7)


def test_pre_roll_and_latency_go_together(farm, folder, zam_plugins):
    limited = Track(name="wet", audio="click.wav", devices=(Device(device="za_maxim_x2"),), start_samples=77)
    made = Session(sample_rate=RATE, length_samples=LENGTH, tracks=(limited,), pre_roll_samples=300, tail_s=0.02)
    samples = render_session(made, folder, farm).mix.samples
    assert samples.shape == (2, LENGTH + 960) and np.argmax(np.abs(samples[0])) == 77
