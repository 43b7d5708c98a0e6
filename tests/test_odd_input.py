"""Odd input of `recover`: accepted with a note, or refused in one line with nothing written and nothing lost."""

import json
import os
import resource
import shutil

import numpy as np
import pytest
import soundfile
import tiny_song
from command_line import call, files_of
from tiny_song import RATE

import dawbridge as db

SECONDS = 1.0


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A folder with `stems/` (drum, noise) and `mix.wav`; each test works on a copy."""
    folder = tmp_path_factory.mktemp("plain")
    made = tiny_song.tracks(SECONDS)
    stems = tiny_song.write_tracks(folder / "stems", {name: made[name] for name in ("drum", "noise")})
    _, mix = tiny_song.mixed(stems)
    write(folder / "mix.wav", mix)
    return folder


@pytest.fixture
def song(plain, tmp_path):
    shutil.copytree(plain, tmp_path / "song")
    return tmp_path / "song"


@pytest.fixture
def recover(song, capsys, monkeypatch):
    """A function: options → the answer of a recovery of `song` into `song/out`, without a search."""

    def recover(*options, **places):
        given = {"stems": song / "stems", "mix": song / "mix.wav", "out": song / "out"} | places
        options = ("--out", given["out"], "--budget", 0, "--workers", 1, "--formats", "", *options)
        return call(capsys, monkeypatch, "recover", given["stems"], given["mix"], *options)

    return recover


def write(path, samples, rate=RATE, subtype="FLOAT"):
    soundfile.write(path, samples, rate, subtype=subtype)


def read(path):
    return soundfile.read(path, always_2d=True)


# Accepted, with a note


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
def test_odd_input_is_accepted_with_a_note(changes, song, recover):
    notes = [change(song) for change in changes]
    answer = recover()
    assert answer.code == 0, answer.err
    check_notes(song, answer, notes)
    mix, reference = read(song / "out" / "mix.wav")[0], read(song / "mix.wav")[0]
    assert len(mix) == len(reference) and np.isfinite(mix).all()


def check_notes(song, answer, notes):
    """Each stands in the metrics, on standard error, and in the report."""
    written = json.loads((song / "out" / "metrics.json").read_text())["notes"]
    page = (song / "out" / "report.html").read_text().replace("&#39;", "'").replace("&#x27;", "'")
    for note in notes:
        assert [line for line in written if line.startswith(note)], (note, written)
        assert f"note: {note}" in answer.err and note in page


@pytest.mark.parametrize("offset", [1234, -1234])
def test_an_offset_is_part_of_the_session(offset, song, recover):
    """The mix that is rendered again stands where the reference does."""
    note = (start_the_tracks_later if offset > 0 else start_the_tracks_earlier)(song)
    check_notes(song, recover(), [note])
    session = db.load_session(song / "out" / "session.json")
    assert {track.start_samples for track in session.tracks} == {offset}
    db.render(song / "out" / "session.json", song / "again", workers=1)
    assert (song / "again" / "mix.wav").read_bytes() == (song / "out" / "mix.wav").read_bytes()
    mix, reference = (read(path)[0].mean(axis=1) for path in (song / "out" / "mix.wav", song / "mix.wav"))
    lags = np.correlate(mix, reference, "full")
    assert abs(int(np.abs(lags).argmax()) - (len(reference) - 1)) <= 2


NAMES = ["Lead Vox", "Größe", "声", "a%2Fb", "x.y", "-", "con", "a'b\"c<d>&", "🥁", "tab\there", "bell\x07"]


def test_names_of_every_kind(song, recover):
    for name in NAMES:
        shutil.copy(song / "stems" / "noise.wav", song / "stems" / f"{name}.wav")
    answer = recover("--formats", "ardour")
    assert answer.code == 0, answer.err
    names = {"drum", "noise", *NAMES}
    assert {track.name for track in db.load_session(song / "out" / "session.json").tracks} == names
    for folder in ("audio", "stems", "presets"):
        files = [path.stem if path.is_file() else path.name for path in (song / "out" / folder).iterdir()]
        assert len(set(files) - {"losses"}) == len(names) and all(file.isascii() for file in files), folder


def test_a_slash_in_a_tracks_name(song, recover, capsys, monkeypatch):
    recover()
    path = song / "out" / "session.json"
    session = json.loads(path.read_text())
    session["tracks"][0]["name"] = "../drum/loud"
    path.write_text(json.dumps(session))
    for verb, *options in (("render", "--stems"), ("export", "--format", "ardour"), ("export", "--format", "presets")):
        out = song / f"{verb} {options[-1]}"
        answer = call(capsys, monkeypatch, verb, path, "--out", out, *options)
        assert answer.code == 0, answer.err
        assert all(file.is_relative_to(out) for file in out.rglob("*"))
    assert (song / "render --stems" / "stems" / "%2E.%2Fdrum%2Floud.wav").exists()


@pytest.mark.parametrize("seconds", [0.2, 0.05, 1 / RATE])
def test_a_song_shorter_than_any_window(seconds, song, recover):
    length = round(seconds * RATE)
    for path in (song / "mix.wav", *(song / "stems").iterdir()):
        write(path, read(path)[0][:length] + 0.01)
    answer = recover("--budget", 30)
    assert answer.code == 0, answer.err
    assert len(read(song / "out" / "mix.wav")[0]) == length


def test_nothing_but_silent_tracks(song, recover):
    for path in (song / "stems").iterdir():
        write(path, 0 * read(path)[0])
    answer = recover("--budget", 30)
    assert answer.code == 0, answer.err
    metrics = json.loads((song / "out" / "metrics.json").read_text())
    assert metrics["budget_renders"] == 0 and metrics["loudness_difference_lu"] is None
    assert not read(song / "out" / "mix.wav")[0].any()


def test_a_chain_with_nothing_free(song, recover):
    (song / "chain.json").write_text('{"devices": [{"device": "gain", "values": {"gain_db": -6}}]}')
    answer = recover("--chain", song / "chain.json", "--budget", 30)
    assert answer.code == 0, answer.err
    dry = sum(np.broadcast_to(read(path)[0], (RATE, 2)) for path in (song / "stems").iterdir())
    mono_centre = np.broadcast_to(read(song / "stems" / "drum.wav")[0], (RATE, 2)) * (0.5**0.5 - 1)
    assert read(song / "out" / "mix.wav")[0] == pytest.approx((dry + mono_centre) * 10 ** (-6 / 20), abs=1e-6)


def test_a_chain_without_devices_and_one_track_of_its_own(song, recover):
    own = {"devices": [{"device": "gain", "free": {"gain_db": [-6, 6]}}]}
    (song / "chain.json").write_text(json.dumps({"tracks": {"drum": own}}))
    assert recover("--chain", song / "chain.json", "--budget", 40).code == 0
    session = db.load_session(song / "out" / "session.json")
    assert [len(track.devices) for track in session.tracks] == [1, 0]


def test_the_mix_in_the_stems_folder_is_no_track(song, recover):
    inside = shutil.move(song / "mix.wav", song / "stems" / "mix.wav")
    answer = recover(mix=inside)
    assert answer.code == 0, answer.err
    assert [track.name for track in db.load_session(song / "out" / "session.json").tracks] == ["drum", "noise"]


# Refused, and nothing is written


def no_folder(song):
    shutil.rmtree(song / "stems")
    return "stems: No such file or directory; give a folder of WAV, FLAC, OGG or AIFF files"


def no_file_in_the_folder(song):
    shutil.rmtree(song / "stems")
    (song / "stems").mkdir()
    return "stems: no audio in it; give a folder of WAV, FLAC, OGG or AIFF files"


def a_file_for_a_folder(song):
    shutil.rmtree(song / "stems")
    (song / "stems").write_text("")
    return "stems: Not a directory"


def only_the_mix(song):
    shutil.rmtree(song / "stems")
    (song / "stems").mkdir()
    os.link(song / "mix.wav", song / "stems" / "mix.wav")
    return "holds only the mix"


def garbage(song):
    (song / "stems" / "drum.wav").write_bytes(b"RIFF" + bytes(range(200)))
    return "drum.wav: no readable audio"


def an_empty_file(song):
    (song / "stems" / "drum.wav").write_bytes(b"")
    return "drum.wav: no readable audio"


def no_samples(song):
    write(song / "stems" / "drum.wav", np.zeros((0, 1)))
    return "drum.wav: no samples"


def three_channels(song):
    write(song / "stems" / "drum.wav", np.zeros((100, 3)))
    return "drum.wav: 3 channels; tracks and mixes are mono or stereo, split the file"


def six_channels_in_the_mix(song):
    write(song / "mix.wav", np.ones((100, 6)))
    return "mix.wav: 6 channels"


def nan(song):
    write(song / "stems" / "drum.wav", np.array([0, 1, np.nan, 1]))
    return "drum.wav: NaN or Inf at sample 2"


def infinity_in_the_mix(song):
    write(song / "mix.wav", np.array([0, -np.inf]))
    return "mix.wav: NaN or Inf at sample 1"


def no_audio_at_all(song):
    write(song / "stems" / "drum.wav", np.full(100, 1e20))
    return "drum.wav: samples up to 1e+20; full scale is 1"


def two_files_of_a_name(song):
    soundfile.write(song / "stems" / "drum.flac", np.zeros(100), RATE)
    return "stems: two files for track 'drum'; rename one"


def a_silent_mix(song):
    write(song / "mix.wav", np.zeros((RATE, 2)))
    return "mix.wav: the mix is silent; there is nothing to recover"


def no_mix(song):
    (song / "mix.wav").unlink()
    return "mix.wav: no readable audio"


def too_low_a_rate(song):
    write(song / "mix.wav", read(song / "mix.wav")[0], 4000)
    return "mix.wav: sample rate 4000 Hz outside 8000…384000 Hz"


def a_name_that_is_no_text(song):
    os.rename(os.fsencode(song / "stems" / "drum.wav"), os.fsencode(song / "stems") + b"/\xff.wav")
    return "the file name '\\udcff.wav' is no Unicode text"


REFUSED = [no_folder, no_file_in_the_folder, a_file_for_a_folder, only_the_mix, garbage, an_empty_file, no_samples]
REFUSED += [three_channels, six_channels_in_the_mix, nan, infinity_in_the_mix, no_audio_at_all, two_files_of_a_name]
REFUSED += [a_silent_mix, no_mix, too_low_a_rate, a_name_that_is_no_text]


@pytest.mark.parametrize("change", REFUSED, ids=lambda function: function.__name__)
def test_bad_input_is_refused_and_nothing_is_written(change, song, recover):
    message = change(song)
    before = files_of(song)
    assert message in recover().refusal(2)
    assert files_of(song) == before and not (song / "out").exists()


OPTIONS = {
    "an unknown chain": (["--chain", "concole"], 2, "unknown chain 'concole': neither a file nor one of console"),
    "an unknown format": (["--formats", "ardour,cubase"], 2, "unknown format 'cubase'; known are ardour, "),
    "a budget below zero": (["--budget", "-1"], 2, "Invalid value for '--budget'"),
    "a seed below zero": (["--seed", "-1"], 2, "Invalid value for '--seed'"),
    "a seed too large": (["--seed", str(2**64)], 2, "Invalid value for '--seed'"),
    "no workers": (["--workers", "0"], 2, "Invalid value for '--workers'"),
    "an unknown option": (["--loud"], 2, "No such option: --loud"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_bad_options_are_refused(name, song, recover):
    options, code, message = OPTIONS[name]
    assert message in recover(*options).refusal(code)
    assert not (song / "out").exists()


CHAINS = {
    "an unknown device": ({"devices": [{"device": "flanger"}]}, "device 1: unknown device 'flanger'; known are "),
    "an unknown parameter": ({"devices": [{"device": "gain", "values": {"gain": 1}}]}, "gain has no parameter 'gain'"),
    "a value out of range": ({"devices": [{"device": "gain", "values": {"gain_db": 99}}]}, "gain_db=99 outside -24…24"),
    "an unknown track": ({"tracks": {"Drum": {}}}, "no track 'Drum'; the tracks are drum, noise"),
    "a newer version": ({"version": 7}, "version 7 is newer than this dawbridge reads (1); update dawbridge"),
}


@pytest.mark.parametrize("name", CHAINS)
def test_bad_chains_are_refused(name, song, recover):
    data, message = CHAINS[name]
    (song / "chain.json").write_text(json.dumps(data))
    assert message in recover("--chain", song / "chain.json").refusal(2)
    assert not (song / "out").exists()


@pytest.fixture
def ghost(tmp_path, monkeypatch):
    """A device whose plugin is installed nowhere."""
    from dawbridge.devices import registry
    from dawbridge.places import data_folder

    table = (data_folder("plugins") / "zam_eq2.toml").read_text()
    (tmp_path / "data" / "plugins").mkdir(parents=True)
    (tmp_path / "data" / "plugins" / "ghost.toml").write_text(
        table.replace("zam_eq2", "ghost").replace("ZamEQ2.vst3", "Ghost.vst3")
    )
    monkeypatch.setenv("DAWBRIDGE_DATA", str(tmp_path / "data"))
    registry.all_devices.cache_clear()
    yield "ghost"
    monkeypatch.undo()
    registry.all_devices.cache_clear()


def test_a_missing_plugin_ends_a_recovery_with_3_before_any_work(ghost, song, recover):
    (song / "chain.json").write_text(json.dumps({"devices": [{"device": ghost}]}))
    message = recover("--chain", song / "chain.json").refusal(3)
    assert "track 'drum' device 1: plugin" in message and "is missing: no Ghost.vst3 in the plugin folders" in message
    assert not (song / "out").exists()


def test_a_missing_plugin_ends_a_render_with_3_unless_it_may_be_left_out(ghost, song, recover, capsys, monkeypatch):
    recover()
    path = song / "out" / "session.json"
    session = json.loads(path.read_text())
    session["tracks"][1]["devices"].append({"device": ghost})
    path.write_text(json.dumps(session))
    arguments = "render", path, "--out", song / "again", "--quiet"
    assert "plugin" in call(capsys, monkeypatch, *arguments).refusal(3)
    assert not (song / "again").exists()
    assert call(capsys, monkeypatch, *arguments, "--allow-missing").code == 0
    (bypassed,) = json.loads((song / "again" / "metrics.json").read_text())["bypassed"]
    assert bypassed.endswith("on track 'noise'")
    assert (song / "again" / "mix.wav").read_bytes() == (song / "out" / "mix.wav").read_bytes()


# Where the result goes


def test_a_folder_that_holds_something_else_stays_as_it_is(song, recover):
    (song / "out").mkdir()
    (song / "out" / "thesis.txt").write_text("years of work")
    wanted = "out: holds something else, or a result changed since; give a new or empty folder"
    assert wanted in recover().refusal(2)
    assert files_of(song / "out") == {"thesis.txt": b"years of work"}


def test_an_earlier_result_that_was_edited_stays_as_it_is(song, recover):
    assert recover().code == 0
    (song / "out" / "session.json").write_text("{}")
    before = files_of(song / "out")
    assert "holds something else" in recover().refusal(2)
    assert files_of(song / "out") == before


def test_a_file_in_the_folders_place(song, recover):
    (song / "out").write_text("mine")
    assert "out: a file stands there; give another folder" in recover().refusal(2)
    assert "cannot be written" in recover(out=song / "out" / "deeper").refusal(2)
    assert (song / "out").read_text() == "mine"


@pytest.mark.parametrize("place", [".", "stems", "../song", "stems/.."])
def test_the_result_may_not_stand_on_its_inputs(place, song, recover):
    before = files_of(song)
    assert "holds the input" in recover(out=song / place).refusal(2)
    assert files_of(song) == before


def test_a_refused_recovery_leaves_the_earlier_result(song, recover):
    assert recover().code == 0
    before = files_of(song / "out")
    write(song / "mix.wav", np.zeros((100, 2)))
    assert "silent" in recover().refusal(2)
    assert files_of(song / "out") == before


def test_a_full_disk_leaves_the_earlier_result_and_no_partial_files(song, recover):
    """As a limit on the size of files: the system refuses more bytes at the same places as where a disk is full."""
    assert recover("--formats", "ardour").code == 0
    before = files_of(song)
    for limit in (1000, len(before["out/mix.wav"]) - 1):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            answer = recover("--formats", "ardour", "--quiet")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "cannot be written ([Errno 27] File too large" in answer.refusal(2)
        assert files_of(song) == before
