"""`dawbridge render`: many sessions, versions by --set, file formats, level targets, stems, exit codes."""

import json
import shutil

import numpy as np
import pytest
import soundfile
from command_line import call, files_of
from strip_jobs import RATE, noise

from dawbridge.features.loudness import loudness_lufs
from dawbridge.features.true_peak import true_peak_dbtp
from dawbridge.files import safe_file_name
from dawbridge.places import user_cache_folder
from dawbridge.session import Bus, Device, Master, Send, Session, Track, read_session, write_session
from dawbridge.session.automation import Automation, Point
from dawbridge.session.change import changed

pytest_plugins = ("fault_plugins",)

LENGTH = RATE // 2
FADE = Automation(points=(Point(time=0.0, value=-20.0), Point(time=0.5, value=0.0)))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """A cache of the test's own, and globs start in its folder."""
    monkeypatch.setenv("DAWBRIDGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def dawbridge(capsys, monkeypatch):
    """A function: arguments of render → the answer."""
    return lambda *arguments: call(capsys, monkeypatch, "render", "--workers", 2, "--quiet", *arguments)


@pytest.fixture
def song(tmp_path):
    """A session with all that can be set: automation, a send to a bus, an instrument, two devices of a kind."""
    for number in range(2):
        soundfile.write(tmp_path / f"{number}.wav", noise(LENGTH, seed=number).T, RATE, subtype="FLOAT")
    gains = (Device(device="gain", automation={"gain_db": FADE}), Device(device="gain", values={"gain_db": 2.0}))
    tracks = (
        Track(name="Vox", audio="0.wav", devices=gains, automation={"fader_db": FADE}, sends=(Send(to="Verb"),)),
        Track(name="a/b=c", audio="1.wav", devices=(Device(device="eq"),), output="Verb"),
        Track(name="Keys", instrument=Device(device="synth")),
    )
    reverb = Device(device="reverb", values={"wet_0to1": 0.5})
    session = Session(
        sample_rate=RATE, length_samples=LENGTH, tracks=tracks, buses=(Bus(name="Verb", devices=(reverb,)),)
    )
    write_session(session, tmp_path / "session.json")
    return tmp_path / "session.json"


@pytest.fixture
def simple(tmp_path):
    """A function (path in the test's folder, gain in dB) → the path of a session of one track."""

    def write(name: str, gain_db: float = 0.0, device: str = "gain"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (path.parent / "noise.wav").exists():
            soundfile.write(path.parent / "noise.wav", noise(4800).T, RATE, subtype="FLOAT")
        values = {"gain_db": gain_db} if device == "gain" else {}
        track = Track(name="only", audio="noise.wav", devices=(Device(device=device, values=values),))
        write_session(Session(name=path.stem, sample_rate=RATE, length_samples=4800, tracks=(track,)), path)
        return path

    return write


def rows_of(answer) -> list[dict]:
    """The JSON lines."""
    return [json.loads(line) for line in answer.out.splitlines()]


def audio(path) -> np.ndarray:
    """[n, 2]"""
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


def folders(out) -> list[str]:
    return sorted(path.name for path in out.iterdir())


# Many sessions


def test_each_session_gets_a_folder_and_a_json_line(simple, dawbridge, tmp_out):
    paths = [simple("a.json", -6.0), simple("b.json", 0.0), simple("c.json", 6.0)]
    answer = dawbridge(*paths, "--out", tmp_out)
    assert (answer.code, answer.err) == (0, "")
    rows = rows_of(answer)
    assert [row["file"] for row in rows] == list(map(str, paths))
    assert [row["out"] for row in rows] == [str(tmp_out / name) for name in "abc"] and folders(tmp_out) == [
        "a",
        "b",
        "c",
    ]
    for row, gain_db in zip(rows, (-6.0, 0.0, 6.0)):
        mix = audio(tmp_out / row["session"] / "mix.wav")
        np.testing.assert_allclose(mix.T, noise(4800) * 10 ** (gain_db / 20), atol=1e-6)
        assert row["peak"] == pytest.approx(np.abs(mix).max())


@pytest.mark.parametrize("pattern", ["songs/*.json", "songs/[ab].json", "*/a.json", "**/a.json", "songs/?.json"])
def test_a_quoted_glob_names_sessions(simple, dawbridge, tmp_out, tmp_path, pattern):
    simple("songs/a.json"), simple("songs/b.json")
    for wanted in (pattern, tmp_path / pattern):
        out = tmp_out / str(len(folders(tmp_out)) if tmp_out.exists() else 0)
        answer = dawbridge(wanted, "--out", out)
        names = ["a", "b"] if "a.json" not in pattern else ["a"]
        assert answer.code == 0 and folders(out) == names and len(rows_of(answer)) == len(names)


def test_a_session_named_twice_is_rendered_once(simple, dawbridge, tmp_out):
    path = simple("songs/a.json")
    assert len(rows_of(dawbridge("songs/*.json", "songs/a.json", "--out", tmp_out))) == 1
    assert len(rows_of(dawbridge("songs/*.json", path, "./songs/a.json", "--out", tmp_out / "again"))) == 1


@pytest.mark.parametrize("pattern", ["songs/*.json", "no/where/*", "[", "**/none.json"])
def test_a_glob_that_matches_nothing_is_refused(dawbridge, tmp_out, pattern):
    assert f"{pattern}: " in dawbridge(pattern, "--out", tmp_out).refusal(2)
    assert not tmp_out.exists()


def test_a_name_with_signs_of_a_glob_is_a_name(simple, dawbridge, tmp_out):
    simple("take [1].json")
    assert dawbridge("take [1].json", "--out", tmp_out).code == 0
    assert (tmp_out / "mix.wav").exists()


def test_sessions_of_one_name_get_folders_of_their_own(simple, dawbridge, tmp_out):
    paths = [simple("x/song.json"), simple("y/song.json"), simple("z/Song.json"), simple("w/song-2.json")]
    answer = dawbridge(*paths, "--out", tmp_out)
    assert answer.code == 0 and len({row["out"].lower() for row in rows_of(answer)}) == 4 == len(folders(tmp_out))


def test_sessions_just_called_session_are_named_by_their_folder(simple, dawbridge, tmp_out):
    simple("kick/session.json"), simple("snare/session.json"), simple("snare/deep/kick/session.json")
    assert dawbridge("**/session.json", "--out", tmp_out).code == 0
    assert folders(tmp_out) == ["kick", "kick-2", "snare"]


# Some fail


def test_a_bad_session_does_not_stop_the_others(simple, dawbridge, tmp_out, tmp_path):
    simple("b.json")
    (tmp_path / "a.json").write_text("{")
    answer = dawbridge("a.json", "b.json", "gone.json", "--out", tmp_out)
    rows = rows_of(answer)
    assert answer.code == 2 and [row.get("exit_code") for row in rows] == [2, None, 2]
    assert rows[0]["error"].startswith("a.json: not JSON") and "gone.json: cannot be read" in rows[2]["error"]
    assert folders(tmp_out) == ["b"]


def test_a_plugin_that_fails_does_not_stop_the_others(simple, add_faulty, dawbridge, tmp_out):
    paths = [simple("a.json", device=add_faulty("CRASH")), simple("b.json")]
    answer = dawbridge(*paths, "--out", tmp_out)
    assert answer.code == 3 and [row.get("exit_code") for row in rows_of(answer)] == [3, None]
    assert "The fault_crash" in rows_of(answer)[0]["error"] and folders(tmp_out) == ["b"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_a_plugins_failure_weighs_more_than_bad_input(simple, add_faulty, dawbridge, tmp_out, tmp_path, order):
    paths = [simple("plugin.json", device=add_faulty("NOT_A_NUMBER")), tmp_path / "bad.json", simple("good.json")]
    paths[1].write_text("[]")
    answer = dawbridge(*(paths[place] for place in order), "--out", tmp_out)
    assert answer.code == 3 and [row.get("exit_code", 0) for row in rows_of(answer)] == [(3, 2, 0)[n] for n in order]
    assert folders(tmp_out) == ["good"]


def test_of_many_an_earlier_result_of_the_failed_stays(simple, dawbridge, tmp_out):
    paths = [simple("a.json"), simple("b.json")]
    assert dawbridge(*paths, "--out", tmp_out).code == 0
    before = files_of(tmp_out / "a")
    paths[0].write_text("{")
    simple("b.json", 6.0)
    assert dawbridge(*paths, "--out", tmp_out).code == 2
    assert files_of(tmp_out / "a") == before
    np.testing.assert_allclose(audio(tmp_out / "b" / "mix.wav").T, noise(4800) * 10**0.3, atol=1e-6)


# --set


def test_every_form_of_a_setting(song):
    session = changed(
        read_session(song),
        [
            "Vox/gain/gain_db=-3",
            "Vox/gain:2/gain_db=4.5",
            "Vox/channel/fader_db=-6",
            "Vox/channel/pan_lr=-0.5",
            "Vox/channel/is_inverted=true",
            "Vox/send:Verb/gain_db=-12",
            "Vox/send:Verb/is_muted=true",
            "a/b=c/eq/bell_1_gain_db=9",
            "a/b=c/channel/output=master",
            "a/b=c/channel/is_soloed=true",
            "Keys/instrument/cutoff_hz=900",
            "Verb/reverb/decay_s=3",
            "Verb/channel/trim_db=1e0",
            "master/channel/fader_db=-1",
        ],
    )
    vox, odd, keys = session.tracks
    assert [device.values for device in vox.devices] == [{"gain_db": -3.0}, {"gain_db": 4.5}]
    assert vox.devices[0].automation == vox.automation == {}, "what is set stands still"
    assert (vox.fader_db, vox.pan_lr, vox.is_inverted) == (-6.0, -0.5, True)
    assert (vox.sends[0].gain_db, vox.sends[0].is_muted) == (-12.0, True)
    assert (odd.devices[0].values, odd.output, odd.is_soloed) == ({"bell_1_gain_db": 9.0}, "master", True)
    assert keys.instrument.values == {"cutoff_hz": 900.0}
    (verb,) = session.buses
    assert (verb.devices[0].values, verb.trim_db) == ({"wet_0to1": 0.5, "decay_s": 3.0}, 1.0)
    assert session.master == Master(fader_db=-1.0)


def test_a_setting_leaves_other_automation(song):
    session = changed(read_session(song), ["Vox/gain:2/gain_db=0", "Vox/channel/pan_lr=1", "Vox/send:Verb/pan_lr=1"])
    assert session.tracks[0].automation == {"fader_db": FADE}
    assert session.tracks[0].devices[0].automation == {"gain_db": FADE}


def test_the_last_of_two_settings_holds(song):
    session = changed(read_session(song), ["Vox/channel/fader_db=-6", "Vox/channel/fader_db=-7"])
    assert session.tracks[0].fader_db == -7.0


BAD = {
    "Vox": "write it as Vox/eq/bell_1_gain_db=-3",
    "Vox/gain/gain_db": "write it as",
    "Vox/gain=3": "write it as",
    "/gain/gain_db=3": "write it as",
    "=": "write it as",
    "Voy/gain/gain_db=3": "no track or bus 'Voy'; there are Vox, a/b=c, Keys, Verb, master",
    "Vox/eq/gain_db=3": "no device 'eq' here; there are gain, gain",
    "Vox/gain:3/gain_db=3": "no device 'gain:3' here",
    "Vox/gain:0/gain_db=3": "no device 'gain:0' here",
    "Vox/gain:-1/gain_db=3": "no device 'gain:-1' here",
    "Vox/gain:x/gain_db=3": "no device 'gain:x' here",
    "Keys/gain/gain_db=3": "no device 'gain' here; there are no devices",
    "Vox/instrument/cutoff_hz=900": "no device 'instrument' here",
    "Vox/gain/gain=3": "gain has no parameter 'gain'; it has gain_db",
    "Vox/gain/gain_db=loud": "'loud' is no number; give one in -24…24 dB",
    "Vox/gain/gain_db=": "'' is no number",
    "Vox/gain/gain_db=25": "gain_db=25 outside -24…24 dB",
    "Vox/gain/gain_db=nan": "is not a finite number",
    "Vox/gain/gain_db=inf": "is not a finite number",
    "Vox/channel/fader_db=25": "less than or equal to 24, got '25'",
    "Vox/channel/fader_db=x": "got 'x'",
    "Vox/channel/fader_db=nan": "got 'nan'",
    "Vox/channel/is_muted=loud": "got 'loud'",
    "Vox/channel/name=x": "no setting 'name' here; there are fader_db, pan_lr, trim_db",
    "Vox/channel/audio=/etc/passwd": "no setting 'audio' here",
    "master/channel/trim_db=1": "no setting 'trim_db' here; there are fader_db, pan_lr",
    "Vox/send:Vox/gain_db=1": "no send to 'Vox'; there are Verb",
    "Verb/send:Verb/gain_db=1": "no send to 'Verb'; there are none",
    "master/send:Verb/gain_db=1": "no send to 'Verb'; there are none",
    "Vox/send:Verb/to=Verb": "no setting 'to' here; there are gain_db, pan_lr, is_muted",
    "Vox/channel/output=Choir": "output 'Choir' is no bus; it can be one of Verb, master",
    "Verb/channel/output=Verb": "routing runs in a loop",
}


@pytest.mark.parametrize("setting", BAD)
def test_a_bad_setting_is_refused(song, dawbridge, tmp_out, setting):
    assert BAD[setting] in dawbridge(song, "--out", tmp_out, "--set", setting).refusal(2)
    assert not tmp_out.exists()


def test_a_setting_is_heard_and_the_file_stays(song, dawbridge, tmp_out):
    before = song.read_bytes()
    mute = ("--set", "Keys/channel/is_muted=true", "--set", "a/b=c/channel/is_muted=true")
    still = ("--set", "Vox/gain/gain_db=0", "--set", "Vox/channel/fader_db=0", "--set", "Vox/send:Verb/is_muted=yes")
    answer = dawbridge(song, "--out", tmp_out, *mute, *still)
    assert (answer.code, answer.err) == (0, "")
    np.testing.assert_allclose(audio(tmp_out / "mix.wav").T, noise(LENGTH, seed=0) * 10**0.1, atol=1e-6)
    assert song.read_bytes() == before


def test_settings_hold_for_each_of_many(simple, dawbridge, tmp_out):
    paths = [simple("a.json", 1.0), simple("b.json", 2.0)]
    rows = rows_of(dawbridge(*paths, "--out", tmp_out, "--set", "only/gain/gain_db=-6"))
    assert rows[0]["peak"] == rows[1]["peak"]
    rows = rows_of(answer := dawbridge(*paths, "--out", tmp_out, "--set", "other/gain/gain_db=-6"))
    assert answer.code == 2 and all("no track or bus 'other'" in row["error"] for row in rows)


# Files


FORMATS = [("wav", 16), ("wav", 24), ("wav", 32), ("flac", 16), ("flac", 24), ("aiff", 16), ("aiff", 24), ("aiff", 32)]


@pytest.mark.parametrize(("suffix", "bits"), FORMATS)
def test_formats_and_bits(simple, dawbridge, tmp_out, suffix, bits):
    answer = dawbridge(simple("a.json"), "--out", tmp_out, "--format", suffix, "--bits", bits, "--stems")
    assert answer.code == 0 and answer.out.startswith(f"{tmp_out / f'mix.{suffix}'}: 1 tracks")
    for path in (tmp_out / f"mix.{suffix}", tmp_out / "stems" / f"only.{suffix}"):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.frames) == (RATE, 2, 4800)
        assert (info.format, info.subtype) == (suffix.upper(), "FLOAT" if bits == 32 else f"PCM_{bits}")
        error = audio(path).T.astype(np.float64) - noise(4800)
        if bits == 32:
            assert not error.any()
        else:  # triangular dither: a quarter of a step squared, and never more than one and a half
            step = 2.0 ** (1 - bits)
            assert np.abs(error).max() <= 1.5 * step + 1e-7
            assert 0.8 < np.sqrt(np.mean(error**2)) / (step / 2) < 1.3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--format", "mp3"), "audio format 'mp3': unknown; choose one of wav, flac, aiff"),
        (("--bits", 20), "20 bits; it takes 16 or 24 or 32"),
        (("--format", "flac", "--bits", 32), "flac: 32 bits; it takes 16 or 24"),
        (("--format", "flac"), "flac: 32 bits"),
        (("--loudness", 3), "loudness target 3 LUFS: outside -70 to 0"),
        (("--loudness", "nan"), "loudness target nan LUFS"),
        (("--true-peak", 30), "true peak target 30 dBTP"),
        (("--block-size", 8), "Invalid value for '--block-size'"),
        (("--block-size", 8193), "Invalid value for '--block-size'"),
        (("--workers", 0), "Invalid value for '--workers'"),
    ],
    ids=str,
)
def test_bad_options_are_refused(simple, dawbridge, tmp_out, options, says):
    assert says in dawbridge(simple("a.json"), "--out", tmp_out, *options).refusal(2)
    assert not tmp_out.exists()


