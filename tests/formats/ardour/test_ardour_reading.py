"""What the reader of Ardour sessions makes of each feature."""

import base64
import math
import shutil

import numpy as np
import pytest

from ardour_features import LENGTH, ZAM_PRESET
from ardour_fixture_texts import FOLDER, feature_text
from ardour_read import Read, gains, original, send_gains, with_files
from ardour_text import RATE
from dawbridge.audio import Audio, read_audio, write_audio
from dawbridge.devices.states.fxp import decode_fxp
from dawbridge.formats import Losses
from dawbridge.formats.ardour.reader.fades import Fade, Fades
from dawbridge.formats.ardour.reader.layers import audible_pieces
from dawbridge.formats.ardour.reader.regions import AudioRegion
from dawbridge.midi_notes import read_notes
from dawbridge.session import TempoMap
from dawbridge.session.automation import curve_of
from dawbridge.units import db_to_gain


@pytest.fixture
def read(tmp_path):
    return lambda name: Read(FOLDER / f"{name}.ardour", tmp_path / name)


def near(*values: float):
    return pytest.approx(values, abs=2e-6)


# The channel


def test_panners_become_faders_and_pans(read):
    song = read("pans")
    scale = 2 - 4 * 10 ** (-3 / 20)
    rise = [x * (scale * x + 1 - scale) for x in (0.75, 0.25)]
    assert gains(song["mono"]) == near(*rise)
    assert gains(song["stereo"]) == near(1.0, 0.5)
    assert gains(song["bypassed"]) == near(1.0, 1.0)
    assert gains(song["wide"]) == near(1.0, 1.0)
    assert gains(song["narrow"]) == near(*[rise[0]] * 2)
    assert song.kinds == {"foreign.pan_width"}


def test_trim_and_polarity(read):
    song = read("input")
    assert song["inverted"].is_inverted and db_to_gain(song["inverted"].trim_db) == pytest.approx(0.5)
    assert song.kinds == {"foreign.mixed_polarity"}


def test_sends_sound_as_they_did(read):
    song = read("sends")
    assert song["before"].sends[0].is_pre_fader and send_gains(song["before"]) == near(0.5, 0.5)
    assert send_gains(song["after"]) == near(0.5, 0.5)
    assert send_gains(song["linked"]) == near(0.5, 0.25)
    assert song["off"].sends[0].is_muted
    assert send_gains(song["hard"]) == near(0.5, 0.5), "its pan comes after the send, on a bus of its own"
    assert song["hard"].output == "hard, part 2" and gains(song["hard, part 2"]) == near(1.0, 0.0)
    assert song.kinds == {"foreign.send"}


def test_outputs(read):
    song = read("outputs")
    assert song["both"].output == "master" and send_gains(song["both"]) == near(1.0, 1.0)
    assert gains(song["left"]) == near(1.0, 0.0)
    assert song["hardware"].is_muted and song["nowhere"].is_muted
    assert song["nowhere 2"].is_muted and song["sends on"].output == "nowhere 2" and not song["sends on"].is_muted
    assert gains(song["one port"]) == near(1.0, 0.0)
    assert song.kinds == {"foreign.hardware_output", "channel.output", "session.buses"}


def test_without_a_master_the_first_outputs_are_it(read):
    song = read("no_master")
    assert gains(song["a"]) == near(1.0, 1.0) and song.losses == []


def test_a_mute_silences_what_it_silenced(read):
    song = read("mutes")
    assert song["all"].is_muted and not song["all"].sends[0].is_muted
    assert song["sends on"].output == "nowhere"
    assert [(send.is_pre_fader, send.is_muted) for send in song["sends on"].sends] == [(True, False), (False, True)]
    assert song["off"].is_muted
    assert song.kinds == {"foreign.inactive", "session.buses", "channel.output", "send.is_muted"}


def test_solos_let_through_what_ardour_noted(read):
    song = read("solo")
    assert [channel.name for channel in song.session.channels if channel.is_soloed] == ["soloed"]
    assert song.losses == []
    told = read("solo_as_mutes")
    assert not any(channel.is_soloed for channel in told.session.channels)
    assert told["silent"].is_muted and told["Hall"].is_muted and told.kinds == {"foreign.solo"}


