"""Translation: a device becomes itself, another, or what it can; what is written is what is said."""

import json

import numpy as np
import pytest

import dawbridge as db
from command_line import call, files_of
from dawbridge.audio import Audio, read_audio, write_audio
from dawbridge.devices import get_device
from dawbridge.features.metrics import evaluate
from dawbridge.formats.preset_file import read_preset
from dawbridge.methods.translation.device_space import device_space
from dawbridge.methods.translation.sound_pair import read_pair
from dawbridge.render import Farm, render_session
from dawbridge.render.farm.job import StripJob, audio_key
from dawbridge.render.graph.resolve import resolve_device
from translations import EQ, RATE, SQUEEZE, preset, values_of, write_sound


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return write_sound(tmp_path_factory.mktemp("sound") / "sound.wav")


@pytest.fixture(scope="module")
def as_itself(tmp_path_factory, sound):
    """The EQ translated to the EQ, and the folder."""
    folder = tmp_path_factory.mktemp("eq")
    return db.translate(preset(folder, "eq", EQ), "eq", folder / "out", before=sound, seed=1)


def written_difference_db(found, written: str) -> float:
    """What the written preset alone leaves, in its own render, of the sound after that was written beside it."""
    dry, wet = (read_audio(found.folder / name) for name in ("audio/before.wav", "after.wav"))
    devices = (resolve_device(read_preset(found.folder / "presets/translation" / written), "written"),)
    with Farm(1) as farm:
        (result,) = farm.render([StripJob(dry.samples, audio_key(dry.samples), dry.sample_rate, devices)])
    (track,) = found.session.tracks
    gain = 10 ** (track.fader_db / 20)
    return evaluate(wet, Audio(gain * result.samples, dry.sample_rate))["null_db"]


# A device becomes itself


def test_the_eq_becomes_itself(as_itself):
    assert as_itself.metrics["null_db"] < -60 and as_itself.metrics["is_near"]
    assert as_itself.metrics["baselines"]["unprocessed"]["null_db"] > -15
    assert all(band["null_db"] < -50 for band in as_itself.metrics["octave_bands"])


def test_what_is_written_is_what_is_said(as_itself):
    names = set(files_of(as_itself.folder)) - {".dawbridge"}
    presets = {"presets/translation/01-eq.json", "presets/losses.json"}
    assert names == {"session.json", "metrics.json", "after.wav", "mix.wav", "audio/before.wav"} | presets
    assert json.loads((as_itself.folder / "metrics.json").read_text()) == as_itself.metrics
    session = db.load_session(as_itself.folder / "session.json")
    assert session == as_itself.session
    mix, after = (read_audio(as_itself.folder / name) for name in ("mix.wav", "after.wav"))
    assert evaluate(after, mix)["null_db"] == as_itself.metrics["null_db"]
    with Farm(1) as farm:
        np.testing.assert_array_equal(render_session(session, as_itself.folder, farm).mix.samples, mix.samples)
    written = read_preset(as_itself.folder / "presets/translation/01-eq.json")
    assert written.values == pytest.approx(values_of(as_itself))
    # What the EQ leaves is rounding, which its preset's digits move.
    assert written_difference_db(as_itself, "01-eq.json") == pytest.approx(as_itself.metrics["null_db"], abs=1)


def test_what_makes_no_difference_stands_at_its_default(as_itself):
    """The frequency and width of a bell that has no gain: one of the three has no work here."""
    defaults = {row["parameter"] for row in as_itself.metrics["parameters"] if row["is_default"]}
    idle = [bell for bell in ("bell_1", "bell_2", "bell_3") if f"{bell}_gain_db" in defaults]
    assert idle and {f"{bell}_{rest}" for bell in idle for rest in ("hz", "q")} <= defaults, defaults


def test_the_same_seed_finds_the_same_whatever_the_workers(tmp_path, sound):
    source = preset(tmp_path, "compressor", SQUEEZE)
    options = {"before": sound, "budget": 350, "seed": 3}
    one, two = (db.translate(source, "compressor", tmp_path / str(n), workers=n, **options) for n in (1, 2))
    assert one.session == two.session
    assert one.metrics["null_db"] == two.metrics["null_db"]


def test_a_small_budget_is_kept(tmp_path, sound):
    for budget in (0, 40):
        found = db.translate(preset(tmp_path, "eq", EQ), "eq", tmp_path / "out", before=sound, budget=budget)
        assert found.metrics["budget_renders"] <= budget + 3  # the source's, the defaults', the result's


# A device becomes another


def test_the_compressor_becomes_zam_comp_and_comes_back(tmp_path, sound, zam_plugins):
    source = preset(tmp_path, "compressor", SQUEEZE)
    there = db.translate(source, "zam_comp_x2", tmp_path / "there", before=sound, budget=1200)
    assert there.metrics["null_db"] < -60
    values = values_of(there)
    assert values["stereo_detection"] == 1  # the maximum of both sides, as the built-in one listens
    assert {name: values[name] for name in SQUEEZE} == pytest.approx(SQUEEZE, rel=0.02)
    written = tmp_path / "there/presets/translation/01-zam_comp_x2.vstpreset"
    assert written_difference_db(there, written.name) == pytest.approx(there.metrics["null_db"], abs=1)
    back = db.translate(written, "compressor", tmp_path / "back", before=sound, budget=1200, seed=2)
    assert back.metrics["null_db"] < -60
    assert values_of(back) == pytest.approx(SQUEEZE, rel=0.02)
    assert written_difference_db(back, "01-compressor.json") == pytest.approx(back.metrics["null_db"], abs=1)


