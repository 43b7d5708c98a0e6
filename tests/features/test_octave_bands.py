"""Where a difference lies, octave by octave."""

import numpy as np
import pytest

from dawbridge.audio import Audio
from dawbridge.features.octave_bands import main_bands, octave_bands

RATE = 22050


def test_octave_bands_tell_where_a_difference_lies():
    time_s = np.arange(RATE) / RATE
    # Without edges, which would be heard in every band.
    low, high = (np.hanning(RATE) * np.sin(2 * np.pi * hertz * time_s) for hertz in (125, 4000))
    reference, estimate = (Audio(np.stack([low + share * high] * 2), RATE) for share in (1.0, 0.9))
    bands = {band.centre_hz: band for band in octave_bands(reference, estimate)}
    assert bands[4000.0].null_db == pytest.approx(-20, abs=0.1) and bands[125.0].null_db < -70
    assert bands[1000.0].null_db is None
    assert [band.centre_hz for band in main_bands(list(bands.values()))] == [4000.0]


def test_the_shares_are_the_whole():
    noise = np.random.default_rng(0).standard_normal((2, RATE))
    bands = octave_bands(Audio(noise, RATE), Audio(0.5 * noise, RATE))
    assert sum(band.share for band in bands) == pytest.approx(1)
    assert [band.null_db for band in bands] == pytest.approx([-20 * np.log10(2)] * len(bands), abs=0.01)
