"""DAWproject read: each feature as it was meant, each fault refused, each limit kept."""

import base64
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

import dawproject_fixtures as fixtures
import dawproject_parts as parts
from dawbridge.errors import InputError
from dawbridge.formats import Media, dawproject, safe_archive
from dawbridge.midi_notes import read_notes
from dawbridge.session.automation import curve_of
from dawbridge.session.model import MASTER


@pytest.fixture
def feature(tmp_path):
    """A function: a fixture's name → its session, and its losses as (kind, what)."""

    def read(name: str):
        session, losses = dawproject.read(fixtures.ROOT / f"{name}.dawproject", Media(tmp_path / "out"))
        return session, [(loss.kind.removeprefix("foreign."), loss.what) for loss in losses]

    return read


def clips_of(session, number: int = 0) -> list[tuple]:
    """(start, offset, length) in samples at 8 kHz."""
    return [(c.start_samples, c.offset_samples, c.length_samples) for c in session.tracks[number].clips]


def values_at(automation, seconds, session) -> list[float]:
    curve = curve_of(automation, session.tempo, 48000)
    return [round(float(value), 3) for value in curve.at(np.array(seconds) * 48000.0)]


# Features


def test_fixtures_are_what_their_source_says():
    written = fixtures.all_fixtures()
    found = {path.relative_to(fixtures.ROOT).as_posix() for path in fixtures.ROOT.rglob("*.*")}
    assert found == written.keys()
    for name, data in written.items():
        assert (fixtures.ROOT / name).read_bytes() == data, name


def test_a_project_may_be_empty(feature):
    session, losses = feature("minimal")
    assert (session.tracks, session.buses, losses) == ((), (), [])


def test_clips_in_clips_lie_at_their_beats(feature):
    session, losses = feature("beats")
    assert clips_of(session) == [(8000, 400, 400), (20000, 0, 400), (23600, 0, 400)] and not losses


def test_seconds_and_no_duration(feature):
    session, _ = feature("seconds")
    assert clips_of(session) == [(12000, 80, 720)]


def test_loops_are_unrolled(feature):
    session, losses = feature("loops")
    rounds = [(4000, 400, 240), (4240, 160, 480), (4720, 160, 480), (5200, 160, 480), (5680, 160, 320)]
    assert clips_of(session) == rounds and not losses


def test_warps_at_their_own_speed_are_none(feature):
    session, losses = feature("warps")
    assert [kind for kind, _ in losses] == ["warp"]
    assert clips_of(session)[0] == (0, 0, 800) and clips_of(session)[1][:2] == (8000, 0)


def test_references_play_what_they_name(feature):
    session, losses = feature("reference")
    assert clips_of(session) == [(0, 0, 800), (8000, 0, 400)]
    assert [kind for kind, _ in losses] == ["reference"]


def test_groups_are_buses_and_folders_nothing(feature):
    session, losses = feature("groups")
    assert [bus.name for bus in session.buses] == ["Group"] and not losses
    outputs = {track.name: track.output for track in session.tracks}
    assert outputs == {"Track 2": "Group", "Track 3": MASTER, "Track 4": "Group"}


def test_sends(feature):
    session, losses = feature("sends")
    one, two = session.tracks[0].sends
    assert (one.to, one.is_pre_fader, one.pan_lr, round(one.gain_db, 6)) == ("Track 2", True, -0.5, -6.0)
    assert (two.is_pre_fader, two.is_muted, round(two.gain_db, 2)) == (False, True, -6.02)
    assert losses == [("send", "a send to the master, which is no bus")]


def test_levels_sound_as_gain_and_balance(feature):
    from dawbridge.session import channel_gains

    session, losses = feature("levels")
    left, right = channel_gains(session.tracks[0], session.pan_law)
    assert (round(left, 5), round(right, 5)) == (0.5, 0.25)
    assert max(channel_gains(session.tracks[1], session.pan_law)) < 2e-6 and session.tracks[1].is_muted
    assert session.tracks[2].is_soloed and [kind for kind, _ in losses] == ["level"]


def test_automation_holds_and_leads(feature):
    session, losses = feature("automation")
    moves = session.tracks[0].automation
    law_db = 3.0103  # of the mono file's pan, which moves too
    level = values_at(moves["fader_db"], [0.2, 2.0, 3.0, 5.0], session)
    assert level[1:] == pytest.approx([-0.0, -6.0, -12.0], abs=2e-3)
    assert values_at(moves["fader_db"], [3.0], session) == pytest.approx([-6.0], abs=2e-3) and law_db
    assert values_at(moves["pan_lr"], [0.5, 1.5, 2.5], session) == pytest.approx([-1.0, 0.0, 1.0], abs=2e-3)
    assert losses == [("automation", "the automation of Mute ''")]