def test_what_is_too_loud_for_16_bits_is_counted(simple, dawbridge, tmp_out):
    path = simple("a.json", 24.0)
    answer = dawbridge(path, "--out", tmp_out, "--bits", 16, "--json")
    loud = np.abs(noise(4800)) * 10 ** (24 / 20) > 1
    (note,) = json.loads(answer.out)["notes"]
    assert note.startswith(f"mix.wav: {loud.sum()} samples clipped at full scale")
    assert json.loads(dawbridge(path, "--out", tmp_out, "--json").out)["notes"] == []


# Level targets


@pytest.mark.parametrize(("loudness", "bits"), [(-23.0, 32), (-14.0, 24), (-30.5, 16)])
def test_the_files_loudness_is_what_was_asked(song, dawbridge, tmp_out, loudness, bits):
    answer = dawbridge(song, "--out", tmp_out, "--loudness", loudness, "--bits", bits, "--stems", "--json")
    assert answer.code == 0
    mix = audio(tmp_out / "mix.wav").T
    assert loudness_lufs(mix, RATE) == pytest.approx(loudness, abs=0.02)
    check_stems_sum(tmp_out, answer, bits)


def test_a_true_peak_holds_the_loudness_back_and_says_so(song, dawbridge, tmp_out):
    answer = dawbridge(song, "--out", tmp_out, "--loudness", -6.0, "--true-peak", -1.0, "--json", "--stems")
    summary, mix = json.loads(answer.out), audio(tmp_out / "mix.wav").T
    assert true_peak_dbtp(mix, RATE) == pytest.approx(-1.0, abs=0.01)
    assert loudness_lufs(mix, RATE) < -6.1 and any("short of -6 LUFS" in note for note in summary["notes"])
    check_stems_sum(tmp_out, answer)


