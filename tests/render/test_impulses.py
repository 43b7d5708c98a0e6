"""A reverb's impulse response: convolved with a sound it is the reverb, wet."""

from dataclasses import replace

import numpy as np
from scipy.signal import fftconvolve

from dawbridge.audio import Audio, read_audio, write_audio
from dawbridge.formats import get_format
from dawbridge.render import Farm, render_impulses, render_session
from dawbridge.session import Bus, Device, Session, Track

RATE = 44100
LENGTH = 2 * RATE


def test_convolution_with_the_impulses_is_the_reverb(tmp_path):
    noise = np.random.default_rng(4).uniform(-0.5, 0.5, (2, LENGTH)).astype(np.float32)
    noise[:, RATE // 2 :] = 0.0
    write_audio(tmp_path / "in.wav", Audio(noise, RATE))
    verb = Device(device="reverb", values={"wet_0to1": 0.6, "dry_0to1": 0.0, "decay_s": 0.7})
    tracks = (Track(name="Vox", audio="in.wav", devices=(verb,)),)
    buses = (Bus(name="Hall", devices=(Device(device="eq"), verb)),)
    session = Session(sample_rate=RATE, length_samples=LENGTH, tracks=tracks, buses=buses)
    with Farm(1) as farm:
        rendered = render_session(session, tmp_path, farm)
        rendered = replace(rendered, impulses=render_impulses(session, farm))
    assert set(rendered.impulses) == {("Vox", 0), ("Hall", 1)}
    get_format("presets").write(session, rendered, tmp_path / "presets", tmp_path)
    impulse = read_audio(tmp_path / "presets" / "Vox" / "01-reverb-impulse.wav").samples
    assert np.abs(impulse[:, -100:]).max() < 10 ** (-85 / 20) * np.abs(impulse).max()
    heard = fftconvolve(noise.mean(axis=0)[None], impulse, axes=1)[:, :LENGTH]
    wet = rendered.wet["Vox"].samples
    assert np.abs(wet).max() > 0.05
    np.testing.assert_allclose(heard, wet, atol=3e-5)
