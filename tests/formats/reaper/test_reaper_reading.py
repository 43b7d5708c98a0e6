"""Reading REAPER projects: a fixture for each feature, and damaged files."""

import base64
import re

import numpy as np
import pytest
import rpp
import rppxml

from carried_sessions import rendered_of
from dawbridge.audio import read_audio
from dawbridge.devices import get_device
from dawbridge.devices.states import host_state
from dawbridge.errors import InputError
from dawbridge.formats import Media
from dawbridge.formats.reaper import read, write
from dawbridge.formats.reaper.text import parse
from dawbridge.midi_notes import read_notes
from dawbridge.session.automation import curve_of
from reaper_fixtures import CORRUPTED, FIXTURES, RATE, fixture


def test_quotes_folders_and_outputs(tmp_path):
    assert [t.name for t in fixture("quotes", tmp_path)[0].tracks] == ['say "hi"', 'it\'s "so"']
    session, kinds = fixture("folder", tmp_path / "b")
    assert [(t.name, t.output) for t in session.tracks] == [("kick", "drums"), ("snare", "drums"), ("alone", "master")]
    assert not kinds


def test_sends_have_modes_levels_and_envelopes(tmp_path):
    session, kinds = fixture("sends", tmp_path)
    send = session.tracks[0].sends[0]
    assert send.is_pre_fader and send.to == "hall" and kinds == {"foreign.main_send"}
    level = send.automation["gain_db"]
    assert level.points[0].value == pytest.approx(-6.0206, abs=1e-3)
    assert level.points[-1].value == pytest.approx(-12.0412, abs=1e-3)
    assert send.pan_lr == pytest.approx(-0.25)  # the knob at 0.25, and 0.5 to the left


def test_items_crossfade_loop_and_run_backwards(tmp_path):
    clips = fixture("crossfade", tmp_path / "a")[0].tracks[0].clips
    assert [(c.start_samples, c.fade_in_samples, c.fade_out_samples) for c in clips] == [(0, 0, 480), (1920, 480, 0)]
    clips = fixture("loop", tmp_path / "b")[0].tracks[0].clips
    assert [(c.start_samples, c.length_samples) for c in clips] == [(0, 2400), (2400, 2400), (4800, 960)]
    session, _ = fixture("section_reversed", tmp_path / "c")
    clip = session.tracks[0].clips[0]
    found = read_audio(tmp_path / "c" / "in" / clip.audio, RATE).samples[0, clip.offset_samples :][:960]
    tone_ = read_audio(FIXTURES / "Media" / "tone.wav", RATE).samples[0]
    np.testing.assert_array_equal(found, tone_[480:1440][::-1])


def test_the_active_take_plays_with_its_own_level(tmp_path):
    session, kinds = fixture("takes", tmp_path)
    clip = session.tracks[0].clips[0]
    assert (clip.offset_samples, round(clip.gain_db, 2)) == (480, -6.02) and session.tracks[0].channels == 2
    assert kinds == {"foreign.takes"}


def test_channel_modes_pan_and_polarity_of_takes_are_made_into_files(tmp_path):
    tracks = fixture("channel_modes", tmp_path)[0].tracks
    left, swapped, turned = (read_audio(tmp_path / "in" / t.clips[0].audio, RATE).samples for t in tracks)
    pair, single = (read_audio(FIXTURES / "Media" / f"{name}.wav", RATE).samples for name in ("pair", "tone"))
    np.testing.assert_array_equal(left[0], pair[0])
    np.testing.assert_array_equal(swapped, pair[::-1])
    np.testing.assert_allclose(turned, -np.stack([single[0] * 0.5, single[0]]))


def test_envelopes_of_all_shapes(tmp_path):
    session, kinds = fixture("envelope_shapes", tmp_path)
    track = session.tracks[0]
    curve = curve_of(track.automation["fader_db"], session.tempo, RATE)

    def gain(at_s: float) -> float:
        return float(10 ** (curve.at(np.array([at_s * RATE]))[0] / 20))

    assert gain(0.0025) == pytest.approx(0.625, abs=2e-3)  # straight
    assert gain(0.0095) == pytest.approx(0.25, abs=2e-3)  # square
    assert gain(0.01125) == pytest.approx(1 - 0.75 * 0.25**2 * 2.5, abs=5e-3)  # slow at both ends
    assert gain(0.0175) == pytest.approx(0.25 + 0.75 * (1 - 0.5**3), abs=5e-3)  # fast at the start
    assert gain(0.0225) == pytest.approx(1 - 0.75 * 0.5**3, abs=5e-3)  # fast at the end
    assert kinds == {"foreign.envelope_shape"}
    pan = track.automation["pan_lr"].points
    assert (pan[0].value, pan[-1].value) == (-1.0, 1.0)


