"""`dawbridge import`, and a DAW's session wherever a session is taken; plugins that are not installed."""

import base64
import json
import shutil
import zipfile

import numpy as np
import pytest

from carried_sessions import foreign_device, make_sounds
from command_line import call, files_of, run
from dawbridge.audio import read_audio
from dawbridge.errors import InputError
from dawbridge.formats import Loss, allowed_losses
from dawbridge.session import (
    Automation,
    Bus,
    Clip,
    Device,
    ForeignPlugin,
    MidiClip,
    Point,
    Send,
    Session,
    Track,
    read_session,
    write_session,
)
from session_differences import differences

RATE = 48000
ALLOW = "--allow-missing"
FORMATS = {"ardour": "*.ardour", "dawproject": "*.dawproject", "reaper": "*.rpp"}
UNKNOWN = ForeignPlugin(kind="vst3", id="0123456789ABCDEF0123456789ABCDEF", label="Deluxe Limiter")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DAWBRIDGE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def dawbridge(capsys, monkeypatch):
    """A function: arguments → the answer."""
    return lambda *arguments: call(capsys, monkeypatch, *arguments)


@pytest.fixture
def write(tmp_path):
    """A function: devices of the first track → a session.json of two tracks and a bus, in a folder with its audio."""

    def make(*devices: Device):
        folder = tmp_path / "song"
        folder.mkdir()
        make_sounds(folder)
        tracks = (
            Track(name="Vox", audio="mono.wav", channels=1, pan_lr=0.3, devices=devices, sends=(Send(to="Hall"),)),
            Track(name="Gtr", audio="stereo.wav", fader_db=-4.0, pan_lr=-0.5, output="Hall"),
        )
        session = Session(
            name="song", sample_rate=RATE, length_samples=4800, tracks=tracks, buses=(Bus(name="Hall", fader_db=-3.0),)
        )
        write_session(session, folder / "session.json")
        return folder / "session.json"

    return make


def exported(dawbridge, session, name: str, out):
    """The file of the session in that format."""
    answer = dawbridge("export", session, "--format", name, "--out", out, "--quiet", "--allow-missing")
    assert answer.code == 0, answer
    (path,) = out.glob(FORMATS[name])
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_exported_is_imported_and_rendered_the_same(dawbridge, write, tmp_path, name):
    session = write()
    path = exported(dawbridge, session, name, tmp_path / "daw")
    answer = dawbridge("import", path, "--out", tmp_path / "back", "--json")
    told = json.loads(answer.out)
    assert (told["tracks"], told["buses"]) == (2, 1)
    assert told["losses"] == json.loads((tmp_path / "back/losses.json").read_text())
    found = read_session(tmp_path / "back/session.json")
    lost = differences(read_session(session), session.parent, found, tmp_path / "back")
    assert {kind for kind, _ in lost} <= set(allowed_losses(name))
    for place, out in ((session, "one"), (tmp_path / "back/session.json", "two"), (path, "three")):
        assert dawbridge("render", place, "--out", tmp_path / out, "--quiet").code == 0
    one, two, three = (read_audio(tmp_path / out / "mix.wav").samples for out in ("one", "two", "three"))
    assert np.abs(one).max() > 0.05
    np.testing.assert_allclose(two, one, atol=1e-6)
    np.testing.assert_array_equal(three, two)


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_that_was_moved_still_opens(dawbridge, write, tmp_path, name):
    path = exported(dawbridge, write(), name, tmp_path / "daw")
    assert not any(str(tmp_path).encode() in content for content in files_of(path.parent).values())
    assert dawbridge("render", path, "--out", tmp_path / "before", "--quiet").code == 0
    shutil.move(path.parent, tmp_path / "else where")
    shutil.rmtree(tmp_path / "song")
    moved = tmp_path / "else where" / path.name
    assert dawbridge("render", moved, "--out", tmp_path / "after", "--quiet").code == 0
    assert (tmp_path / "after/mix.wav").read_bytes() == (tmp_path / "before/mix.wav").read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_a_plugin_that_nothing_knows_goes_from_daw_to_daw_and_is_never_left_out_in_silence(
    dawbridge, write, tmp_path, name
):
    device = foreign_device(UNKNOWN, b"its own state")
    path = exported(dawbridge, write(device), name, tmp_path / "daw")
    dawbridge("import", path, "--out", tmp_path / "back")
    (found,) = read_session(tmp_path / "back/session.json").tracks[0].devices
    assert (found.plugin, found.state) == (UNKNOWN, device.state)
    assert b"its own state" in base64.b64decode(found.state)
    for session in (path, tmp_path / "back/session.json"):
        message = dawbridge("render", session, "--out", tmp_path / "no", "--quiet").refusal(3)
        assert "Deluxe Limiter" in message and "is missing" in message and not (tmp_path / "no").exists()
    answer = dawbridge("render", path, "--out", tmp_path / "yes", "--quiet", "--allow-missing")
    assert answer.code == 0 and "Deluxe Limiter on track 'Vox'" in answer.out
    assert json.loads((tmp_path / "yes/metrics.json").read_text())["bypassed"] == ["Deluxe Limiter on track 'Vox'"]


