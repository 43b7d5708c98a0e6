"""A session's audio: what the plan says, where samples stand, what the channel does, and that stems are the mix."""

import base64

import numpy as np
import pytest
import soundfile

from dawbridge.errors import InputError, PluginError
from dawbridge.render import Farm, make_plan, render_session
from dawbridge.session import Device, Session, Track
from dawbridge.units import db_to_gain
from strip_jobs import RATE, noise

pytest_plugins = ("fault_plugins",)

LENGTH = 4801


@pytest.fixture(scope="module")
def farm():
    """Two workers for the whole file."""
    with Farm(2) as farm:
        yield farm


@pytest.fixture
def make(tmp_path):
    """A function (tracks, **session fields) → Session, with `stereo.wav` and `mono.wav` written."""
    soundfile.write(tmp_path / "stereo.wav", noise(LENGTH).T, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "mono.wav", noise(LENGTH, seed=2)[0], RATE, subtype="FLOAT")

    def session(*tracks: Track, **fields) -> Session:
        return Session(**{"sample_rate": RATE, "length_samples": LENGTH} | fields, tracks=tracks)

    return session


def stereo(name: str = "stereo", **fields) -> Track:
    return Track(name=name, audio="stereo.wav", **fields)


def mono(name: str = "mono", **fields) -> Track:
    return Track(name=name, audio="mono.wav", channels=1, **fields)


# The plan


def test_the_plan_prints_strips_chains_gains_and_mutes(make, tmp_path):
    chain = (Device(device="eq"), Device(device="gain", is_bypassed=True), Device(device="compressor"))
    session = make(stereo(devices=chain, fader_db=-6.0), mono(is_muted=True))
    assert str(make_plan(session, tmp_path)).splitlines() == [
        "2 strips, 4801 samples at 48000 Hz (0.10 s)",
        "  stereo: EQ → Compressor → channel (left -6.00 dB, right -6.00 dB) → mix",
        "  mono: no devices → channel (left -3.01 dB, right -3.01 dB), muted → mix",
    ]


def test_positions_count_the_bypassed_devices(make, tmp_path):
    chain = (Device(device="gain", is_bypassed=True), Device(device="eq"))
    strip, master = make_plan(make(stereo(devices=chain)), tmp_path).strips
    assert (master.name, master.positions) == ("master", ())
    assert strip.positions == (1,) and [device.name for device in strip.devices] == ["eq"]


# A plugin that is not there


def test_a_missing_plugin_is_an_error_or_left_out_by_name(make, tmp_path, farm, own_plugins):
    own_plugins("absent")
    session = make(stereo(devices=(Device(device="gain", values={"gain_db": 6.0}), Device(device="absent"))))
    with pytest.raises(PluginError, match="track 'stereo' device 2: plugin 'The absent' is missing: no absent.so"):
        make_plan(session, tmp_path)
    plan = make_plan(session, tmp_path, allows_missing=True)
    assert str(plan).splitlines()[-1] == "  bypassed, missing here: The absent on track 'stereo'"
    rendered = render_session(session, tmp_path, farm, allows_missing=True)
    assert rendered.bypassed == ("The absent on track 'stereo'",)
    np.testing.assert_allclose(rendered.mix.samples, noise(LENGTH) * db_to_gain(6.0), rtol=1e-5)


def test_a_missing_plugin_that_is_bypassed_is_not_needed(make, tmp_path, own_plugins):
    own_plugins("absent")
    plan = make_plan(make(stereo(devices=(Device(device="absent", is_bypassed=True),))), tmp_path)
    assert plan.bypassed == () and plan.strips[0].devices == ()


# Length and place


@pytest.mark.parametrize("length", [1, 2, 511, 512, 513, 1024, 44101, 100003])
@pytest.mark.parametrize("rate", [8000, 44100, 48000, 96000])
def test_length_is_exact(make, tmp_path, farm, length, rate):
    session = make(stereo(devices=(Device(device="gain"),)), length_samples=length, sample_rate=rate)
    rendered = render_session(session, tmp_path, farm)
    assert rendered.mix.samples.shape == (2, length) and rendered.mix.sample_rate == rate


