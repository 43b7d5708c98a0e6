"""`dawbridge render`: many sessions, globs, versions by --set, and how it ends."""

import shutil

import numpy as np
import pytest

from command_line import files_of
from dawbridge.session import Master, read_session
from dawbridge.session.overrides import with_overrides
from render_songs import FADE, LENGTH, audio, folders, rows_of
from strip_jobs import noise

pytest_plugins = ("fault_plugins", "render_fixtures")
pytestmark = pytest.mark.usefixtures("own_cache")


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


def test_several_with_one_missing_plugin(simple, own_plugins, dawbridge, tmp_out):
    own_plugins("absent")
    paths = [simple("a.json", device="absent"), simple("b.json")]
    assert dawbridge(*paths, "--out", tmp_out).code == 3
    shutil.rmtree(tmp_out)
    answer = dawbridge(*paths, "--out", tmp_out, "--allow-missing")
    assert answer.code == 0
    assert [row["bypassed"] for row in rows_of(answer)] == [["The absent on track 'only'"], []]


# --set


def test_every_form_of_a_setting(song):
    session = with_overrides(
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
    session = with_overrides(
        read_session(song), ["Vox/gain:2/gain_db=0", "Vox/channel/pan_lr=1", "Vox/send:Verb/pan_lr=1"]
    )
    assert session.tracks[0].automation == {"fader_db": FADE}
    assert session.tracks[0].devices[0].automation == {"gain_db": FADE}


def test_the_last_of_two_settings_holds(song):
    session = with_overrides(read_session(song), ["Vox/channel/fader_db=-6", "Vox/channel/fader_db=-7"])
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
