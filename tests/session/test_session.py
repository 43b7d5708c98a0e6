"""Sessions and their JSON: lossless, checked on the way in, and as the published schema says."""

import base64
import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from any_session import sessions
from dawbridge.devices import all_devices, get_device
from dawbridge.errors import InputError
from dawbridge.session import (
    Automation,
    Bus,
    Clip,
    Device,
    Master,
    MidiClip,
    PanLaw,
    Point,
    Send,
    Session,
    Sidechain,
    Tempo,
    TempoMap,
    Track,
    channel_gains,
    decode_session,
    encode_session,
    read_session,
    write_session,
)
from dawbridge.session.chain import Chain
from dawbridge.session.schema import MODELS, encode_schema, schema_path
from json_schema import is_valid


def a_session() -> Session:
    eq = Device(device="eq", values={"bell_1_gain_db": 3.0})
    tracks = Track(name="Vox", audio="audio/vox.wav", devices=(eq,)), Track(name="Kick", audio="kick.wav")
    return Session(sample_rate=48000, length_samples=1000, tracks=tracks)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(sessions())
def test_json_is_lossless(session):
    text = encode_session(session)
    assert decode_session(text) == session
    assert encode_session(decode_session(text)) == text
    assert is_valid(json.loads(text), json.loads(schema_path("session").read_text()))


def test_a_session_is_written_and_read(tmp_path):
    write_session(a_session(), tmp_path / "session.json")
    assert read_session(tmp_path / "session.json") == a_session()


def test_what_is_absent_takes_its_default():
    session = decode_session('{"sample_rate": 8000, "length_samples": 1}')
    assert (session.version, session.name, session.tracks, session.pan_law) == (3, "session", (), PanLaw())


def test_data_is_frozen_and_a_change_is_a_new_object():
    session = a_session()
    with pytest.raises(ValidationError):
        session.name = "other"
    muted = session.with_tracks(track.model_copy(update={"is_muted": True}) for track in session.tracks)
    assert muted.track("Vox").is_muted and not session.track("Vox").is_muted


# What is refused, and what the error says

NEW, GONE = object(), object()
FAULTS = {
    "not JSON": ("{", "not JSON"),
    "endless nesting": ("[" * 100_000, "not JSON"),
    "a list": ("[]", "a JSON list, not an object"),
    "a newer version": ({"version": 4}, "version 4 is newer than this dawbridge reads (3); update dawbridge"),
    "an unknown key": ({"colour": "red"}, "colour: unknown name, remove or correct it"),
    "a missing key": ({"sample_rate": GONE}, "sample_rate: missing, it must be given"),
    "a number in quotes": ({"sample_rate": "48000"}, "sample_rate: should be a valid integer"),
    "too low a rate": ({"sample_rate": 4000}, "sample_rate: should be greater than or equal to 8000"),
    "too long": ({"length_samples": 10**12}, "length_samples: should be less than or equal"),
    "NaN": ({"tracks.0.fader_db": float("nan")}, "tracks[0].fader_db: should be a finite number"),
    "too loud": ({"tracks.1.fader_db": 25}, "tracks[1].fader_db: should be less than or equal to 24"),
    "a yes for a number": ({"tracks.0.pan_lr": True}, "tracks[0].pan_lr: should be a valid number"),
    "three channels": ({"tracks.0.channels": 3}, "tracks[0].channels: should be less than or equal to 2"),
    "no name": ({"tracks.0.name": ""}, "tracks[0].name: String should have at least 1 character"),
    "half a letter": ({"tracks.0.name": "\ud800"}, "Invalid JSON"),
    "a name twice": ({"tracks.0.name": "Kick"}, "two tracks named 'Kick'; rename one"),
    "no audio": ({"tracks.0.audio": ""}, "track 'Vox': audio path is empty"),
    "a NUL in a path": ({"tracks.0.audio": "a\0b"}, "track 'Vox': audio path 'a\\x00b' holds a NUL character"),
    "an unknown device": ({"tracks.0.devices.0.device": "eqq"}, "track 'Vox' device 1: unknown device 'eqq'; known "),
    "an unknown parameter": ({"tracks.0.devices.0.values": {"gian": 1}}, "device 1: eq has no parameter 'gian'; it"),
    "a value out of range": (
        {"tracks.0.devices.0.values.bell_1_gain_db": 31},
        "track 'Vox' device 1 (eq): bell_1_gain_db=31 outside -24…24 dB; give a value in it",
    ),
    "a state without a plugin": (
        {"tracks.0.devices.0.state": ""},
        "track 'Vox' device 1 (eq): a built-in or neural device has no state, only a hosted plugin has; remove it",
    ),
    "a state of a neural device": (
        {"tracks.0.devices.0": {"device": "tcn_tube", "state": ""}},
        "track 'Vox' device 1 (tcn_tube): a built-in or neural device has no state",
    ),
    "a state in no base64": ({"tracks.0.devices.0": {"device": "zam_eq2", "state": "?"}}, "state is not base64"),
    "a state of nothing": ({"tracks.0.devices.0": {"device": "zam_eq2", "state": "AAAA"}}, "device 1 (zam_eq2): "),
}