def test_a_true_peak_alone_only_turns_down(simple, dawbridge, tmp_out):
    path = simple("a.json")
    for limit, gain_is_zero in ((-20.0, False), (6.0, True)):
        summary = json.loads(dawbridge(path, "--out", tmp_out, "--true-peak", limit, "--json").out)
        assert (summary["gain_db"] == 0.0) == gain_is_zero and summary["gain_db"] <= 0.0
        assert true_peak_dbtp(audio(tmp_out / "mix.wav").T, RATE) <= limit + 0.01


def test_silence_has_no_loudness_and_says_so(simple, dawbridge, tmp_out):
    answer = dawbridge(
        simple("a.json"), "--out", tmp_out, "--loudness", -20, "--json", "--set", "only/channel/is_muted=true"
    )
    summary = json.loads(answer.out)
    assert summary["gain_db"] == 0.0 and "the mix is silent" in summary["notes"][0]


# Stems


MASTERS = {
    "nothing": Master(),
    "a fader": Master(fader_db=-6.0, pan_lr=0.3),
    "devices": Master(devices=(Device(device="compressor", values={"threshold_db": -30.0}), Device(device="eq"))),
    "automation": Master(automation={"fader_db": FADE}),
}


@pytest.mark.parametrize("master", MASTERS)
def test_the_stems_that_are_named_sum_to_the_mix(song, dawbridge, tmp_out, master):
    write_session(read_session(song).model_copy(update={"master": MASTERS[master]}), song)
    answer = dawbridge(song, "--out", tmp_out, "--stems", "--json")
    names = json.loads(answer.out)["stems_that_sum_to_the_mix"]
    assert names == ["Vox", "Keys", "Verb", *(["master"] if master != "nothing" else [])]
    check_stems_sum(tmp_out, answer)