def test_tempo_ramps_and_what_lies_in_beats(feature):
    session, losses = feature("tempo")
    rows = [(row.beat, row.bpm, row.shape) for row in session.tempo.tempos]
    assert rows == [(0.0, 60.0, "linear"), (4.0, 120.0, "hold"), (8.0, 90.0, "hold")] and not losses
    assert [(row.beat, row.numerator) for row in session.tempo.signatures] == [(0.0, 4), (8.0, 7)]
    at_4_s = 4 * np.log(2)  # the integral of 60 / (60 + 15 b)
    assert clips_of(session)[0][0] == round(at_4_s * 8000)
    # The fader leads straight over beats: at beat 2 a quarter of full, though a third of the time has passed by then.
    at_2_s = 4 * np.log(1.5)
    level = values_at(session.tracks[0].automation["fader_db"], [at_2_s, at_4_s], session)
    assert level == pytest.approx([20 * np.log10(0.25) + 3.01, 20 * np.log10(0.5) + 3.01], abs=0.05)


def test_notes_are_looped_and_cut(feature, tmp_path):
    session, losses = feature("notes")
    rows = read_notes(tmp_path / "out" / session.tracks[0].midi_clips[0].midi)
    found = [(note.start_beats, note.pitch, note.length_beats, note.velocity) for note in rows]
    assert found == [(4, 60, 0.5, 64), (5.5, 64, 0.5, 127), (6, 60, 0.5, 64), (7.5, 64, 0.5, 127)]
    assert session.tracks[0].instrument.plugin.id == parts.FOREIGN_VST3
    assert [kind for kind, _ in losses] == ["notes", "empty_track"]


def test_plugins_known_and_foreign(feature):
    session, losses = feature("plugins")
    rows = session.tracks[0].devices
    kinds = [row.plugin.kind if row.plugin else row.device for row in rows]
    assert kinds == ["zam_comp_x2", "vst3", "zam_comp_x2", "vst2", "clap", "au"]
    assert rows[0].is_bypassed and values_at(rows[0].automation["threshold_db"], [0, 1], session) == [-60.0, -40.0]
    assert rows[2].state is None and rows[3].plugin.id == "-1"
    assert base64.b64decode(rows[4].state) == b"clap state"
    assert [kind for kind, _ in losses] == ["state", "state"] and "made for class id" in losses[0][1]


def test_equalizers_that_fit_are_ours(feature):
    session, losses = feature("equalizers")
    rows = session.tracks[0].devices
    assert [row.device for row in rows] == ["eq", "gain", "foreign", "gain"]
    assert rows[0].values["bell_1_hz"] == pytest.approx(880.0) and "bell_2_hz" not in rows[0].values
    assert values_at(rows[0].automation["bell_1_hz"], [0, 1], session) == pytest.approx([440, 440 * 2**0.5], rel=1e-4)
    assert (rows[1].values, rows[3].values) == ({"gain_db": -2.0}, {"gain_db": 6.0})
    assert [kind for kind, _ in losses] == ["generic_device", "device", "generic_device"]


def test_compressors_that_fit_are_ours(feature):
    session, _ = feature("dynamics")
    rows = session.tracks[0].devices
    want = {"attack_s": 0.02, "release_s": 0.2, "ratio": 4.0, "threshold_db": -25.0, "makeup_db": 5.0}
    assert rows[0].device == "compressor" and rows[0].values == pytest.approx(want)
    assert [row.plugin.label for row in rows[1:]] == ["Auto", "NoiseGate", "Limiter", "Chorus"]


def test_fades_and_crossfades(feature):
    session, losses = feature("fades")
    rows = [(c.start_samples, c.offset_samples, c.fade_in_samples, c.fade_out_samples) for c in session.tracks[0].clips]
    # 0.02 beats before its time; and fades of half a beat each on a clip of a tenth: the later one stays.
    assert rows == [(0, 0, 80, 160), (7920, 240, 80, 0), (16000, 0, 0, 400)]
    assert [kind for kind, _ in losses] == ["fade"]


def test_gain_of_clips(feature):
    session, losses = feature("clip_gain")
    rows = [(round(c.gain_db, 2), c.fade_in_samples, c.fade_shape) for c in session.tracks[0].clips]
    assert rows[:2] == [(-6.0, 0, "linear"), (-6.02, 160, "linear")]
    assert [kind for kind, _ in losses] == ["clip_envelope", "expression"]


def test_what_a_session_has_not_is_told(feature):
    session, losses = feature("left_out")
    kinds = "muted_clip video clip_slot markers vca trackless unknown comment scene unknown"
    assert [kind for kind, _ in losses] == kinds.split()
    assert clips_of(session) == [(0, 0, 800)]


def test_audio_outside_comes_from_beside_alone(feature, tmp_path):
    session, losses = feature("external")
    assert [clip.audio for clip in session.tracks[0].clips] == ["audio/outside.wav"]
    assert [kind for kind, _ in losses] == ["missing_audio"] * 7
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == ["audio", "outside.wav"]