def test_what_comes_after_the_masters_fader(read):
    song = read("master")
    before = song["Master, part 1"]
    assert song["a"].output == before.name and [device.device for device in before.devices] == ["gain", "zam_eq2"]
    assert [device.device for device in song.session.master.devices] == ["three_band_eq"]
    assert before.devices[0].values["gain_db"] == pytest.approx(20 * math.log10(0.5))


def test_vcas_move_what_follows_them(read):
    song = read("vca")
    assert db_to_gain(song["follows"].fader_db) == pytest.approx(0.8 * 0.5 / 0.8)
    assert song.kinds == {"foreign.vca"}


# Devices


def test_plugins_keep_their_states(read):
    song = read("plugins")
    devices = song["a"].devices
    assert [device.device for device in devices] == [
        "zam_eq2", "three_band_eq", "dragonfly_plate", "eq", "foreign", "foreign",
    ]  # fmt: skip
    assert devices[0].state == ZAM_PRESET
    assert decode_fxp(base64.b64decode(devices[1].state)).parameters == (0.5, 0.5, 0.75)
    assert decode_fxp(base64.b64decode(devices[2].state)).chunk == b"state"
    assert devices[3].values == {"bell_1_gain_db": 6.0}
    assert devices[4].plugin.id == "urn:ardour:a-comp" and b"ACE Compressor" in base64.b64decode(devices[4].state)
    assert devices[5].is_bypassed and devices[5].plugin.kind == "vst3" and devices[5].state is None
    assert song.losses == []


def test_plugins_after_sends_and_faders_stand_on_buses_of_their_own(read):
    song = read("plugin_places")
    second, third = song["late, part 2"], song["late, part 3"]
    assert song["late"].output == second.name and second.output == third.name and third.output == "master"
    assert song["late"].sends[0].is_pre_fader and not song["late"].devices
    assert [row.devices[0].device for row in (second, third)] == ["zam_eq2", "three_band_eq"]
    assert gains(third) == near(1.0, 0.5)


def test_a_state_of_another_class_is_left_out(tmp_path):
    other = base64.b64encode(base64.b64decode(ZAM_PRESET).replace(b"3251455A", b"3250435A")).decode()
    path = with_files(tmp_path, feature_text("plugins").replace(ZAM_PRESET, other))
    song = Read(path, tmp_path / "out")
    assert song["a"].devices[0].state is None and song.kinds == {"foreign.wrong_state"}


def test_what_steers_a_device(read):
    side = read("sidechain")["bass"].devices[0].sidechain
    assert (side.source, side.is_pre_fader) == ("kick", True)
    assert db_to_gain(side.gain_db) == pytest.approx(0.5)


# Automation


def level(channel, samples) -> np.ndarray:
    row = curve_of(channel.automation["fader_db"], TempoMap(), RATE)
    return db_to_gain(row.at(np.asarray(samples, dtype=float)))


def test_automation_follows_ardours_curves(read):
    song, at = read("automation"), np.array([0, 60, 120, 180, 239, 241, 400])
    share = np.clip(at / 240, 0, 1)

    def place(gain):
        return ((6 * math.log2(gain) + 192) / 198) ** 8

    fader = 2 ** (((place(1) + share * (place(0.25) - place(1))) ** 0.125 * 198 - 192) / 6)
    np.testing.assert_allclose(level(song["exponential"], at), fader, rtol=1e-4)
    np.testing.assert_allclose(level(song["logarithmic"], at), 0.25**share, rtol=1e-4)
    np.testing.assert_allclose(level(song["discrete"], at), np.where(at < 240, 1.0, 0.25), rtol=1e-4)
    assert not song["off"].automation and db_to_gain(song["off"].fader_db) == pytest.approx(0.5)
    pan = curve_of(song["pan"].automation["pan_lr"], TempoMap(), RATE).at(at.astype(float))
    np.testing.assert_allclose(pan, np.clip(at / 120 - 1, -1, 1), atol=1e-3)
    moved = song["plugin"].devices[0].automation["bell_1_gain_db"]
    assert [point.value for point in moved.points][:: len(moved.points) - 1] == [-6.0, 6.0]
    assert song.losses == []