def test_many_sessions_of_all_formats_at_once(dawbridge, write, tmp_path):
    session = write()
    paths = [exported(dawbridge, session, name, tmp_path / name) for name in FORMATS]
    (tmp_path / "broken.rpp").write_text("<REAPER_PROJECT")
    answer = dawbridge("render", session, *paths, tmp_path / "broken.rpp", "--out", tmp_path / "out", "--quiet")
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert [("error" in row) for row in rows] == [False] * 4 + [True] and answer.code == 2
    peaks = [row["peak"] for row in rows[:4]]
    np.testing.assert_allclose(peaks, peaks[0], rtol=1e-5)


def test_settings_reach_a_daws_session(dawbridge, write, tmp_path):
    path = exported(dawbridge, write(), "reaper", tmp_path / "daw")
    for out, more in (("a", ()), ("b", ("--set", "Vox/channel/is_muted=true", "--set", "Gtr/channel/is_muted=true"))):
        assert dawbridge("render", path, "--out", tmp_path / out, "--quiet", *more).code == 0
    assert np.abs(read_audio(tmp_path / "a/mix.wav").samples).max() > 0.05
    assert np.abs(read_audio(tmp_path / "b/mix.wav").samples).max() == 0.0


def test_from_one_daw_to_the_next(dawbridge, write, tmp_path):
    path = exported(dawbridge, write(Device(device="eq", values={"bell_1_gain_db": 4.0})), "ardour", tmp_path / "a")
    path = exported(dawbridge, path, "reaper", tmp_path / "b")
    path = exported(dawbridge, path, "dawproject", tmp_path / "c")
    assert dawbridge("import", path, "--out", tmp_path / "d").code == 0
    assert [track.name for track in read_session(tmp_path / "d/session.json").tracks][:1] == ["Vox"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"x", "no DAW's session; give .ardour, .dawproject or .rpp"),
        ("session.json", b"{}", "no DAW's session"),
        ("absent.rpp", None, "no such file"),
        ("empty.rpp", b"", "empty.rpp"),
        ("empty.ardour", b"", "empty.ardour"),
        ("empty.dawproject", b"", "empty.dawproject"),
        ("folder", "dir", "a folder with 0 .ardour files"),
    ],
)
def test_what_is_no_session_is_refused_in_one_line(dawbridge, tmp_path, name, content, words):
    path = tmp_path / name
    if content == "dir":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    before = files_of(tmp_path)
    assert words in dawbridge("import", path, "--out", tmp_path / "out", "--quiet").refusal(2)
    assert files_of(tmp_path) == before


def test_an_ardour_folder_stands_for_its_session(dawbridge, write, tmp_path):
    path = exported(dawbridge, write(), "ardour", tmp_path / "daw")
    assert dawbridge("import", path.parent, "--out", tmp_path / "back").code == 0