def test_no_other_file_of_its_name_stands_in_for_audio(tmp_path):
    """The reader does not search for files in other folders, as REAPER's does (foreign.moved_audio)."""
    shutil.copy(fixtures.ROOT / "external.dawproject", tmp_path)
    for copy in ("sounds/outside.wav", "a.wav", "sounds/gone.wav", "audio/gone.wav"):
        (tmp_path / copy).parent.mkdir(exist_ok=True)
        shutil.copy(fixtures.ROOT / "sounds/outside.wav", tmp_path / copy)
    session, losses = dawproject.read(tmp_path / "external.dawproject", Media(tmp_path / "out"))
    assert [clip.audio for clip in session.tracks[0].clips] == ["audio/outside.wav"]
    assert [loss.kind for loss in losses] == ["foreign.missing_audio"] * 7


def test_names_are_made_unique(feature):
    session, losses = feature("names")
    assert [t.name for t in session.tracks] == ["master 2", "Vox & <Co>", "Vox & <Co> 2", "Track 4"]
    assert [kind for kind, _ in losses] == ["channel.name"] * 3


def test_a_track_that_others_go_to_is_a_bus_and_a_track(feature):
    session, losses = feature("own_and_inputs")
    outputs = [(row.name, row.output) for row in session.channels]
    assert outputs == [("Track 1 (own)", "Track 1"), ("Track 2", "Track 1"), ("Track 1", MASTER)] and not losses


def test_most_files_give_the_rate(feature):
    session, _ = feature("rates")
    assert session.sample_rate == 8000 and clips_of(session)[1] == (8000, 0, 4000)


# Faults


@pytest.mark.parametrize("path", sorted((fixtures.ROOT / "corrupted").iterdir()), ids=lambda path: path.stem)
def test_what_is_broken_is_refused_in_one_line(path, tmp_path):
    with pytest.raises(InputError) as caught:
        dawproject.read(path, Media(tmp_path / "out"))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert not [row for row in tmp_path.rglob("*") if row.is_file() and "audio" not in row.parts]


def bomb(path: Path, told_bytes: int, content: bytes = b"x") -> Path:
    """An archive whose directory says that an entry unpacks to `size` bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.xml", fixtures.FEATURES["minimal"])
        archive.writestr("audio/big.wav", content)
    data = bytearray(path.read_bytes())
    last = data.rfind(b"PK\x01\x02")
    data[last + 24 : last + 28] = struct.pack("<I", told_bytes)
    path.write_bytes(data)
    return path


def test_bombs_are_refused_before_they_are_unpacked(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="unpacks to 42949671"):
        dawproject.read(bomb(tmp_path / "told.dawproject", 0xFFFFFF00), Media(tmp_path / "out"))
    with zipfile.ZipFile(tmp_path / "real.dawproject", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.xml", fixtures.FEATURES["minimal"])
        archive.writestr("audio/big.wav", bytes(2**22))
    monkeypatch.setattr(safe_archive, "MOST_BYTES", 2**20)
    with pytest.raises(InputError, match="unpacks to 4"):
        dawproject.read(tmp_path / "real.dawproject", Media(tmp_path / "out"))


def test_an_entry_is_never_longer_than_it_says(tmp_path):
    path = bomb(tmp_path / "lie.dawproject", 10, bytes(2**20))
    with safe_archive.open_archive(path) as archive, pytest.raises(InputError, match="cannot be unpacked"):
        archive.copy("audio/big.wav", tmp_path / "big.wav")
    assert (tmp_path / "big.wav").stat().st_size <= 10


def test_archives_of_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(safe_archive, "MOST_ENTRIES", 1)
    with pytest.raises(InputError, match="2 files in the archive; at most 1"):
        dawproject.read(bomb(tmp_path / "many.dawproject", 1), Media(tmp_path / "out"))


def test_project_xml_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(safe_archive, "LARGEST_BYTES", 50)
    with pytest.raises(InputError, match="at most 50 are read"):
        dawproject.read(fixtures.ROOT / "minimal.dawproject", Media(tmp_path / "out"))


def test_references_that_double_are_stopped(tmp_path):
    clips = "".join('<Clip time="0" duration="1" reference="c{}"/>' for _ in range(2))
    rows = "".join(f'<Clips id="c{n}">{clips.format(n + 1, n + 1)}</Clips>' for n in range(60))
    xml = parts.project("", rows + f'<Clips id="c60">{parts.CLIP}</Clips>')
    (tmp_path / "double.dawproject").write_bytes(fixtures.archive(xml, fixtures.files()))
    with pytest.raises(InputError, match="more than 100000 clips"):
        dawproject.read(tmp_path / "double.dawproject", Media(tmp_path / "out"))
