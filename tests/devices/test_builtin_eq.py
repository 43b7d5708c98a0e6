"""The built-in EQ is the analogue EQ of the textbooks."""

import numpy as np
import pytest

from builtin_host import RATE, RATES, impulse, make_noise, null_db, open_host


@pytest.fixture(scope="module")
def through():
    """See `open_host`."""
    with open_host() as render:
        yield render


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return make_noise()


def response_db(through, frequencies_hz: np.ndarray, rate: int = RATE, **values) -> np.ndarray:
    """Gain of the EQ at these frequencies, from its impulse response; both channels agree."""
    left, right = through("eq", impulse(2 * rate), rate, **values).astype(np.float64)
    assert np.array_equal(left, right)
    size = 2 ** int(np.ceil(np.log2(len(left))))
    gains_db = 20 * np.log10(np.abs(np.fft.rfft(left, size)))
    return np.interp(frequencies_hz, np.fft.rfftfreq(size, 1 / rate), gains_db)


def analogue_db(kind: str, frequency_hz, corner_hz: float, gain_db: float, q: float, rate: int) -> np.ndarray:
    """The analogue prototype under the bilinear transform, prewarped to meet at the corner (Bristow-Johnson's
    Audio EQ Cookbook, H(s) of the peaking EQ and the shelves)."""
    s = 1j * np.tan(np.pi * np.asarray(frequency_hz) / rate) / np.tan(np.pi * corner_hz / rate)
    a = 10 ** (gain_db / 40)
    if kind == "bell":
        h = (s**2 + s * a / q + 1) / (s**2 + s / (a * q) + 1)
    else:
        s = s if kind == "low_shelf" else 1 / s
        h = a * (s**2 + s * np.sqrt(a) / q + a) / (a * s**2 + s * np.sqrt(a) / q + 1)
    return 20 * np.log10(np.abs(h))


BELLS = [(300.0, 12.0, 0.7), (60.0, -24.0, 10.0), (5000.0, 24.0, 0.1), (15000.0, -9.0, 2.0), (30.0, 6.0, 3.0)]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_bells_are_their_analogue_prototypes(number, rate, through):
    frequencies = np.geomspace(20, 20000, 200)
    for hz, gain_db, q in BELLS:
        values = dict(zip((f"bell_{number}_{part}" for part in ("hz", "gain_db", "q")), (hz, gain_db, q), strict=True))
        wanted = analogue_db("bell", frequencies, hz, gain_db, q, rate)
        assert np.abs(response_db(through, frequencies, rate, **values) - wanted).max() < 0.05, values


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", ["low_shelf", "high_shelf"])
def test_shelves_are_their_analogue_prototypes(kind, rate, through):
    frequencies = np.geomspace(20, 20000, 200)
    for hz, gain_db in ((100.0, 12.0), (40.0, -24.0), (8000.0, 24.0), (15000.0, -6.0)):
        wanted = analogue_db(kind, frequencies, hz, gain_db, np.sqrt(0.5), rate)
        found = response_db(through, frequencies, rate, **{f"{kind}_hz": hz, f"{kind}_gain_db": gain_db})
        assert np.abs(found - wanted).max() < 0.05, (hz, gain_db)


@pytest.mark.parametrize(("gain_db", "q"), [(12.0, 1.0), (-24.0, 0.5), (3.0, 10.0)])
def test_a_bell_has_its_gain_at_its_centre_and_half_of_it_at_both_ends_of_its_width(gain_db, q, through):
    """The ends lie around the centre in equal ratio, centre / Q apart."""
    half = 1 / (2 * q)
    lower = np.sqrt(1 + half**2) - half
    centre = 200.0
    frequencies = np.array([lower * centre, centre, centre / lower])
    assert frequencies[2] - frequencies[0] == pytest.approx(centre / q)
    found = response_db(through, frequencies, bell_1_hz=centre, bell_1_gain_db=gain_db, bell_1_q=q)
    assert found == pytest.approx([gain_db / 2, gain_db, gain_db / 2], abs=0.05)


@pytest.mark.parametrize("gain_db", [-18.0, 6.0])
def test_shelves_reach_their_gain_beyond_and_half_of_it_at_the_corner(gain_db, through):
    places = np.array([10.0, 500.0, 20000.0])
    low = response_db(through, places, low_shelf_hz=500.0, low_shelf_gain_db=gain_db)
    high = response_db(through, places, high_shelf_hz=500.0, high_shelf_gain_db=gain_db)
    assert low == pytest.approx([gain_db, gain_db / 2, 0], abs=0.05)
    assert high == pytest.approx([0, gain_db / 2, gain_db], abs=0.05)


def test_a_cut_undoes_a_boost(through, noise):
    values = {"bell_2_hz": 900.0, "bell_2_q": 2.0, "low_shelf_hz": 120.0, "high_shelf_hz": 5000.0}
    gains = {"bell_2_gain_db": 9.0, "low_shelf_gain_db": -6.0, "high_shelf_gain_db": 4.0}
    there = through("eq", noise, **values, **gains)
    back = through("eq", there, **values, **{name: -gain for name, gain in gains.items()})
    assert null_db(back, noise) < -100


@pytest.mark.parametrize("rate", [8000, 22050, 32000])
def test_at_low_sample_rates_frequencies_end_below_half_the_rate(rate, through, noise):
    """A filter at or above half the sample rate has no value: it stands just below, where it does nothing much."""
    places = ("low_shelf_hz", "bell_1_hz", "bell_2_hz", "bell_3_hz", "high_shelf_hz")
    top = dict.fromkeys(places, 20000.0)
    assert np.isfinite(through("eq", noise, rate, **top, bell_2_gain_db=12.0, high_shelf_gain_db=-12.0)).all()
    low = np.array([20.0, 50.0])
    assert response_db(through, low, rate, **top, high_shelf_gain_db=12.0) == pytest.approx([0, 0], abs=0.05)