@pytest.mark.parametrize("start", [-LENGTH - 1, -1000, -1, 0, 1, 1000, LENGTH, LENGTH + 1])
def test_the_file_starts_where_the_track_says(make, tmp_path, farm, start):
    rendered = render_session(make(stereo(start_samples=start)), tmp_path, farm)
    wanted = np.zeros((2, 3 * LENGTH + 2), np.float32)
    wanted[:, LENGTH + 1 + start :][:, :LENGTH] = noise(LENGTH)
    np.testing.assert_array_equal(rendered.mix.samples, wanted[:, LENGTH + 1 :][:, :LENGTH])


def test_a_file_of_another_rate_keeps_its_length_in_seconds_and_its_tone(make, tmp_path, farm):
    time_s = np.arange(44100) / 44100
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 1000 * time_s), 44100, subtype="FLOAT")
    session = make(Track(name="tone", audio="tone.wav", channels=2), length_samples=48000)
    left = render_session(session, tmp_path, farm).mix.samples[0]
    wanted = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(48000) / 48000)
    np.testing.assert_allclose(left[500:-500], wanted[500:-500], atol=1e-4)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_in_a_file_are_refused_by_name(make, tmp_path, farm, bad):
    samples = noise(LENGTH)
    samples[1, 77] = bad
    soundfile.write(tmp_path / "stereo.wav", samples.T, RATE, subtype="FLOAT")
    with pytest.raises(InputError, match="stereo.wav: NaN or Inf at sample 77"):
        render_session(make(stereo()), tmp_path, farm)


def test_a_file_that_is_not_there_is_named(make, tmp_path, farm):
    with pytest.raises(InputError, match="absent.wav"):
        render_session(make(Track(name="a", audio="absent.wav")), tmp_path, farm)


@pytest.mark.parametrize("state", ["no base64!", "AAAA"])
def test_a_state_that_is_none_is_bad_input_with_its_place(make, tmp_path, farm, zam_plugins, state):
    session = make(stereo(devices=(Device(device="zam_eq2", state=state),)))
    with pytest.raises(InputError, match="track 'stereo' device 1"):
        render_session(session, tmp_path, farm)


@pytest.mark.parametrize("name", ["eq", "tcn_tube"])
def test_a_state_that_no_host_would_take_is_refused_by_name(make, tmp_path, name):
    session = make(stereo(devices=(Device(device=name, state="AAAA"),)))
    with pytest.raises(InputError, match=rf"track 'stereo' device 1 \({name}\): .* has no state"):
        make_plan(session, tmp_path)


# The channel


def test_a_mono_track_stands_in_both_channels_before_the_fader(make, tmp_path, farm):
    rendered = render_session(make(mono()), tmp_path, farm)
    np.testing.assert_array_equal(rendered.wet["mono"].samples, np.repeat(noise(LENGTH, seed=2)[:1], 2, axis=0))
    assert rendered.dry["mono"].channels == 1


@pytest.mark.parametrize("pan", [-1.0, -0.5, 0.0, 0.3, 1.0])
@pytest.mark.parametrize("fader_db", [-120.0, -6.0, 0.0, 12.0])
def test_mono_pan_keeps_power_and_stereo_pan_turns_the_far_side_down(make, tmp_path, farm, pan, fader_db):
    session = make(mono(pan_lr=pan, fader_db=fader_db), stereo(pan_lr=pan, fader_db=fader_db))
    stems = render_session(session, tmp_path, farm).stems
    fader = 10 ** (fader_db / 20)
    power = np.sum(np.square(stems["mono"].samples), axis=0)
    dry = noise(LENGTH, seed=2)[0]
    np.testing.assert_allclose(power, np.square(fader * dry), rtol=1e-4, atol=1e-12)
    left, right = stems["mono"].samples
    if pan == 0:
        np.testing.assert_allclose(left, right, rtol=1e-6)
    else:
        assert (np.abs(right).sum() > np.abs(left).sum()) == (pan > 0)
    gains = fader * np.array([min(1, 1 - pan), min(1, 1 + pan)])
    np.testing.assert_allclose(stems["stereo"].samples, noise(LENGTH) * gains[:, None], rtol=1e-5, atol=1e-12)


