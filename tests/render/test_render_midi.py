"""Instruments: notes begin where the tempo map puts them, at their pitch and velocity, and end with their release."""

import numpy as np
import pytest
import soundfile

from dawbridge.devices import get_device
from dawbridge.errors import PluginError
from dawbridge.paths import find_plugin_file
from dawbridge.render import Farm, StripStore, render_session
from dawbridge.session import Automation, Bus, Device, MidiClip, Point, Send, Session, Sidechain, Tempo, TempoMap, Track
from midi_files import write_midi
from strip_jobs import RATE, noise

pytest_plugins = ("fault_plugins",)

WITHIN_S = 0.001


@pytest.fixture(scope="module")
def farm():
    """One worker for the whole file: what one song leaves behind, the next would hear."""
    with Farm(1) as farm:
        yield farm


def played(*clips, length_s=2.0, values=None, device="synth", **fields) -> Session:
    """A track that plays `song.mid`, or the clips."""
    clips = clips or (MidiClip(midi="song.mid"),)
    track = Track(name="keys", instrument=Device(device=device, values=values or {}), midi_clips=clips)
    return Session(**dict(sample_rate=RATE, length_samples=round(length_s * RATE)) | fields, tracks=(track,))


@pytest.fixture
def play(farm, tmp_path):
    """A function (notes, **what `played` takes) → [2, n]."""

    def play(*notes, **fields) -> np.ndarray:
        write_midi(tmp_path / "song.mid", *notes)
        return render_session(played(**fields), tmp_path, farm).mix.samples

    return play


CLICKS = dict(attack_s=0.001, decay_s=0.01, sustain_0to1=0.0, release_s=0.01, cutoff_hz=18000.0, detune_cents=0.0)


def onsets_s(samples: np.ndarray, rate: int = RATE) -> list[float]:
    """Where sound follows 20 ms of near silence."""
    loud = np.flatnonzero(np.abs(samples).max(axis=0) > 1e-3 * np.abs(samples).max())
    return [float(at) / rate for at in loud[np.flatnonzero(np.diff(loud, prepend=-RATE) > 0.02 * rate)]]


def pitch_hz(samples: np.ndarray, rate: int = RATE) -> float:
    """The spectrum's peak, between its bins by a parabola."""
    spectrum = np.log(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) + 1e-12)
    at = int(np.argmax(spectrum))
    before, here, after = spectrum[at - 1 : at + 2]
    return (at + 0.5 * (before - after) / (before - 2 * here + after)) * rate / len(samples)


