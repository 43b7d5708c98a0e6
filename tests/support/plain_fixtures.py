"""Files and a check for tests that hold a render against plain numpy. The module that uses them has a `farm`."""

import numpy as np
import pytest
import soundfile

from dawbridge.render import render_session
from dawbridge.session import Session
from plain_mix import WITHIN, PlainMix
from strip_jobs import RATE, noise


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where `stereo.wav`, `other.wav` and `mono.wav` lie."""
    folder = tmp_path_factory.mktemp("graph")
    for name, seed in (("stereo", 1), ("other", 2), ("mono", 3)):
        samples = noise(1000, seed)
        soundfile.write(folder / f"{name}.wav", samples.T if name != "mono" else samples[0], RATE, subtype="FLOAT")
    return folder


@pytest.fixture
def check(farm, folder):
    """A function (session) that renders it and holds every signal against plain numpy; gives the rendered."""

    def check(session: Session):
        rendered, plain = render_session(session, folder, farm), PlainMix(session, folder)
        np.testing.assert_allclose(rendered.mix.samples, plain.mix(), atol=WITHIN)
        for name in plain.channels:
            np.testing.assert_allclose(rendered.wet[name].samples, plain.wet(name), atol=WITHIN, err_msg=name)
            np.testing.assert_allclose(rendered.stems[name].samples, plain.stem(name), atol=WITHIN, err_msg=name)
        return rendered

    return check