def test_import_keeps_out_of_folders_that_hold_something(dawbridge, write, tmp_path):
    path = exported(dawbridge, write(), "reaper", tmp_path / "daw")
    before = files_of(path.parent)
    dawbridge("import", path, "--out", path.parent, "--quiet").refusal(2)
    assert files_of(path.parent) == before


def test_import_in_a_process_of_its_own_leaves_nothing_in_the_temporary_folder(dawbridge, write, tmp_path, monkeypatch):
    path = exported(dawbridge, write(), "dawproject", tmp_path / "daw")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    assert run("render", path, "--out", tmp_path / "out", "--quiet").code == 0
    assert files_of(tmp_path / "tmp") == {}


def test_a_loss_of_a_kind_that_the_table_does_not_have_is_a_fault(monkeypatch):
    from dawbridge.formats import Losses

    losses = Losses("reaper")
    with pytest.raises(KeyError):
        losses.add("no.such.kind", "here", "something")
    kind, why = next(iter(allowed_losses("reaper").items()))
    losses.add(kind, "here", "something")
    losses.add(kind, "here", "something", "told again with another reason")
    losses.add(kind, "there", "something", "a reason", also=(kind,))
    assert list(losses) == [Loss("here", "something", why, kind), Loss("there", "something", "a reason", kind, (kind,))]
    assert list(losses)[1].kinds == (kind, kind)
    with pytest.raises(KeyError):
        losses.add(kind, "elsewhere", "something", also=("no.such.kind",))


def test_a_foreign_device_and_no_other_names_its_plugin(write, dawbridge, tmp_path):
    session = json.loads(write().read_text())
    session["tracks"][0]["devices"] = [{"device": "gain", "plugin": UNKNOWN.model_dump()}]
    path = tmp_path / "song/session.json"
    path.write_text(json.dumps(session))
    with pytest.raises(InputError, match="one that is 'foreign', and no other, names its plugin"):
        read_session(path)
    other = UNKNOWN.model_dump() | {"id": "F" * 32}
    session["tracks"][0]["devices"] = [foreign_device(UNKNOWN, b"x").model_dump() | {"plugin": other}]
    path.write_text(json.dumps(session))
    with pytest.raises(InputError, match="made for class id 0123456789ABCDEF0123456789ABCDEF"):
        read_session(path)