# Clips, notes and time


def test_opaque_regions_hide_what_lies_below(read):
    song = read("layers")
    rows = [
        (c.start_samples, c.offset_samples, c.length_samples, c.fade_in_samples, c.fade_out_samples)
        for c in song["a"].clips
    ]
    assert rows == [(0, 0, 150, 19, 49), (100, 40, 200, 49, 49), (250, 250, 150, 49, 19)]
    assert [clip.length_samples for clip in song["see-through"].clips] == [400, 200]
    assert len(song["muted"].clips) == 1 and song.losses == []


def test_a_fade_that_a_region_above_cuts_is_told():
    fades = Fades(fade_in=Fade(40), fade_out=Fade(40))
    below = AudioRegion("below", 0, 100, 0, ("1",), fades=fades)
    for cover, what in (((0, 20), "the end of its fade-in"), ((80, 20), "the begin of its fade-out"), ((45, 10), None)):
        losses = Losses("ardour")
        pieces = audible_pieces([below, AudioRegion("above", *cover, 0, ("1",))], losses, "track 'a'")
        assert sum(piece.length for piece in pieces) == 100
        assert [(loss.kind, loss.what) for loss in losses] == ([("foreign.fade", what)] if what else [])


def test_fades_and_gains_of_regions(read):
    song = read("fades")
    clip = song["linear"].clips[0]
    assert (clip.fade_in_samples, clip.fade_out_samples, clip.fade_shape) == (63, 63, "linear")
    assert song["default"].clips[0].fade_shape == "equal_power"
    printed = song.sound("envelope")
    np.testing.assert_allclose(printed, original("stereo.wav")[:, :400] * (np.arange(400) / 400), atol=1e-6)
    np.testing.assert_array_equal(song.sound("negative"), -original("stereo.wav"))
    assert db_to_gain(song["negative"].clips[0].gain_db) == pytest.approx(0.5)
    assert song.kinds == {"clip.fade_shape", "foreign.region_envelope"}


def test_sources_by_channel(read):
    song = read("sources")
    joined = np.concatenate([original("mono.wav"), original("second.wav")])
    np.testing.assert_array_equal(song.sound("two files"), joined)
    np.testing.assert_array_equal(song.sound("mono on both"), original("mono.wav"))
    assert song["mono on both"].channels == 1 and gains(song["mono on both"]) == near(1.0, 1.0)
    assert len(song["missing"].clips) == 1
    lost = [loss for loss in song.losses if loss.kind == "foreign.missing_audio"]
    assert [loss.where for loss in lost] == ["track 'missing' region 'r'"] + ["track 'far away' region 'r'"] * 3
    assert not (song.folder.parent / "secret.wav").exists()


@pytest.mark.parametrize(
    ("folders", "told"),
    [
        (["interchange/song"], None),
        (["interchange/as it was called"], None),  # a snapshot, or a session that was renamed
        (["interchange/home", "interchange/other"], None),  # as Ardour names it: after the session's folder
        (["interchange/one", "interchange/two"], "interchange/one/audiofiles/stereo.wav"),
        (["beside"], "stereo.wav"),
    ],
)
def test_audio_that_was_found_elsewhere_is_told(folders, told, tmp_path):
    path = with_files(tmp_path, feature_text("tempo"))
    files = (path.parent / "interchange/song").rename(path.parent / "files")
    for folder in folders:
        shutil.copytree(files, path.parent / folder)
    if folders == ["beside"]:
        shutil.copy(files / "audiofiles/stereo.wav", path.parent)
    song = Read(path, tmp_path / "out")
    lost = [loss for loss in song.losses if loss.kind == "foreign.moved_audio"]
    np.testing.assert_array_equal(song.sound("a"), original("stereo.wav"))
    assert [loss.what.split("'")[1::2] for loss in lost] == ([["stereo.wav", told]] if told else [])


