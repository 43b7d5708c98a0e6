"""What all formats share: envelopes, balance, media, audio files, notes."""

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from dawbridge.audio import Audio, write_audio
from dawbridge.errors import InputError
from dawbridge.formats import Media
from dawbridge.formats.audio_files import AudioFiles
from dawbridge.formats.balance import (
    balance_envelope,
    fixed,
    from_balance,
    gain_envelope,
    read_level,
    read_pan,
    to_balance,
)
from dawbridge.formats.envelope import automation_from, curve_of_envelope, envelope
from dawbridge.midi_notes import BeatNote, other_events, read_notes, write_notes
from dawbridge.pan import pan_gains
from dawbridge.session import Automation, Point, TempoMap
from dawbridge.session.automation import curve_of
from dawbridge.units import db_to_gain

RATE = 48000
FADE = Automation(
    points=(
        Point(time=0.5, value=0.0),
        Point(time=1.0, value=-40.0, shape="hold"),
        Point(time=2.0, value=-6.0),
        Point(time=2.0, value=-20.0),
        Point(time=3.0, value=3.0),
    )
)


@pytest.mark.parametrize("channels", [1, 2])
@given(level=st.floats(-100, 12), pan=st.floats(-1, 1))
def test_gain_and_balance_sound_like_fader_and_pan_and_come_back(channels, level, pan):
    gain, balance = to_balance(level, pan, channels)
    left, right = gain * min(1.0, 1.0 - balance), gain * min(1.0, 1.0 + balance)
    np.testing.assert_allclose([left, right], db_to_gain(level) * np.array(pan_gains(pan, channels)), atol=1e-9)
    again = from_balance(gain, balance, channels)
    np.testing.assert_allclose(again, (level, pan), atol=1e-6)


def test_an_envelope_follows_the_curve_and_comes_back():
    points = envelope(FADE, TempoMap(), db_to_gain)
    at_s = np.linspace(0.0, 4.0, 7919)
    wanted = db_to_gain(curve_of(FADE, TempoMap(), RATE).at(at_s * RATE))
    jumps = np.min(np.abs(at_s[:, None] - np.array([1.0, 2.0])), axis=1) < 1e-3
    np.testing.assert_allclose(curve_of_envelope(points)(at_s)[~jumps], wanted[~jumps], rtol=3e-5)
    again = automation_from(points, lambda gain: 20 * np.log10(gain))
    np.testing.assert_allclose(curve_of(again, TempoMap(), RATE).at(at_s[~jumps] * RATE),
                               curve_of(FADE, TempoMap(), RATE).at(at_s[~jumps] * RATE), atol=1e-3)  # fmt: skip


def test_a_curve_like_an_s_is_no_line():
    """The middle of the curve is on the line between its ends."""
    sweep = Automation(points=(Point(time=0.0, value=-1.0), Point(time=1.0, value=1.0)))
    points = balance_envelope(sweep, TempoMap(), 1)
    at_s = np.linspace(0.0, 1.0, 997)
    left, right = pan_gains(curve_of(sweep, TempoMap(), RATE).at(at_s * RATE), 1)
    wanted = np.where(left > right, right / np.maximum(left, right) - 1.0, 1.0 - left / np.maximum(left, right))
    np.testing.assert_allclose(curve_of_envelope(points)(at_s), wanted, atol=5e-5)
    assert len(points) < 600
    again = read_pan(points, 1)
    np.testing.assert_allclose(curve_of(again, TempoMap(), RATE).at(at_s * RATE), 2 * at_s - 1, atol=1e-3)


def test_holds_take_two_points_and_level_stretches_no_more():
    held = Automation(points=tuple(Point(time=t, value=v, shape="hold") for t, v in ((0, 1.0), (1, 2.0), (2, 2.0))))
    assert envelope(held, TempoMap(), lambda v: v) == [(0.0, 1.0), (1.0, 1.0), (1.0, 2.0), (2.0, 2.0)]


@pytest.mark.parametrize("channels", [1, 2])
def test_fader_and_pan_that_move_together_come_back(channels):
    pan = Automation(points=(Point(time=0.0, value=-1.0), Point(time=2.5, value=0.75)))
    gains, balances = gain_envelope(FADE, pan, TempoMap(), channels), balance_envelope(pan, TempoMap(), channels)
    level, place = read_level(gains, balances, channels), read_pan(balances, channels)
    at = np.array([0.2, 0.7, 0.99, 1.5, 1.99, 2.2, 2.9, 3.5]) * RATE
    for found, wanted in ((level, FADE), (place, pan)):
        found, wanted = (curve_of(row, TempoMap(), RATE).at(at) for row in (found, wanted))
        np.testing.assert_allclose(found, wanted, atol=2e-3)


def test_a_fixed_pan_leaves_the_fader_straight():
    gains = gain_envelope(FADE, fixed(0.3), TempoMap(), 2)
    found = read_level(gains, 0.3, 2)
    at = np.array([0.2, 0.7, 1.5, 2.2, 3.5]) * RATE
    expected = curve_of(FADE, TempoMap(), RATE).at(at)
    np.testing.assert_allclose(curve_of(found, TempoMap(), RATE).at(at), expected, atol=1e-3)


def test_notes_come_back_and_what_else_sounds_is_named(tmp_path):
    notes = [BeatNote(0.0, 60, 1.0, 100), BeatNote(0.5, 64, 0.25, 90, 10), BeatNote(1.0, 60, 2.0, 1)]
    write_notes(notes, tmp_path / "a.mid")
    assert read_notes(tmp_path / "a.mid") == notes
    assert read_notes(tmp_path / "a.mid", 10) == notes[1:2]
    assert other_events(tmp_path / "a.mid") == []


def test_media_names_each_file_once_and_inside(tmp_path):
    (tmp_path / "in").mkdir()
    source = tmp_path / "in" / "Vöx.WAV"
    source.write_bytes(b"x")
    media = Media(tmp_path / "out")
    names = [media.add_file(source), media.add_file(source), media.add_bytes(b"y", "../../V%C3%B6x.wav")]
    assert names[0] == names[1] and len(set(names)) == 2
    assert all((tmp_path / "out" / name).is_file() for name in names)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}
    for wrong in (tmp_path / "none.wav", tmp_path / "in", tmp_path / "a\0b"):
        with pytest.raises(InputError):
            media.add_file(wrong)


def test_audio_at_the_rate_is_copied_and_other_audio_resampled(tmp_path):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 4410)).astype(np.float32)
    write_audio(tmp_path / "a" / "same.wav", Audio(noise, RATE))
    soundfile.write(tmp_path / "a" / "other.flac", noise.T, 44100)
    files = AudioFiles(tmp_path / "a", tmp_path / "out", RATE)
    same, other = files.get("same.wav"), files.get("other.flac")
    assert (tmp_path / "out" / same.name).read_bytes() == (tmp_path / "a" / "same.wav").read_bytes()
    assert (other.channels, other.length_samples) == (1, 4800)
    assert soundfile.info(tmp_path / "out" / other.name).samplerate == RATE
    with pytest.raises(InputError):
        files.get("none.wav")


def test_a_safe_name_is_not_made_safe_again(tmp_path):
    names = ("it%27s.wav", "it's.wav", "100%.wav", "50%2E.wav")
    for name in names:
        write_audio(tmp_path / name, Audio(np.ones((1, 10), np.float32), RATE))
    files = AudioFiles(tmp_path, tmp_path / "out", RATE)
    assert [files.get(name).name for name in names] == ["it%27s.wav", "it%27s 2.wav", "100%25.wav", "50%2E.wav"]