def test_what_is_off_does_nothing_and_is_told(tmp_path):
    session, kinds = fixture("envelope_off", tmp_path)
    assert session.tracks[0].automation == {} and kinds == {"foreign.inactive_envelope", "foreign.envelope"}


def test_phase_solo_and_mute(tmp_path):
    track = fixture("phase", tmp_path)[0].tracks[0]
    assert (track.is_inverted, track.is_soloed, track.is_muted) == (True, True, True)


def test_markers_of_the_tempo_are_even_in_time(tmp_path):
    tempo = fixture("tempo", tmp_path)[0].tempo
    assert tempo.seconds(6.0) == pytest.approx(4.0, abs=1e-5)  # four seconds at 90 on average
    assert tempo.seconds(10.0) == pytest.approx(8.0, abs=1e-5)
    assert (tempo.tempos[-1].bpm, tempo.signatures[0].numerator) == (90.0, 4)


def test_notes_repeat_and_are_cut(tmp_path):
    session, kinds = fixture("midi", tmp_path)
    track = session.tracks[0]
    notes = read_notes(tmp_path / "in" / track.midi_clips[0].midi)
    assert (track.instrument.device, track.midi_clips[0].start_beats) == ("amsynth", 1.0)
    assert [(n.start_beats, n.pitch, n.channel) for n in notes] == [(0.0, 60, 1), (0.5, 64, 2)]
    assert kinds == {"foreign.midi_events"} and fixture("midi_alone", tmp_path / "b")[1] >= {"foreign.midi"}


def test_plugins_are_known_by_their_ids(tmp_path):
    comp = fixture("vst3", tmp_path / "a")[0].tracks[0].devices[0]
    assert comp.device == "zam_comp_x2" and b"x" * 150 in base64.b64decode(comp.state)
    assert list(comp.automation) == [p.name for p in get_device("zam_comp_x2").parameters if p.param_id == 7]
    verb = fixture("vst2_parameters", tmp_path / "b")[0].tracks[0].devices[0]
    assert verb.device == "mverb" and verb.is_bypassed
    assert host_state(get_device("mverb"), base64.b64decode(verb.state))
    boxed, kinds = fixture("container", tmp_path / "c")
    assert boxed.tracks[0].devices[0].is_bypassed and "foreign.container" in kinds


def test_another_plugins_state_is_never_kept(tmp_path):
    session, kinds = fixture("wrong_state", tmp_path)
    assert session.tracks[0].devices[0].state is None and kinds == {"foreign.state"}


def test_other_effects_go_back_to_reaper_as_they_came(tmp_path):
    session, kinds = fixture("foreign", tmp_path)
    devices = session.tracks[0].devices
    assert [d.plugin.kind for d in devices] == ["au", "jsfx", "clap", "reaper"] and kinds == {"foreign.wet"}
    write(session, rendered_of(session), tmp_path / "out", tmp_path / "in")
    again = read(next((tmp_path / "out").glob("*.rpp")), Media(tmp_path / "again"))[0].tracks[0].devices
    assert again == devices


def test_a_vst_without_an_id_is_kept_as_reapers_text(tmp_path):
    device = fixture("vst_without_id", tmp_path)[0].tracks[0].devices[0]
    assert (device.plugin.kind, device.plugin.label) == ("reaper", "ZamCompX2 (Damien Zammit)")
    assert b"<VST" in base64.b64decode(device.state)


def test_reaeq_becomes_the_built_in_eq_where_that_can_do_the_same(tmp_path):
    session, kinds = fixture("reaeq", tmp_path)
    bell, other = (track.devices[0] for track in session.tracks)
    assert bell.values["bell_1_gain_db"] == pytest.approx(6.0206, abs=1e-3) and kinds == {"foreign.reaeq"}
    assert other.plugin.id == "1919247729" and other.state