def check_stems_sum(out, answer, bits: int = 32) -> None:
    """Those that metrics.json names, to within rounding, and dither where there is any."""
    assert json.loads(answer.out) == json.loads((out / "metrics.json").read_text())
    names = json.loads(answer.out)["stems_that_sum_to_the_mix"]
    total = sum(audio(out / "stems" / f"{safe_file_name(name)}.wav").astype(np.float64) for name in names)
    steps = 0.0 if bits == 32 else 1.5 * (len(names) + 1) * 2.0 ** (1 - bits)
    np.testing.assert_allclose(total, audio(out / "mix.wav"), atol=1e-6 + steps)


def test_stems_sum_under_mute_and_solo(song, dawbridge, tmp_out):
    for setting in ("Vox/channel/is_muted=true", "Vox/channel/is_soloed=true", "Verb/channel/is_soloed=true"):
        check_stems_sum(tmp_out, dawbridge(song, "--out", tmp_out, "--stems", "--json", "--set", setting))


def test_without_stems_there_are_none(song, dawbridge, tmp_out):
    answer = dawbridge(song, "--out", tmp_out, "--json")
    assert json.loads(answer.out)["stems_that_sum_to_the_mix"] == []
    assert folders(tmp_out) == [".dawbridge", "metrics.json", "mix.wav"]


