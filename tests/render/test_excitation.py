"""The test sound holds every octave and many levels, at any rate, and is the same for the same seed."""

import numpy as np
import pytest

from dawbridge.audio import Audio
from dawbridge.features.octave_bands import octave_bands
from dawbridge.methods.translation.excitation import make_excitation
from dawbridge.seeds import random_stream


@pytest.mark.parametrize("rate", [8000, 22050, 48000, 96000])
def test_the_test_sound_holds_every_octave_and_many_levels(rate):
    audio = make_excitation(rate, random_stream(0, "excitation"))
    again = make_excitation(rate, random_stream(0, "excitation"))
    np.testing.assert_array_equal(audio.samples, again.samples)
    assert audio.channels == 2 and 3.4 < audio.length_s < 3.6 and 0.3 < audio.peak < 1.5
    bands = octave_bands(audio, Audio(0 * audio.samples, rate))
    assert all(0.02 < band.share < 0.5 for band in bands if band.centre_hz < rate / 4)
    frames = audio.samples[0][: 9 * round(0.16 * rate)].reshape(9, -1)
    levels_db = 20 * np.log10(np.sqrt(np.mean(np.square(frames), axis=1)))
    assert np.ptp(levels_db) > 30
