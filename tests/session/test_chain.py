"""Chain files: what is fixed, what is free and over which range, and tracks with chains of their own."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawbridge.errors import InputError
from dawbridge.session import Track
from dawbridge.session.chain import Chain, chain_names, encode_chain, read_chain
from dawbridge.session.parameter_space import CHANNEL, ParameterSpace

DEVICE = {"device": "eq", "values": {"bell_1_q": 2}, "free": {"bell_1_gain_db": [-3, 6], "bell_1_hz": [100, 1000]}}
VOX = {"devices": [{"device": "gain", "values": {"gain_db": -2}}], "channel": {"fader_db": [-12, 6], "pan_lr": 0.25}}
CHAIN = {"version": 1, "name": "mine", "devices": [DEVICE], "tracks": {"Vox / main é": VOX}}
A_TRACK = Track(name="a", audio="a.wav")


@pytest.fixture
def write(tmp_path):
    """A function: JSON data, or text, → the path of a chain file."""

    def write(data) -> str:
        path = tmp_path / "my chain.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return str(path)

    return write


def test_fixed_free_and_own(write):
    chain = read_chain(write(CHAIN))
    space = ParameterSpace(chain.of_track("anything"))
    assert [row.label(space.chain) for row in space.free] == ["eq/bell_1_gain_db", "eq/bell_1_hz"]
    low, high = (space.to_track(A_TRACK, np.full(2, place)) for place in (0.0, 1.0))
    assert low.devices[0].values == pytest.approx({"bell_1_q": 2, "bell_1_gain_db": -3, "bell_1_hz": 100})
    assert high.devices[0].values == pytest.approx({"bell_1_q": 2, "bell_1_gain_db": 6, "bell_1_hz": 1000})
    assert (low.fader_db, low.pan_lr) == (0, 0)


def test_a_track_with_a_chain_of_its_own(write):
    space = ParameterSpace(read_chain(write(CHAIN)).of_track("Vox / main é"))
    assert [(row.device_index, row.spec.name) for row in space.free] == [(CHANNEL, "fader_db")]
    middle = space.to_track(A_TRACK, np.array([0.5]))
    assert [device.values for device in middle.devices] == [{"gain_db": -2}]
    assert (middle.fader_db, middle.pan_lr) == (-3, 0.25)


def test_defaults_are_the_devices_own_or_the_nearest_end(write):
    device = {"device": "gain", "free": {"gain_db": [3, 12]}}
    space = ParameterSpace(read_chain(write({"devices": [DEVICE, device]})).of_track("a"))
    track = space.to_track(A_TRACK, space.default_0to1)
    assert track.devices[0].values["bell_1_gain_db"] == pytest.approx(0)
    assert track.devices[0].values["bell_1_hz"] == pytest.approx(300)
    assert track.devices[1].values["gain_db"] == pytest.approx(3)


@pytest.mark.parametrize("name", chain_names())
@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32))
def test_positions_come_back_from_the_track_they_make(name, seed):
    space = ParameterSpace(read_chain(name).of_track("a"))
    positions = np.random.default_rng(seed).random(space.size)
    track = space.to_track(A_TRACK, positions)
    again = space.to_track(A_TRACK, space.to_0to1(track))
    stepped = np.array([bool(row.spec.legal_steps) for row in space.free])
    assert np.abs(space.to_0to1(track) - positions)[~stepped].max(initial=0) < 1e-6
    for device, other in zip(track.devices, again.devices):
        assert device.values == pytest.approx(other.values, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", chain_names())
def test_shipped_chains_read_write_and_leave_something_free(name, write):
    chain = read_chain(name)
    assert chain.name == name and chain.description
    assert read_chain(write(encode_chain(chain))) == chain
    assert ParameterSpace(chain.of_track("a")).size > 0


def test_json_is_lossless(write):
    chain = Chain.model_validate(CHAIN)
    assert read_chain(write(encode_chain(chain))) == chain


def test_a_shipped_name_comes_before_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "console").write_text(json.dumps(CHAIN))
    assert read_chain("console").name == "console"
    assert read_chain("./console").name == "mine"


def device(**changes):
    return {"devices": [DEVICE, {"device": "gain"} | changes]}


FAULTS = {
    "no JSON": ("{,}", "not JSON"),
    "newer": ({"version": 2}, "version 2 is newer than this dawbridge reads (1); update dawbridge"),
    "unknown key": ({"device": []}, "device: unknown name, remove or correct it"),
    "unknown device": (device(device="gian"), "device 2: unknown device 'gian'; known are amsynth, "),
    "unknown fixed": (device(values={"gain": 1}), "device 2: gain has no parameter 'gain'; it has gain_db"),
    "unknown free": (device(free={"gain": [0, 1]}), "device 2: gain has no parameter 'gain'; it has gain_db"),
    "fixed outside": (device(values={"gain_db": 99}), "device 2 (gain): gain_db=99 outside -24…24 dB"),
    "free outside": (device(free={"gain_db": [-99, 0]}), "device 2 (gain): gain_db=-99 outside -24…24 dB"),
    "both": (device(values={"gain_db": 1}, free={"gain_db": [0, 1]}), "gain_db is both fixed and free; keep one"),
    "empty": (device(free={"gain_db": [1, 1]}), "device 2 (gain): gain_db is free over 1…1, which is empty"),
    "upside down": (device(free={"gain_db": [6, -6]}), "gain_db is free over 6…-6, which is empty"),
    "three ends": (device(free={"gain_db": [0, 1, 2]}), "devices[1].free.gain_db: Tuple should have at most 2 items"),
    "half a switch": (
        {"devices": [{"device": "polarity", "free": {"inverted": [0, 0.5]}}]},
        "device 1 (polarity): inverted=0.5 is no step of 0, 1",
    ),
    "not finite": ('{"devices": [{"device": "gain", "values": {"gain_db": NaN}}]}', "should be a finite number"),
    "fader outside": ({"channel": {"fader_db": [-200, 0]}}, "channel: fader_db=-200 outside -120…24 dB"),
    "pan empty": ({"channel": {"pan_lr": [1, -1]}}, "channel: pan_lr is free over 1…-1, which is empty"),
    "pan outside": ({"channel": {"pan_lr": 2}}, "channel.pan_lr"),
    "in a track": (
        {"tracks": {"Vox": {"devices": [{"device": "gain", "values": {"gain_db": 99}}]}}},
        "track 'Vox': device 1 (gain): gain_db=99 outside -24…24 dB",
    ),
    "in a track's channel": ({"tracks": {"Vox": {"channel": {"pan_lr": [0, 9]}}}}, "track 'Vox': channel: pan_lr=9 "),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_refused_by_place(name, write):
    data, message = FAULTS[name]
    with pytest.raises(InputError) as error:
        read_chain(path := write(data))
    assert str(error.value).startswith(f"chain {path}: ") and message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["concole", "", ".", "no/such.json", "n" * 5000, "a\0b"])
def test_an_unknown_chain_is_refused_with_the_names_there_are(name):
    with pytest.raises(InputError, match="unknown chain .* neither a file nor one of console, "):
        read_chain(name)


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "chain.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        read_chain(str(tmp_path / "chain.json"))
