"""Clips as rendered, against the same in plain numpy: where they lie, what of the file, their gains and fades."""

import numpy as np
import pytest
import soundfile

from dawbridge.errors import InputError
from dawbridge.render import Farm, make_plan, render_session
from dawbridge.session import Clip, Device, Session, Track
from plain_mix import WITHIN
from strip_jobs import RATE

pytest_plugins = ("plain_fixtures",)

LENGTH = 1500


@pytest.fixture(scope="module")
def farm():
    """One worker for the whole file."""
    with Farm(1) as farm:
        yield farm


def session(*tracks: Track, **fields) -> Session:
    return Session(**dict(sample_rate=RATE, length_samples=LENGTH) | fields, tracks=tracks)


def clip(file="stereo", **fields) -> Clip:
    return Clip(audio=f"{file}.wav", **fields)


CLIPS = {
    "gain": [clip(gain_db=-7.0)],
    "start": [clip(start_samples=123)],
    "negative start": [clip(start_samples=-321)],
    "wholly before the timeline": [clip(start_samples=-1000)],
    "wholly after it": [clip(start_samples=LENGTH)],
    "past its end": [clip(start_samples=LENGTH - 10)],
    "offset": [clip(offset_samples=100)],
    "offset at the file's last sample": [clip(offset_samples=999)],
    "offset past the file": [clip(offset_samples=1000), clip(offset_samples=5000, fade_in_samples=10)],
    "length": [clip(length_samples=77, start_samples=5, offset_samples=3)],
    "no length": [clip(length_samples=0)],
    "longer than the file": [clip(length_samples=1400, fade_in_samples=20, fade_out_samples=900)],
    "fade out past the file": [clip(length_samples=1400, offset_samples=300, fade_out_samples=700)],
    "fades": [clip(fade_in_samples=100, fade_out_samples=300)],
    "fades that meet": [clip(fade_in_samples=20, fade_out_samples=30, length_samples=50)],
    "fades longer than the file": [clip(fade_in_samples=2000, fade_out_samples=1500)],
    "a fade in longer than what is left": [clip(offset_samples=900, fade_in_samples=500)],
    "a fade of one sample": [clip(fade_in_samples=1, fade_out_samples=1)],
    "a fade before the timeline": [clip(start_samples=-50, fade_in_samples=100)],
    "overlapping": [clip(start_samples=100 * n, gain_db=-n, fade_in_samples=40) for n in range(5)],
    "mono on stereo": [clip(), clip("mono", start_samples=200, fade_out_samples=80), clip("other", offset_samples=7)],
    "mono alone": [clip("mono", start_samples=9), clip("mono")],
}


@pytest.mark.parametrize("shape", ["linear", "equal_power"])
@pytest.mark.parametrize("name", CLIPS)
def test_clips(check, name, shape):
    clips = tuple(one.model_copy(update={"fade_shape": shape}) for one in CLIPS[name])
    check(session(Track(name="t", clips=clips, trim_db=-1.0, is_inverted=True, fader_db=-2.0), length_samples=LENGTH))


def test_a_crossfade_of_equal_powers_keeps_the_power_and_a_linear_one_the_sum(farm, folder):
    soundfile.write(folder / "one.wav", np.ones((1000, 1)), RATE, subtype="FLOAT")
    for shape, total in (("linear", lambda a, b: a + b), ("equal_power", lambda a, b: np.hypot(a, b))):
        out = clip("one", length_samples=600, fade_out_samples=200, fade_shape=shape)
        into = clip("one", start_samples=399, fade_in_samples=200, fade_shape=shape)
        tracks = [Track(name=name, clips=(one,)) for name, one in (("out", out), ("into", into))]
        stems = render_session(session(*tracks, length_samples=1000), folder, farm).stems
        both = total(*(stems[name].samples[0] for name in ("out", "into")))
        np.testing.assert_allclose(both, 1.0, atol=WITHIN)


def test_pre_roll_lets_what_lies_before_the_timeline_be_heard_by_devices_alone(check):
    louder = (Device(device="gain", values={"gain_db": 3.0}),)
    early = Track(name="stereo", audio="stereo.wav", start_samples=-300, devices=louder)
    made = session(early, Track(name="mono", audio="mono.wav", start_samples=5), pre_roll_samples=700)
    rendered = check(made)
    without = check(made.model_copy(update={"pre_roll_samples": 0}))
    np.testing.assert_array_equal(rendered.mix.samples, without.mix.samples)
    np.testing.assert_array_equal(rendered.dry["stereo"].samples, without.dry["stereo"].samples)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no audio at all" * 100])
def test_a_clip_of_no_audio_is_named(farm, folder, content):
    (folder / "bad.wav").write_bytes(content)
    made = session(Track(name="t", clips=(clip(), clip("bad"))))
    with pytest.raises(InputError, match="bad.wav"):
        render_session(made, folder, farm)
    with pytest.raises(InputError, match="absent.wav: cannot be read .No such file"):
        make_plan(session(Track(name="t", clips=(clip("absent"),))), folder)
