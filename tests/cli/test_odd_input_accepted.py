"""Odd input of `recover` that is accepted, with a note where the result may surprise."""

import json
import os
import shutil

import numpy as np
import pytest

import dawbridge as db
from command_line import call
from tiny_song import RATE
from wav_files import read, write

pytest_plugins = ("song_fixtures",)


def add_mono(song):
    write(song / "stems" / "mono.wav", read(song / "stems" / "drum.wav")[0][:, :1])
    return "track 'mono': mono"


def make_mix_mono(song):
    write(song / "mix.wav", read(song / "mix.wav")[0].mean(axis=1))
    return "the mix is mono: it is compared as two equal channels"


def cut_a_track_short(song):
    path = song / "stems" / "drum.wav"
    os.truncate(path, os.path.getsize(path) - RATE // 4 * 4)
    return "track 'drum': drum.wav is cut short: its header promises 1.000 s, 0.750 s are there; the rest is silent"


def add_silence(song):
    write(song / "stems" / "quiet.wav", np.zeros((1000, 2)))
    return "track 'quiet': silent, so nothing can be found for it; it keeps the defaults"


def add_near_silence(song):
    write(song / "stems" / "hiss.wav", np.full((1000, 2), 2e-4))
    return "track 'hiss': too quiet"


def clip_a_track(song):
    write(song / "stems" / "hot.wav", np.clip(9 * read(song / "stems" / "noise.wav")[0], -1, 1), subtype="PCM_16")
    return "track 'hot': reaches full scale"


def clip_the_mix(song):
    write(song / "mix.wav", np.clip(9 * read(song / "mix.wav")[0], -1, 1))
    return "the mix reaches full scale"


def use_another_rate(song):
    write(song / "stems" / "other.wav", read(song / "stems" / "drum.wav")[0], 48000)
    return "track 'other': resampled from 48000 to 22050 Hz, the mix's rate"


def use_the_lowest_rate_for_the_mix(song):
    write(song / "mix.wav", read(song / "mix.wav")[0][:: RATE // 8000], 8000)
    return "track 'drum': resampled from 22050 to 8000 Hz"


def shorten_the_mix(song):
    write(song / "mix.wav", read(song / "mix.wav")[0][: RATE // 2])
    return "the mix ends 0.50 s before the tracks do"


def lengthen_the_mix(song):
    write(song / "mix.wav", np.pad(read(song / "mix.wav")[0], ((0, RATE // 2), (0, 0))))
    return "the mix ends 0.50 s after the tracks do"


def start_the_tracks_later(song):
    write(song / "mix.wav", np.pad(read(song / "mix.wav")[0], ((1234, 0), (0, 0))))
    return "the tracks start +0.0560 s (+1234 samples) on the mix's timeline"


def start_the_tracks_earlier(song):
    write(song / "mix.wav", read(song / "mix.wav")[0][1234:])
    return "the tracks start -0.0560 s (-1234 samples) on the mix's timeline"


def shorten_another_track(song):
    write(song / "stems" / "noise.wav", read(song / "stems" / "noise.wav")[0][: RATE // 4])
    return "tracks of different lengths"


def add_other_files(song):
    (song / "stems" / "notes.txt").write_text("loud")
    (song / "stems" / "take.mp3").write_bytes(b"mp3")
    (song / "stems" / ".hidden.wav").write_text("")
    return "no tracks, since only WAV, FLAC, OGG and AIFF files are read: notes.txt, take.mp3"


def add_one_sample(song):
    write(song / "stems" / "click.wav", np.ones((1, 1)), 44100)
    return "track 'click': resampled"


ODD_TRACKS = [add_mono, add_silence, add_near_silence, clip_a_track, use_another_rate]
ODD_TRACKS += [cut_a_track_short, shorten_another_track, add_other_files, add_one_sample]
ODD_MIXES = [[make_mix_mono, clip_the_mix], [use_the_lowest_rate_for_the_mix], [shorten_the_mix], [lengthen_the_mix]]


@pytest.mark.parametrize("changes", [ODD_TRACKS, *ODD_MIXES], ids=lambda changes: changes[-1].__name__)
def test_odd_input_is_accepted_with_a_note(changes, song_folder, recover):
    notes = [change(song_folder) for change in changes]
    answer = recover()
    assert answer.code == 0, answer.err
    check_notes(song_folder, answer, notes)
    mix, reference = read(song_folder / "out" / "mix.wav")[0], read(song_folder / "mix.wav")[0]
    assert len(mix) == len(reference) and np.isfinite(mix).all()


def check_notes(song, answer, notes):
    """Each stands in the metrics, on standard error, and in the report."""
    written = json.loads((song / "out" / "metrics.json").read_text())["notes"]
    page = (song / "out" / "report.html").read_text().replace("&#39;", "'").replace("&#x27;", "'")
    for note in notes:
        assert [line for line in written if line.startswith(note)], (note, written)
        assert f"note: {note}" in answer.err and note in page


@pytest.mark.parametrize("offset", [1234, -1234])
def test_an_offset_is_part_of_the_session(offset, song_folder, recover):
    """The mix that is rendered again stands where the reference does."""
    note = (start_the_tracks_later if offset > 0 else start_the_tracks_earlier)(song_folder)
    check_notes(song_folder, recover(), [note])
    session = db.load_session(song_folder / "out" / "session.json")
    assert {track.start_samples for track in session.tracks} == {offset}
    db.render(song_folder / "out" / "session.json", song_folder / "again", workers=1)
    assert (song_folder / "again" / "mix.wav").read_bytes() == (song_folder / "out" / "mix.wav").read_bytes()
    mix, reference = (read(path)[0].mean(axis=1) for path in (song_folder / "out" / "mix.wav", song_folder / "mix.wav"))
    lags = np.correlate(mix, reference, "full")
    assert abs(int(np.abs(lags).argmax()) - (len(reference) - 1)) <= 2


NAMES = ["Lead Vox", "Größe", "声", "a%2Fb", "x.y", "-", "con", "a'b\"c<d>&", "🥁", "tab\there", "bell\x07"]


def test_names_of_every_kind(song_folder, recover):
    for name in NAMES:
        shutil.copy(song_folder / "stems" / "noise.wav", song_folder / "stems" / f"{name}.wav")
    answer = recover("--formats", "ardour")
    assert answer.code == 0, answer.err
    names = {"drum", "noise", *NAMES}
    assert {track.name for track in db.load_session(song_folder / "out" / "session.json").tracks} == names
    for folder in ("audio", "stems", "presets"):
        files = [path.stem if path.is_file() else path.name for path in (song_folder / "out" / folder).iterdir()]
        assert len(set(files) - {"losses"}) == len(names) and all(file.isascii() for file in files), folder


def test_a_slash_in_a_tracks_name(song_folder, recover, capsys, monkeypatch):
    recover()
    path = song_folder / "out" / "session.json"
    session = json.loads(path.read_text())
    session["tracks"][0]["name"] = "../drum/loud"
    path.write_text(json.dumps(session))
    for verb, *options in (("render", "--stems"), ("export", "--format", "ardour"), ("export", "--format", "presets")):
        out = song_folder / f"{verb} {options[-1]}"
        answer = call(capsys, monkeypatch, verb, path, "--out", out, *options)
        assert answer.code == 0, answer.err
        assert all(file.is_relative_to(out) for file in out.rglob("*"))
    assert (song_folder / "render --stems" / "stems" / "%2E.%2Fdrum%2Floud.wav").exists()


@pytest.mark.parametrize("seconds", [0.2, 0.05, 1 / RATE])
def test_a_song_shorter_than_any_window(seconds, song_folder, recover):
    length = round(seconds * RATE)
    for path in (song_folder / "mix.wav", *(song_folder / "stems").iterdir()):
        write(path, read(path)[0][:length] + 0.01)
    answer = recover("--budget", 30)
    assert answer.code == 0, answer.err
    assert len(read(song_folder / "out" / "mix.wav")[0]) == length


def test_nothing_but_silent_tracks(song_folder, recover):
    for path in (song_folder / "stems").iterdir():
        write(path, 0 * read(path)[0])
    answer = recover("--budget", 30)
    assert answer.code == 0, answer.err
    metrics = json.loads((song_folder / "out" / "metrics.json").read_text())
    assert metrics["budget_renders"] == 0 and metrics["loudness_difference_lu"] is None
    assert not read(song_folder / "out" / "mix.wav")[0].any()


def test_a_chain_with_nothing_free(song_folder, recover):
    (song_folder / "chain.json").write_text('{"devices": [{"device": "gain", "values": {"gain_db": -6}}]}')
    answer = recover("--chain", song_folder / "chain.json", "--budget", 30)
    assert answer.code == 0, answer.err
    dry = sum(np.broadcast_to(read(path)[0], (RATE, 2)) for path in (song_folder / "stems").iterdir())
    mono_centre = np.broadcast_to(read(song_folder / "stems" / "drum.wav")[0], (RATE, 2)) * (0.5**0.5 - 1)
    assert read(song_folder / "out" / "mix.wav")[0] == pytest.approx((dry + mono_centre) * 10 ** (-6 / 20), abs=1e-6)


def test_a_chain_without_devices_and_one_track_of_its_own(song_folder, recover):
    own = {"devices": [{"device": "gain", "free": {"gain_db": [-6, 6]}}]}
    (song_folder / "chain.json").write_text(json.dumps({"tracks": {"drum": own}}))
    assert recover("--chain", song_folder / "chain.json", "--budget", 40).code == 0
    session = db.load_session(song_folder / "out" / "session.json")
    assert [len(track.devices) for track in session.tracks] == [1, 0]


def test_the_mix_in_the_stems_folder_is_no_track(song_folder, recover):
    inside = shutil.move(song_folder / "mix.wav", song_folder / "stems" / "mix.wav")
    answer = recover(mix=inside)
    assert answer.code == 0, answer.err
    assert [track.name for track in db.load_session(song_folder / "out" / "session.json").tracks] == ["drum", "noise"]
