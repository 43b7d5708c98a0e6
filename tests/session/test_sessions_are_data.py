"""Sessions are data: whatever stands in one, nothing is run and nothing is written but in the output folder."""

import base64
import json
import os
from pathlib import Path

import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import call, files_of
from dawbridge.errors import InputError
from dawbridge.session import Session
from dawbridge.session.file import decode_session, encode_session
from dawbridge.session.overrides import with_overrides
from strip_jobs import RATE, noise

NAMES = [
    "../outside",
    "../../../outside",
    "/outside",
    "a/../../../outside",
    "..",
    ".",
    "~/outside",
    "$HOME/outside",
    "$(touch outside)",
    "`touch outside`",
    "; touch outside",
    "C:\\outside",
    "..\\outside",
    "con",
    "a\nb",
    "a\0b",
    "\u202eoutside",
    "{{ 7 * 7 }}",
    "<script>outside()</script>",
    "%2e%2e%2foutside",
    "x" * 5000,
    " ",
    "-rf",
    "__import__('os').system('touch outside')",
]


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """A cache and a home of the test's own, and the test stands in a folder that is watched."""
    monkeypatch.setenv("DAWBRIDGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "world" / "song").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "world")
    soundfile.write(tmp_path / "world" / "song" / "noise.wav", noise(480).T, RATE, subtype="FLOAT")


@pytest.fixture
def dawbridge(capsys, monkeypatch):
    """A function: arguments → the answer."""
    return lambda *arguments: call(capsys, monkeypatch, *arguments)


def write(data: dict, name: str = "session.json") -> Path:
    """A session file in the watched folder."""
    path = Path("song", name)
    path.write_text(json.dumps({"sample_rate": RATE, "length_samples": 480} | data))
    return path


def a_track(**fields) -> dict:
    return {"name": "track", "audio": "noise.wav"} | fields


def outside(tmp_path: Path, out: Path) -> dict[str, bytes]:
    """Every file of the test's own folder but those of the cache and in `out`."""
    held = files_of(tmp_path)
    return {name: held[name] for name in held if not (tmp_path / name).is_relative_to(out) and name[:6] != "cache/"}


# Names


@pytest.mark.parametrize("verb", ["render", "ardour", "presets"])
def test_names_stay_in_the_output_folder(verb, dawbridge, tmp_path):
    gain = [{"device": "gain"}]
    tracks = [a_track(name=name, devices=gain, output=f"bus {name}", sends=[{"to": f"bus {name}"}]) for name in NAMES]
    buses = [{"name": f"bus {name}", "devices": gain} for name in NAMES] + [{"name": "../bus"}]
    path = write({"name": "../../outside", "tracks": tracks, "buses": buses})
    out = tmp_path / "world" / "out"
    before = outside(tmp_path, out)
    options = ("render", path, "--stems") if verb == "render" else ("export", path, "--format", verb)
    answer = dawbridge(*options, "--out", out, "--workers", 2, "--quiet")
    assert answer.code == 0, answer.err
    assert outside(tmp_path, out) == before
    written = files_of(out)
    if verb == "render":
        stems = [name for name in written if name.startswith("stems/")]
        assert len(set(stems)) == len(tracks) + len(buses) and all(name.count("/") == 1 for name in stems)
        assert set(json.loads(written["metrics.json"])["stems_that_sum_to_the_mix"]) == {bus["name"] for bus in buses}


def test_names_of_session_files_stay_in_the_output_folder(dawbridge, tmp_path):
    paths = [write({}, name) for name in ("..json", "...json", "-.json", "con.json", "a b.json", "$(x).json")]
    out = tmp_path / "world" / "out"
    before = outside(tmp_path, out)
    answer = dawbridge("render", *paths[:2], "--out", out, "--quiet", "--", *paths[2:])
    assert answer.code == 0, answer.err
    assert outside(tmp_path, out) == before
    folders = [path.name for path in out.iterdir()]
    assert len(folders) == len(paths) and all(name.strip(".") and (out / name / "mix.wav").exists() for name in folders)


@pytest.mark.parametrize("name", ["../gain", "/etc/passwd", "gain.dsp", "gain\0", "os.system", "", "GAIN", " gain"])
def test_a_device_is_a_name_in_the_registry_and_no_path(name, dawbridge, tmp_path):
    path, out = write({"tracks": [a_track(devices=[{"device": name}])]}), tmp_path / "world" / "out"
    assert "unknown device" in dawbridge("render", path, "--out", out, "--quiet").refusal(2)


KEYS = ["__class__", "dsp_path", "path", "plugin_path", "file_name", "code", "command", "model_config", "__reduce__"]


@pytest.mark.parametrize("key", KEYS)
def test_keys_that_nobody_knows_are_refused(key):
    device = {"device": "gain", key: "/etc/passwd"}
    for data in ({key: "x"}, {"tracks": [a_track(**{key: "x"})]}, {"tracks": [a_track(devices=[device])]}):
        with pytest.raises(InputError, match="unknown name, remove or correct it"):
            decode_session(json.dumps({"sample_rate": RATE, "length_samples": 1} | data))


# Paths: audio and MIDI are read wherever they lie, as sound and notes alone


def a_pipe(tmp_path) -> str:
    os.mkfifo(tmp_path / "pipe.wav")
    return str(tmp_path / "pipe.wav")


READ = {
    "a pipe": (a_pipe, "no file"),
    "an endless device": (lambda _: "/dev/zero", "no file"),
    "a folder": (lambda tmp_path: str(tmp_path), "no file"),
    "nothing": (lambda _: "gone.wav", "no readable"),
    "text": (lambda _: "/etc/passwd", "no readable"),
    "a process": (lambda _: "/proc/self/environ", "no readable"),
    "a name too long": (lambda _: "x" * 5000, "no readable"),
}


@pytest.mark.parametrize("field", ["audio", "midi"])
@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("option", ["--cache", "--no-cache"])
def test_what_is_no_sound_is_refused(kind, field, option, dawbridge, tmp_path):
    make, says = READ[kind]
    track = {"name": "track", "instrument": {"device": "synth"}, "midi_clips": [{"midi": make(tmp_path)}]}
    track = a_track(audio=track["midi_clips"][0]["midi"]) if field == "audio" else track
    out = tmp_path / "world" / "out"
    said = dawbridge("render", write({"tracks": [track]}), "--out", out, "--quiet", "--workers", 1, option).refusal(2)
    assert says in said or "cannot be read" in said
    assert "root:" not in said and not out.exists()


def test_a_nul_in_a_path_is_refused():
    for track in (a_track(audio="a\0b"), a_track(audio="", clips=[{"audio": "\0"}])):
        with pytest.raises(InputError, match="holds a NUL character"):
            decode_session(json.dumps({"sample_rate": RATE, "length_samples": 1, "tracks": [track]}))


# Everything else in a session


def a_whole_session() -> dict:
    points = [{"time": 0.0, "value": -6.0}, {"time": 1.0, "value": 0.0, "shape": "linear"}]
    devices = [
        {"device": "gain", "automation": {"gain_db": {"points": points}}},
        {"device": "zam_eq2", "state": "AAAA"},
    ]
    clip = {"audio": "a.wav", "start_samples": 5, "fade_in_samples": 5, "length_samples": 100}
    tracks = [
        a_track(
            devices=devices[:1], sends=[{"to": "bus"}], automation={"fader_db": {"points": points, "unit": "beats"}}
        ),
        a_track(name="clips", audio="", clips=[clip], output="bus"),
        {"name": "keys", "instrument": {"device": "synth"}, "midi_clips": [{"midi": "a.mid", "channel": 3}]},
    ]
    tempo = {"tempos": [{"beat": 0.0, "bpm": 120.0}, {"beat": 4.0, "bpm": 90.0, "shape": "linear"}]}
    bus = {"name": "bus", "devices": [{"device": "sidechain_compressor", "sidechain": {"source": "keys"}}]}
    return {
        "sample_rate": RATE, "length_samples": 480, "tail_s": "auto", "tempo": tempo, "tracks": tracks, "buses": [bus],
        "master": {"fader_db": -1.0}, "made_by": {"dawbridge": "1", "versions": {"a": "b"}},
    }  # fmt: skip


def places(value, path=()):
    """The path of every value in it."""
    yield path
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in rows:
        yield from places(part, (*path, key))


HUGE = [10**400, -(10**400), 2**63, -(2**63), 1e308, -1e308, 5e-324, 1e400, float("nan"), True, None, "auto", *NAMES]
VALUES = st.recursive(
    st.sampled_from(HUGE) | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=300)
@given(st.data(), VALUES)
def test_whatever_stands_anywhere_is_a_session_or_refused(data, value):
    session = a_whole_session()
    path = data.draw(st.sampled_from([path for path in places(session) if path]))
    at = session
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    try:
        decoded = decode_session(json.dumps(session))
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert decode_session(encode_session(decoded)) == decoded


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40) | st.sampled_from(NAMES), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_set_is_a_session_or_refused(name, device, parameter, value):
    session = decode_session(json.dumps(a_whole_session()))
    for setting in (name, f"{name}/{device}/{parameter}={value}", f"track/{device}/{parameter}={value}"):
        try:
            assert isinstance(with_overrides(session, [setting]), Session)
        except InputError:
            pass


@pytest.mark.parametrize("opened", ["[", '{"a":', '{"tracks":['])
def test_deep_nesting_is_refused(opened):
    with pytest.raises(InputError):
        decode_session(opened * 100_000)
    with pytest.raises(InputError):
        decode_session(
            opened * 900 + "1" + "".join("}" if c == "{" else "]" for c in reversed(opened * 900) if c in "[{")
        )


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: b"VST3\1\0\0\0" + tail))
def test_a_state_of_any_bytes_is_refused_before_a_plugin_sees_it(state):
    device = {"device": "zam_eq2", "state": base64.b64encode(state).decode()}
    with pytest.raises(InputError, match="zam_eq2"):
        data = {"sample_rate": RATE, "length_samples": 1, "tracks": [a_track(devices=[device])]}
        decode_session(json.dumps(data))