def test_the_eq_becomes_zam_eq_and_comes_back(tmp_path, sound, zam_plugins):
    there = db.translate(preset(tmp_path, "eq", EQ), "zam_eq2", tmp_path / "there", sound, budget=1200)
    assert there.metrics["null_db"] < -30
    written = tmp_path / "there/presets/translation/01-zam_eq2.vstpreset"
    assert written_difference_db(there, written.name) == pytest.approx(there.metrics["null_db"], abs=0.1)
    back = db.translate(written, "eq", tmp_path / "back", sound, budget=1200)
    assert back.metrics["null_db"] < -25
    assert written_difference_db(back, "01-eq.json") == pytest.approx(back.metrics["null_db"], abs=0.1)


def test_what_a_device_cannot_do_is_said(tmp_path, sound, capsys, monkeypatch):
    source = preset(tmp_path, "reverb", {"wet_0to1": 1, "dry_0to1": 0, "decay_s": 2})
    arguments = ["translate", source, "--before", sound, "--to", "gain", "--out", tmp_path / "out", "--quiet"]
    answer = call(capsys, monkeypatch, *arguments)
    assert answer.code == 0 and answer.err == ""
    assert "gain cannot do this: difference" in answer.out and "Hz" in answer.out
    as_json = json.loads(call(capsys, monkeypatch, *arguments, "--json").out)
    assert not as_json["is_near"] and as_json["residual_lies_at_hz"] and not as_json["is_spent"]


def test_a_budget_that_was_too_small_is_not_blamed_on_the_device(tmp_path, sound, capsys, monkeypatch):
    source = preset(tmp_path, "eq", EQ | {"low_shelf_gain_db": -18})
    arguments = ["translate", source, "--before", sound, "--to", "eq", "--out", tmp_path / "out", "--budget", "2"]
    answer = call(capsys, monkeypatch, *arguments, "--quiet")
    assert answer.code == 0 and "eq did not come near with" in answer.out


# Without the plugin: before and after


def test_a_late_inverted_louder_copy_is_told_apart_from_the_effect(tmp_path, sound):
    dry = read_audio(sound)
    late, gain = 321, 2.0
    write_audio(tmp_path / "after.wav", Audio(-gain * dry.placed(late, dry.length_samples).samples, RATE))
    pair = read_pair(sound, tmp_path / "after.wav")
    assert pair.is_inverted and any(f"{late:+d} samples" in note for note in pair.notes)
    found = db.translate((), "eq", tmp_path / "out", sound, tmp_path / "after.wav", budget=400)
    assert found.metrics["null_db"] < -60
    (track,) = found.session.tracks
    assert track.is_inverted and track.fader_db == pytest.approx(20 * np.log10(gain), abs=0.05)
    assert found.metrics["parameters"][-1]["parameter"] == "fader_db"


def test_two_devices_from_before_and_after(tmp_path, sound):
    chain = [preset(tmp_path, "gain", {"gain_db": 4}, "1.json"), preset(tmp_path, "compressor", SQUEEZE, "2.json")]
    made = db.translate(chain, "compressor", tmp_path / "made", before=sound, budget=0)
    found = db.translate((), "gain+compressor", tmp_path / "out", sound, made.folder / "after.wav", budget=900)
    assert found.metrics["null_db"] < -40
    assert [device.device for device in found.session.tracks[0].devices] == ["gain", "compressor"]


def test_other_rates_and_lengths_are_brought_together_and_told(tmp_path, sound):
    wet = read_audio(sound).resampled(2 * RATE)
    longer = Audio(np.pad(wet.samples, ((0, 0), (0, RATE))), 2 * RATE)
    write_audio(tmp_path / "longer.wav", longer)
    pair = read_pair(sound, tmp_path / "longer.wav")
    assert pair.dry.samples.shape == pair.wet.samples.shape == longer.samples.shape
    assert any("resampled from 22050 to 44100 Hz" in note for note in pair.notes)
    assert any("0.50 s shorter than longer.wav" in note for note in pair.notes)
    assert evaluate(pair.wet, pair.dry)["null_db"] < -30
    back = read_pair(tmp_path / "longer.wav", sound)
    assert any("0.50 s longer than sound.wav" in note for note in back.notes)


def test_a_whole_device_is_free_around_neutral_but_for_its_switches(zam_plugins):
    space = device_space(("zam_eq2",), 48000, is_full_range=False)
    free = {row.spec.name: row.spec for row in space.free}
    assert set(free) == {p.name for p in get_device("zam_eq2").parameters} - {"peaks_on"} | {"fader_db"}
    assert (free["boost_cut_1_db"].minimum, free["boost_cut_1_db"].maximum) == (-20, 20)
    assert free["bandwidth_1"].curve == free["frequency_1_hz"].curve == "logarithmic"
    full = device_space(("zam_eq2",), 48000, is_full_range=True, has_fader=False)
    whole = {row.spec.name: row.spec for row in full.free}
    assert whole["boost_cut_1_db"].minimum == -50 and "fader_db" not in whole