def changed(data, change: dict):
    """A copy of JSON data with the values at these dotted paths replaced, or taken away."""
    data = copy.deepcopy(data)
    for path, value in change.items():
        place, *keys, last = [None, *(int(key) if key.isdigit() else key for key in path.split("."))]
        place = data
        for key in keys:
            place = place[key]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    return data


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_refused_by_place(name):
    change, message = FAULTS[name]
    text = change if isinstance(change, str) else json.dumps(changed(json.loads(encode_session(a_session())), change))
    with pytest.raises(InputError) as error:
        decode_session(text, "song/session.json")
    assert str(error.value).startswith("song/session.json: ") and message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_another_plugins_state_is_refused():
    table = all_devices()
    names = [name for name, spec in table.items() if spec.kind == "vst3"]
    from dawbridge.devices.states import VstPreset, encode_vstpreset

    state = base64.b64encode(encode_vstpreset(VstPreset(table[names[0]].class_id, b"x", b""))).decode()
    track = Track(name="a", audio="a.wav", devices=(Device(device=names[1], state=state),))
    session = Session(sample_rate=8000, length_samples=1, tracks=(track,))
    with pytest.raises(InputError, match="give a preset of this plugin"):
        decode_session(encode_session(session))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe{}", b"\x00" * 10])
def test_a_file_that_is_no_session(tmp_path, content):
    (tmp_path / "session.json").write_bytes(content)
    with pytest.raises(InputError, match="session.json: "):
        read_session(tmp_path / "session.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_session(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_session(tmp_path / "absent.json")


# The published schemas


@pytest.mark.parametrize("kind", MODELS)
def test_published_schemas_are_those_of_the_models(kind):
    """After a change of a model, write `encode_schema(MODELS[kind])` to `schema_path(kind)`."""
    assert schema_path(kind).read_text(encoding="utf-8") == encode_schema(MODELS[kind])


def test_there_are_no_other_schemas():
    with pytest.raises(InputError, match="known are chain, session"):
        schema_path("mix")


ODD = st.sampled_from([None, True, 0, 1, 2, -1, 1.5, 1e9, "", "a", [], {}, [1, 2], [1, 2, 3], {"a": 1}, GONE])


def places(data, path=()):
    """Every path in JSON data, and that of a new key in every object."""
    if isinstance(data, dict):
        yield (*path, "new")
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, str(key))
        yield from places(value, (*path, str(key)))


def chain_data():
    channel = {"fader_db": [-6, 6], "pan_lr": 0.5}
    own = {"devices": [{"device": "gain", "free": {"gain_db": [-1, 1]}}], "channel": channel}
    return json.loads(Chain.model_validate({"devices": own["devices"], "tracks": {"Vox": own}}).model_dump_json())


def rich_session() -> Session:
    """One of everything."""
    ride = Automation(points=(Point(time=0, value=-6.0), Point(time=1, value=0.0, shape="hold")), unit="beats")
    ducked = Device(device="sidechain_compressor", sidechain=Sidechain(source="Vox"))
    vox = a_session().tracks[0].model_copy(update={"sends": (Send(to="room", automation={"gain_db": ride}),)})
    pieces = Track(name="Pieces", clips=(Clip(audio="a.wav", length_samples=4),), automation={"fader_db": ride})
    keys = Track(name="Keys", instrument=Device(device="synth"), midi_clips=(MidiClip(midi="keys.mid"),))
    tempo = TempoMap(tempos=(Tempo(bpm=90.0), Tempo(beat=4.0, bpm=120.0)))
    return Session(
        sample_rate=48000,
        length_samples=1000,
        tail_s="auto",
        tempo=tempo,
        tracks=(vox, pieces, keys),
        buses=(Bus(name="room", devices=(ducked,)),),
        master=Master(fader_db=-1.0, automation={"pan_lr": ride.model_copy(update={"unit": "s"})}),
    )


EXAMPLES = {"chain": chain_data(), "session": json.loads(encode_session(rich_session()))}


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_the_schema_and_the_model_agree(data):
    """On an example with one thing changed, whatever and wherever it is."""
    kind = data.draw(st.sampled_from(sorted(EXAMPLES)))
    place = data.draw(st.sampled_from(sorted(places(EXAMPLES[kind]))))
    value = data.draw(ODD)
    if value is GONE and place[-1] == "new":
        return
    odd = changed(EXAMPLES[kind], {".".join(place): value})
    try:
        MODELS[kind].model_validate_json(json.dumps(odd), strict=True)
        is_right = True
    except ValidationError:
        is_right = False
    assert is_valid(odd, json.loads(encode_schema(MODELS[kind]))) == is_right, (place, value)


# The channel


def test_pan_laws():
    mono = Track(name="a", audio="a.wav", channels=1)
    stereo = Track(name="a", audio="a.wav")
    assert channel_gains(mono, PanLaw()) == pytest.approx((0.5**0.5, 0.5**0.5))
    assert channel_gains(stereo, PanLaw()) == (1, 1)
    for track in (mono, stereo):
        right = track.model_copy(update={"pan_lr": 1.0, "fader_db": 6.0})
        assert channel_gains(right, PanLaw()) == pytest.approx((0, 10 ** (6 / 20)), abs=1e-12)


def test_every_device_has_specs_for_its_defaults():
    for name in all_devices():
        spec = get_device(name)
        for parameter in spec.parameters:
            assert parameter.check(parameter.default) == pytest.approx(parameter.default)