def test_a_muted_track_is_silent_in_the_mix_and_as_a_stem_but_was_rendered(make, tmp_path, farm):
    rendered = render_session(make(stereo(is_muted=True), mono()), tmp_path, farm)
    assert not rendered.stems["stereo"].samples.any()
    np.testing.assert_array_equal(rendered.mix.samples, rendered.stems["mono"].samples)
    np.testing.assert_array_equal(rendered.wet["stereo"].samples, noise(LENGTH))


def test_the_stems_sum_to_the_mix(make, tmp_path, farm):
    devices = (Device(device="eq", values={"bell_1_gain_db": 9.0}), Device(device="reverb"))
    tracks = [
        (stereo if n % 2 else mono)(f"{n}", devices=devices[: n % 3], fader_db=n - 6.0, pan_lr=n / 6 - 1)
        for n in range(11)
    ]
    rendered = render_session(make(*tracks), tmp_path, farm)
    total = np.sum([stem.samples.astype(np.float64) for stem in rendered.stems.values()], axis=0)
    np.testing.assert_allclose(rendered.mix.samples, total, atol=11 * np.finfo(np.float32).eps * np.abs(total).max())
    assert list(rendered.stems) == [track.name for track in tracks]


def test_a_session_without_tracks_is_silence(make, tmp_path, farm):
    rendered = render_session(make(), tmp_path, farm)
    assert rendered.mix.samples.shape == (2, LENGTH) and not rendered.mix.samples.any()
    assert dict(rendered.stems) == {}


# Rendered


def test_audio_is_made_when_asked_for(make, tmp_path, farm):
    rendered = render_session(make(stereo(), mono()), tmp_path, farm)
    assert (len(rendered.stems), list(rendered.dry)) == (2, ["stereo", "mono"])
    np.testing.assert_array_equal(rendered.dry["stereo"].samples, noise(LENGTH))
    with pytest.raises(KeyError):
        rendered.wet["bass"]
    assert "bass" not in rendered.stems and rendered.latencies == {"stereo": 0, "mono": 0}


def test_progress_is_told_each_channel_though_they_sound_the_same(make, tmp_path, farm):
    told = []
    tracks = [stereo(f"{n}") for n in range(7)]
    render_session(make(*tracks), tmp_path, farm, progress=told.append)
    assert told == [*(f"{n}" for n in range(7)), "master"]


def test_progress_is_told_the_master_alone_where_nothing_else_is_wanted(make, tmp_path, farm):
    told = []
    render_session(make(stereo(), mono()), tmp_path, farm, progress=told.append, with_strips=False)
    assert told == ["master"]


def test_states_are_captured_and_give_the_same_samples_again(make, tmp_path, farm, zam_plugins):
    chain = (
        Device(device="gain", is_bypassed=True),
        Device(device="zam_eq2", values={"boost_cut_1_db": 7.3}),
        Device(device="eq"),
        Device(device="zam_comp_x2", values={"threshold_db": -31.7}),
        Device(device="dragonfly_plate", values={"algorithm": 0.0, "decay_s": 2.2}),
    )
    session = make(stereo(devices=chain))
    rendered = render_session(session, tmp_path, farm)
    assert sorted(rendered.states) == [("stereo", 1), ("stereo", 3), ("stereo", 4)]
    texts = {place: base64.b64encode(state).decode() for (_, place), state in rendered.states.items()}
    stated = tuple(device.model_copy(update={"state": texts.get(n)}) for n, device in enumerate(chain))
    again = render_session(make(stereo(devices=stated)), tmp_path, farm)
    np.testing.assert_array_equal(again.mix.samples, rendered.mix.samples)
    assert again.states == rendered.states