def test_a_file_of_another_rate_plays_sample_for_sample(tmp_path):
    text = feature_text("tempo")
    path = with_files(tmp_path, text)
    inside = path.parent / "interchange" / "song" / "audiofiles" / "stereo.wav"
    inside.unlink()
    write_audio(inside, Audio(original("stereo.wav"), 44100))
    song = Read(path, tmp_path / "out")
    assert read_audio(song.folder / song["a"].clips[0].audio).sample_rate == RATE
    np.testing.assert_array_equal(song.sound("a"), original("stereo.wav"))


def test_gains_of_sources(tmp_path):
    text = feature_text("tempo").replace('origin="" gain="1"', 'origin="" gain="0.5"', 1)
    song = Read(with_files(tmp_path, text), tmp_path / "out")
    np.testing.assert_allclose(song.sound("a"), original("stereo.wav") * [[0.5], [1.0]])
    both = Read(with_files(tmp_path / "two", text.replace('gain="1"', 'gain="0.5"', 1)), tmp_path / "out 2")
    assert db_to_gain(both["a"].clips[0].gain_db) == pytest.approx(0.5)


def test_notes(read):
    song = read("midi")
    first, second = song["keys"].midi_clips
    assert (first.start_beats, second.start_beats) == (1.0, 8.0)
    assert [note.start_beats for note in read_notes(song.folder / first.midi)] == [0.0, 0.75, 2.0]
    (cut,) = read_notes(song.folder / second.midi)
    assert (cut.start_beats, cut.pitch) == (pytest.approx(0.25, abs=1e-3), 64)
    assert cut.length_beats == pytest.approx(0.25, abs=1e-3)
    assert song["keys"].instrument.device == "amsynth" and song.kinds == {"foreign.empty_track"}


def test_tempo_ramps_and_jumps(read):
    tempo = read("tempo").session.tempo
    beats, bpm = [0.0, 4.0, 7.99, 8.0, 12.0, 12.5], [60, 90, 119.925, 90, 90, 100]
    np.testing.assert_allclose(tempo.bpm_at(np.array(beats)), bpm)
    assert [(row.beat, row.numerator, row.denominator) for row in tempo.signatures] == [(0, 3, 4), (6, 7, 8)]


def test_a_range_that_begins_later_is_where_the_session_begins(read):
    song = read("range")
    assert song.session.length_samples == LENGTH - 100
    assert song["a"].clips[0].start_samples == -50
    np.testing.assert_allclose(level(song["a"], [0, 99, 101, 299, 301]), [1, 1, 0.5, 0.5, 0.25], rtol=1e-4)
    whole = read("tempo").session.tempo
    begin = 100 / RATE
    np.testing.assert_allclose(song.session.tempo.seconds(2.0), whole.seconds(2.0 + begin) - begin, atol=1e-5)


def test_names(read):
    song = read("names")
    assert [track.name for track in song.session.tracks] == ["master 2", "unnamed", 'Vöx <&> "漢字" 🎤', "x" * 300]
    assert song.kinds == {"channel.name"}


def test_what_a_session_cannot_hold_is_told(read):
    told = {"foreign.trigger", "foreign.external", "foreign.processor", "foreign.empty_track", "foreign.markers"}
    assert read("extras").kinds == told


def test_version_6_counts_in_samples(read):
    song = read("version_6")
    clip = song["a"].clips[0]
    assert (clip.start_samples, clip.offset_samples, clip.length_samples) == (100, 20, 300)
    assert song.session.tempo.tempos[0].bpm == 100.0
    np.testing.assert_allclose(level(song["a"], [0, 239, 241]), [1, 1, 0.5], rtol=1e-4)


def test_what_ardour_itself_saved(read):
    song = read("by_ardour")
    assert song.losses == []
    assert gains(song["Gtr"]) == near(0.5, 0.3)
    assert song["Vox"].output == "Group" and [send.to for send in song["Vox"].sends] == ["Group", "Hall"]
    assert song["Hall"].devices[0].is_bypassed
    assert [device.device for device in song["Gtr"].devices] == ["zam_eq2", "three_band_eq"]
    assert b"boost1\x004.99" in base64.b64decode(song["Gtr"].devices[0].state)