def level(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


# Time

BEATS = (0.0, 1.0, 1.5, 3.0, 3.25, 5.0)
TEMPOS = {
    "120": (Tempo(),),
    "97.3": (Tempo(bpm=97.3),),
    "steps": (Tempo(bpm=120.0), Tempo(beat=1.25, bpm=240.0), Tempo(beat=3, bpm=61.0)),
    "a ramp": (Tempo(bpm=100.0, shape="linear"), Tempo(beat=4, bpm=200.0)),
}
# The same in seconds, by hand: a ramp from a to b over n beats takes 60 n / (b - a) * ln(bpm / a) up to a tempo.
SECONDS = {
    "120": [0.5 * beat for beat in BEATS],
    "97.3": [60 / 97.3 * beat for beat in BEATS],
    "steps": [0, 0.5, 0.625 + 0.0625, 0.625 + 0.4375, 1.0625 + 0.25 * 60 / 61, 1.0625 + 2 * 60 / 61],
    "a ramp": [2.4 * np.log(1 + beat / 4) for beat in BEATS[:-1]] + [2.4 * np.log(2) + 0.3],
}


@pytest.mark.parametrize("name", TEMPOS)
@pytest.mark.parametrize("rate", [44100, 48000])
def test_notes_begin_where_the_tempo_map_puts_them(play, name, rate):
    notes = [(72, 100, beat, beat + 0.1) for beat in BEATS]
    samples = play(
        *notes, tempo=TempoMap(tempos=TEMPOS[name]), values=CLICKS, sample_rate=rate, length_samples=round(3.3 * rate)
    )
    assert onsets_s(samples, rate) == pytest.approx(SECONDS[name], abs=WITHIN_S)


def test_clips_start_at_their_beats_and_sound_together(farm, tmp_path):
    write_midi(tmp_path / "song.mid", (72, 100, 0, 0.1), (72, 100, 1, 1.1))
    clips = (MidiClip(midi="song.mid", start_beats=0.5), MidiClip(midi="song.mid", start_beats=2.75))
    for pre_roll in (0, 4321):
        made = played(*clips, length_s=3.0, values=CLICKS, pre_roll_samples=pre_roll)
        samples = render_session(made, tmp_path, farm).mix.samples
        assert samples.shape[1] == 3 * RATE
        assert onsets_s(samples) == pytest.approx([0.25, 0.75, 1.375, 1.875], abs=WITHIN_S)


# Pitch, velocity, polyphony


@pytest.mark.parametrize("pitch", [33, 60, 69, 81, 96])
def test_a_note_sounds_at_its_pitch(play, pitch):
    samples = play((pitch, 100, 0, 4), values=dict(detune_cents=0.0, sustain_0to1=1.0))
    assert pitch_hz(samples[0, RATE // 4 :]) == pytest.approx(440 * 2 ** ((pitch - 69) / 12), rel=2e-3)


def test_twice_the_velocity_is_twice_as_loud(play):
    soft, loud, off = (play((60, velocity, 0, 2)) for velocity in (50, 100, 0))
    assert level(loud) / level(soft) == pytest.approx(2.0, rel=0.02) and level(off) == 0.0


@pytest.mark.parametrize("pitches", [(48, 64), (36, 43, 52, 60, 67, 72, 79, 84)])
def test_notes_of_a_chord_add_up(play, pitches):
    alone = sum(play((pitch, 80, 0.5, 2), values={"level_db": -30.0}).astype(np.float64) for pitch in pitches)
    chord = play(*((pitch, 80, 0.5, 2) for pitch in pitches), values={"level_db": -30.0})
    assert level(chord - alone) < 1e-4 * level(alone)


def test_repeated_notes_all_sound(play):
    for rate in (44100, 48000):
        tempo = TempoMap(tempos=(Tempo(bpm=133.7),))
        notes = [(60, 100, n / 4, (n + 1) / 4) for n in range(16)]
        samples = play(*notes, tempo=tempo, sample_rate=rate, length_samples=rate * 2)
        step = 60 / 133.7 / 4 * rate
        levels = [level(samples[:, int((n + 0.4) * step) : int((n + 0.9) * step)]) for n in range(16)]
        assert min(levels) > 0.7 * max(levels)


# Ends


def test_a_note_is_held_and_its_release_is_not_cut_off(play):
    """One second of note, then e-fold by e-fold down to nothing in the release."""
    values = dict(sustain_0to1=1.0, release_s=1.0, attack_s=0.001)
    samples = play((60, 100, 0, 2), values=values, length_s=3.0)
    levels = [level(samples[:, int(at * RATE) : int((at + 0.05) * RATE)]) for at in (0.5, 0.9, 1.1, 1.4, 1.7, 2.2, 2.9)]
    assert levels[1] == pytest.approx(levels[0], rel=0.1)
    assert levels[1] > levels[2] > levels[3] > levels[4] > levels[5] and levels[6] < 1e-3 * levels[0]
    assert levels[3] > 0.05 * levels[0]


def test_an_automatic_tail_holds_the_release(farm, tmp_path):
    """A straight line down to nothing: below -90 dB a little before its end."""
    write_midi(tmp_path / "song.mid", (60, 100, 0, 1))
    for release_s in (0.05, 2.0):
        made = played(length_s=0.5, tail_s="auto", values={"release_s": release_s})
        mix = render_session(made, tmp_path, farm).mix
        assert 0.5 + 0.98 * release_s < mix.length_s < 0.5 + release_s + WITHIN_S


ODD = {
    "of no length": [(60, 100, 1, 1)],
    "past the end": [(60, 100, 3, 200)],
    "after the end": [(60, 100, 1, 2), (60, 100, 5, 6), (60, 100, 500_000, 500_001)],
    "lowest and highest": [(0, 1, 1, 2), (127, 127, 1, 2)],
    "two at once": [(60, 100, 1, 2), (60, 100, 1, 2, 2)],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_notes_sound_at_their_place(play, name):
    samples = play(*ODD[name], length_s=2.0)
    first = ODD[name][0][2] / 2
    assert np.isfinite(samples).all() and onsets_s(samples)[0] == pytest.approx(first, abs=2 * WITHIN_S)


def test_no_notes_no_clips_and_a_muted_instrument_are_silent(play, farm, tmp_path):
    assert not play().any()
    made = played()
    track = made.tracks[0]
    for change in ({"midi_clips": ()}, {"is_muted": True}):
        write_midi(tmp_path / "song.mid", (60, 100, 0, 1))
        changed = made.with_tracks([track.model_copy(update=change)])
        assert not render_session(changed, tmp_path, farm).mix.samples.any()


# What else a track has


def test_an_instruments_track_has_all_that_others_have(farm, tmp_path):
    write_midi(tmp_path / "song.mid", (60, 100, 0, 2))
    plain = played()
    dry = render_session(plain, tmp_path, farm).mix.samples
    changes = dict(
        trim_db=-2.0, is_inverted=True, devices=(Device(device="gain", values={"gain_db": -4.0}),), fader_db=-6.0,
        pan_lr=0.5, output="room", sends=(Send(to="room", is_pre_fader=True),),
    )  # fmt: skip
    made = plain.with_tracks([plain.tracks[0].model_copy(update=changes)]).model_copy(
        update={"buses": (Bus(name="room"),)}
    )
    rendered = render_session(made, tmp_path, farm)
    np.testing.assert_allclose(rendered.dry["keys"].samples, dry, atol=1e-7)
    wet = -dry * 10 ** (-6 / 20)
    np.testing.assert_allclose(rendered.wet["keys"].samples, wet, atol=1e-6)
    fader = 10 ** (-6 / 20) * np.array([[0.5], [1.0]])
    np.testing.assert_allclose(rendered.mix.samples, wet * (1 + fader), atol=1e-6)


def test_an_instruments_parameters_move(farm, tmp_path):
    write_midi(tmp_path / "song.mid", (60, 100, 0, 4))
    points = (Point(time=0, value=0.0, shape="hold"), Point(time=0.7, value=-40.0))
    made = played(values={"sustain_0to1": 1.0})
    moved = made.tracks[0].instrument.model_copy(update={"automation": {"level_db": Automation(points=points)}})
    made = made.with_tracks([made.tracks[0].model_copy(update={"instrument": moved})])
    samples = render_session(made, tmp_path, farm).mix.samples
    before, after = (samples[:, round(at * RATE) : round((at + 0.2) * RATE)] for at in (0.48, 0.72))
    assert 20 * np.log10(level(after) / level(before)) == pytest.approx(-40, abs=0.5)


def test_a_synth_may_steer_a_compressor(farm, tmp_path):
    write_midi(tmp_path / "song.mid", (60, 127, 1, 2))
    soundfile.write(tmp_path / "noise.wav", noise(2 * RATE).T, RATE, subtype="FLOAT")
    values = dict(threshold_db=-60.0, ratio=20.0, attack_s=0.0005)
    ducked = Device(device="sidechain_compressor", values=values, sidechain=Sidechain(source="keys"))
    made = played()
    made = made.with_tracks([*made.tracks, Track(name="pad", audio="noise.wav", devices=(ducked,))])
    pad = render_session(made, tmp_path, farm).stems["pad"].samples
    before, during = pad[:, : RATE // 2], pad[:, round(0.6 * RATE) : RATE]
    np.testing.assert_allclose(before, noise(2 * RATE)[:, : RATE // 2], atol=1e-6)
    assert 20 * np.log10(level(during) / level(before)) < -20


def test_the_notes_decide_what_is_rendered_again(farm, tmp_path):
    write_midi(tmp_path / "song.mid", (60, 100, 0, 1))
    store = StripStore(tmp_path / "cache")

    def strips(**fields) -> int:
        before = farm.rendered_strips
        render_session(played(**fields), tmp_path, farm, store)
        return farm.rendered_strips - before

    first = strips()
    assert (first > 0, strips()) == (True, 0)
    write_midi(tmp_path / "song.mid", (60, 101, 0, 1))
    assert strips() == first
    assert strips(tempo=TempoMap(tempos=(Tempo(bpm=121.0),))) == first


# Real instruments


@pytest.mark.parametrize("device", ["amsynth", "zynaddsubfx"])
def test_a_real_instrument_plays_the_notes(play, device):
    if find_plugin_file(get_device(device).file_name) is None:
        pytest.skip("plugin missing: run tools/fetch_plugins")
    samples = play((69, 100, 1, 3), (81, 100, 4.5, 5.5), device=device, length_s=3.0)
    begin, again = (at for at in onsets_s(samples) if at < 0.6 or at > 2.0)
    assert (begin, again) == pytest.approx((0.5, 2.25), abs=2 * WITHIN_S)
    assert pitch_hz(samples[0, round(0.7 * RATE) : round(1.4 * RATE)]) == pytest.approx(440, rel=5e-3)
    ratio = pitch_hz(samples[0, round(2.3 * RATE) : round(2.7 * RATE)]) / 440
    assert np.log2(ratio) == pytest.approx(round(np.log2(ratio)), abs=0.01)


def test_a_missing_instrument_is_an_error_or_plays_nothing_by_leave(farm, tmp_path, own_plugins):
    own_plugins("absent", is_instrument=True)
    write_midi(tmp_path / "song.mid", (60, 100, 0, 1))
    made = played(device="absent")
    with pytest.raises(PluginError, match="track 'keys' instrument: plugin 'The absent' is missing: no absent.so"):
        render_session(made, tmp_path, farm)
    rendered = render_session(made, tmp_path, farm, allows_missing=True)
    assert rendered.bypassed == ("The absent on track 'keys' instrument",) and not rendered.mix.samples.any()