# The rest


def test_without_the_cache_nothing_is_kept(simple, dawbridge, tmp_out):
    path = simple("a.json")
    assert dawbridge(path, "--out", tmp_out, "--no-cache").code == 0
    assert not user_cache_folder().exists()
    without = (tmp_out / "mix.wav").read_bytes()
    assert dawbridge(path, "--out", tmp_out).code == 0
    assert list((user_cache_folder() / "strips").iterdir()) and (tmp_out / "mix.wav").read_bytes() == without


@pytest.mark.parametrize("size", [16, 333, 8192])
def test_the_blocks_size_changes_no_sample_of_built_in_devices(song, dawbridge, tmp_out, tmp_path, size):
    still = ("--set", "Vox/gain/gain_db=0")  # automation of devices is read block by block
    assert dawbridge(song, "--out", tmp_out, *still).code == 0
    assert dawbridge(song, "--out", tmp_path / "other", "--block-size", size, *still).code == 0
    np.testing.assert_allclose(audio(tmp_path / "other" / "mix.wav"), audio(tmp_out / "mix.wav"), atol=1e-6)


def test_several_with_one_missing_plugin(simple, own_plugins, dawbridge, tmp_out):
    own_plugins("absent")
    paths = [simple("a.json", device="absent"), simple("b.json")]
    assert dawbridge(*paths, "--out", tmp_out).code == 3
    shutil.rmtree(tmp_out)
    answer = dawbridge(*paths, "--out", tmp_out, "--allow-missing")
    assert answer.code == 0
    assert [row["bypassed"] for row in rows_of(answer)] == [["The absent on track 'only'"], []]


def test_one_session_as_json_is_one_object(simple, dawbridge, tmp_out):
    answer = dawbridge(simple("a.json"), "--out", tmp_out, "--json")
    assert (answer.code, answer.err, answer.out.count("\n")) == (0, "", 1)
    assert json.loads(answer.out) == json.loads((tmp_out / "metrics.json").read_text())