def test_a_whole_project_names_what_is_left_out(tmp_path):
    session, kinds = fixture("whole_project", tmp_path)
    assert (session.name, session.length_samples, session.tail_s) == ("A song", 96000, 0.5)
    assert [t.name for t in session.tracks] == ["one", "master 2", "one 2", "Track 4"]
    expected = {"markers", "notes", "track_name", "freeze", "hardware_output", "group", "play_offset"}
    assert kinds == {f"foreign.{name}" for name in expected}


def test_a_track_without_a_name_is_told_as_such(tmp_path):
    text = (FIXTURES / "plain.rpp").read_text()
    (tmp_path / "song.rpp").write_text(re.sub("(?m)^    NAME .*", '    NAME ""', text, count=1))
    session, losses = read(tmp_path / "song.rpp", Media(tmp_path / "in"))
    (what,) = [loss.what for loss in losses if loss.kind == "foreign.track_name"]
    assert (session.channels[0].name, what) == ("Track 1", "that it has no name; it is 'Track 1'")


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("missing_audio", {"foreign.missing_audio", "foreign.moved_audio"}),
        ("mixed", {"foreign.mixed_track"}),
        ("pan_law", {"foreign.pan_law", "foreign.pan_mode"}),
        ("stretch", {"foreign.stretch_markers", "foreign.play_rate", "foreign.pitch"}),
    ],
)
def test_what_a_session_has_not_is_told(name, kinds, tmp_path):
    assert fixture(name, tmp_path)[1] == kinds


@pytest.mark.parametrize(
    ("named", "found_at", "what"),
    [
        ("bass.wav", "bass.wav", None),
        ("Media\\\\bass.wav", "Media/bass.wav", None),
        ("D:/old/bass.wav", "bass.wav", "'D:/old/bass.wav' is not there: 'bass.wav' plays"),
        ("/old/bass.wav", "audio/bass.wav", "'/old/bass.wav' is not there: 'audio/bass.wav' plays"),
        ("bass.wav", "Audio Files/bass.wav", "'bass.wav' is not there: 'Audio Files/bass.wav' plays"),
    ],
)
def test_audio_found_in_another_folder_is_a_loss(named, found_at, what, tmp_path):
    (tmp_path / found_at).parent.mkdir(exist_ok=True)
    (tmp_path / found_at).write_bytes((FIXTURES / "Media" / "tone.wav").read_bytes())
    text = (FIXTURES / "plain.rpp").read_text().replace("Media/tone.wav", named)
    (tmp_path / "song.rpp").write_text(text)
    session, losses = read(tmp_path / "song.rpp", Media(tmp_path / "in"))
    moved = [loss.what for loss in losses if loss.kind == "foreign.moved_audio"]
    assert len(moved) == (what is not None) and all(row.startswith(what) for row in moved)
    assert session.tracks[0].all_clips[0].audio == "audio/bass.wav"


# What REAPER has not


def made(name: str) -> bytes:
    """A damaged project: a file, or one that is too large to be kept as a file."""
    deep = b"<REAPER_PROJECT 0.1\n" + b"<A\n" * 100_000
    return {"deep": deep, "huge_line": b"<REAPER_PROJECT 0.1\nNAME " + b"x" * (5 * 2**20) + b"\n>\n"}[name]


@pytest.mark.parametrize("path", [*CORRUPTED, "deep", "huge_line"], ids=lambda path: getattr(path, "stem", path))
def test_a_damaged_file_is_refused_in_one_line(path, tmp_path):
    if isinstance(path, str):
        (tmp_path / "made.rpp").write_bytes(made(path))
        path = tmp_path / "made.rpp"
    with pytest.raises(InputError) as caught:
        read(path, Media(tmp_path / "in"))
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_the_fixtures_are_read_alike_by_the_other_parsers():
    for path in FIXTURES.glob("*.rpp"):
        text = path.read_text()
        names = [block.first("NAME") for block in parse(text.encode(), "x").blocks("TRACK")]
        assert names == [t.find("./NAME")[1:] for t in rpp.loads(text).findall("./TRACK")]
        assert rppxml.loads(text).name == "REAPER_PROJECT"