@pytest.mark.parametrize("name", FORMATS)
def test_missing_audio_is_no_silence(dawbridge, write, tmp_path, name):
    path = exported(dawbridge, write(), name, tmp_path / "daw")
    if name == "dawproject":
        with zipfile.ZipFile(path) as archive:
            members = {member: archive.read(member) for member in archive.namelist() if "mono" not in member}
        with zipfile.ZipFile(path, "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
    else:
        (gone,) = [file for file in path.parent.rglob("*.wav") if "mono" in file.name]
        gone.unlink()
    for verb in (("render",), ("export", "--format", "presets")):
        message = dawbridge(*verb, path, "--out", tmp_path / "no", "--quiet").refusal(2)
        assert "audio is missing" in message and "Vox" in message
        assert message.count(";") == 1 and message.endswith("; leave it out with --allow-missing\n")
    answer = dawbridge("render", path, "--out", tmp_path / "yes", "--quiet", "--allow-missing")
    assert answer.code == 0 and "mono" in answer.out
    told = json.loads(dawbridge("import", path, "--out", tmp_path / "in", "--json").out)
    assert "foreign.missing_audio" in {loss["kind"] for loss in told["losses"]}


@pytest.mark.parametrize("name", [*FORMATS, "presets"])
def test_a_session_goes_on_without_its_files_where_they_may_be_missing(dawbridge, tmp_path, name):
    path = gappy(tmp_path)
    export = ("export", path, "--format", name, "--quiet", "--out")
    for verb in (("render", path, "--quiet", "--out"), export):
        assert "gone.wav" in dawbridge(*verb, tmp_path / "no").refusal(2)
    told = json.loads(dawbridge(*export, tmp_path / "out", ALLOW, "--json").out)["losses"]
    lost = [(loss["where"], loss["what"]) for loss in told if loss["kind"] == "foreign.missing_audio"]
    assert lost == [
        ("track 'Vox'", "'gone.wav' is not there"),
        ("track 'Bass'", "'gone.wav' is not there"),
        ("track 'Keys'", "'gone.mid' is not there"),
    ]
    assert [loss["where"] for loss in told if loss["kind"] == "foreign.empty_track"] == ["track 'Bass'"]


def test_a_mix_without_missing_files_is_the_mix_of_the_rest(dawbridge, tmp_path):
    path = gappy(tmp_path)
    answer = dawbridge(
        "render", path, "--out", tmp_path / "gappy", "--quiet", ALLOW, "--set", "Bass/channel/fader_db=3"
    )
    assert answer.code == 0 and answer.out.count("is not there (its clips are left out)") == 3
    whole = read_session(path)
    rest = whole.tracks[0].model_copy(update={"clips": whole.tracks[0].clips[:1]})
    write_session(whole.model_copy(update={"tracks": (rest,)}), path.parent / "rest.json")
    assert dawbridge("render", path.parent / "rest.json", "--out", tmp_path / "rest", "--quiet").code == 0
    found, wanted = (read_audio(tmp_path / out / "mix.wav").samples for out in ("gappy", "rest"))
    assert np.abs(wanted).max() > 0.05
    np.testing.assert_array_equal(found, wanted)


def gappy(folder):
    """A session.json: a track with half of its files, one with none, an instrument without its notes."""
    (folder / "song").mkdir()
    make_sounds(folder / "song")
    tracks = (
        Track(name="Vox", clips=(Clip(audio="mono.wav"), Clip(audio="gone.wav", start_samples=9)), channels=1),
        Track(name="Bass", audio="gone.wav", channels=1, pan_lr=0.5, sends=(Send(to="Hall"),)),
        Track(name="Keys", instrument=Device(device="synth"), midi_clips=(MidiClip(midi="gone.mid"),)),
    )
    session = Session(name="song", sample_rate=RATE, length_samples=4800, tracks=tracks, buses=(Bus(name="Hall"),))
    write_session(session, folder / "song/session.json")
    return folder / "song/session.json"


@pytest.mark.parametrize("name", [*FORMATS, "presets"])
def test_a_bypassed_plugin_leaves_with_its_state(zam_plugins, dawbridge, write, tmp_path, name):
    on, off = (Device(device="zam_comp_x2", values={"ratio": 6.0}, is_bypassed=off) for off in (False, True))
    answer = dawbridge("export", write(on, off), "--format", name, "--out", tmp_path / "out", "--json")
    assert json.loads(answer.out)["losses"] == []
    if name == "presets":
        states = [path.read_bytes() for path in sorted((tmp_path / "out/Vox").iterdir())]
    else:
        (path,) = (tmp_path / "out").glob(FORMATS[name])
        assert dawbridge("import", path, "--out", tmp_path / "in").code == 0
        devices = read_session(tmp_path / "in/session.json").tracks[0].devices
        assert [device.is_bypassed for device in devices] == [False, True]
        states = [base64.b64decode(device.state) for device in devices]
    assert len(states) == 2 and states[0] == states[1] != b""


def test_presets_keep_the_state_of_what_nothing_knows_and_tell_what_moves(dawbridge, write, tmp_path):
    moving = Automation(points=(Point(time=0.0, value=0.0), Point(time=1.0, value=6.0)))
    session = write(foreign_device(UNKNOWN, b"kept"), Device(device="gain", automation={"gain_db": moving}))
    answer = dawbridge("export", session, "--format", "presets", "--out", tmp_path / "out", "--quiet", ALLOW)
    assert answer.code == 0 and "the automation of gain_db (a preset holds fixed values)" in answer.out
    assert b"kept" in (tmp_path / "out/Vox/01-Deluxe Limiter.vstpreset").read_bytes()
