"""Neural tables and weights: what they become, and what cannot be used is refused in one line that names it."""

import pytest
import torch
from safetensors.torch import save_file

from dawbridge.devices import all_devices
from dawbridge.devices.neural_table import read_neural_table
from dawbridge.errors import InputError
from dawbridge.networks import Tcn, TcnConfig
from dawbridge.render.hosts import neural_network
from dawbridge.render.hosts.neural_strip import NeuralStrip
from neural_device import RATE, SMALL, write_device


def test_a_table_becomes_a_device(tmp_path):
    device = read_neural_table(path := write_device(tmp_path, latency_samples=7, keeps_silence=False)).device
    assert (device.name, device.kind, device.label, device.channels) == ("thing", "neural", "Thing", 2)
    assert (device.latency_samples, device.keeps_silence, device.is_hosted) == (7, False, False)
    assert (device.sample_rate, device.receptive_field_samples, device.network_path) == (RATE, 53, path)
    assert device.tail_s == pytest.approx(53 / RATE)
    assert device.defaults == {"amount": 0.0}


ROW = dict(name="amount", minimum=-12.0, maximum=12.0, default=0.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(table_version=2), "table_version 2"),
        (dict(name="other"), "not the file's"),
        (dict(label=None), r"\['label'\] are missing"),
        (dict(pickle="x.pt"), r"unknown keys \['pickle'\]"),
        (dict(kind="vst3"), r"unknown keys \['kind'\]"),
        (dict(label=3), "label=3"),
        (dict(channels=3), "channels=3"),
        (dict(channels=True), "channels=True"),
        (dict(sample_rate=44_100.0), "sample_rate=44100.0"),
        (dict(receptive_field_samples=2**40), "receptive_field_samples=1099511627776"),
        (dict(latency_samples=-1), "latency_samples=-1"),
        (dict(tail_s=-0.5), "tail_s=-0.5"),
        (dict(tail_s=float("inf")), "tail_s=inf"),
        (dict(keeps_silence=1), "keeps_silence=1"),
        (dict(config=[1]), r"config=\[1\]"),
        (dict(parameters={"a": 1}), "parameters are rows"),
        (dict(parameters=[ROW, ROW]), "two parameters named 'amount'"),
        (dict(parameters=[ROW | {"maximum": -20.0}]), "minimum -12.0 is not below"),
        (dict(parameters=[ROW | {"minimum": "low"}]), "neural table"),
        (dict(parameters=[ROW | {"colour": 1}]), "unknown keys"),
        (dict(weights="thing.pt"), "bare name"),
        (dict(weights="../thing.safetensors"), "bare name"),
        (dict(weights="/thing.safetensors"), "bare name"),
        (dict(weights="a\\thing.safetensors"), "bare name"),
        (dict(weights=["thing.safetensors"]), "weights="),
    ],
    ids=str,
)
def test_a_bad_table_is_refused(tmp_path, change, words):
    path = write_device(tmp_path, **change)
    with pytest.raises(InputError, match=words) as caught:
        read_neural_table(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_no_table_is_refused(tmp_path):
    path = write_device(tmp_path)
    for content in (b"", b"name = ", b"\xff\xfe", b"[" * 100):
        path.write_bytes(content)
        with pytest.raises(InputError, match="thing.toml"):
            read_neural_table(path)
    with pytest.raises(InputError, match="absent.toml"):
        read_neural_table(path.with_name("absent.toml"))


def test_a_link_does_not_lead_out_of_the_folder(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    path = write_device(inside)
    weights = inside / "weights/thing.safetensors"
    weights.replace(tmp_path / "elsewhere.safetensors")
    weights.symlink_to(tmp_path / "elsewhere.safetensors")
    with pytest.raises(InputError, match="lie outside"):
        read_neural_table(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(network="rnn"), "known are tcn"),
        (dict(config={"width": 4, "secret": 1}), "does not fit"),
        (dict(config={"channels": 2}), "does not fit"),
        (dict(config={"width": 10**9}), "width=1000000000"),
        (dict(config={"width": 256, "blocks": 24, "kernel": 255, "dilation_growth": 1}), "more than"),
        (dict(receptive_field_samples=54), "the network's is 53"),
        (dict(parameters=None), "weights of another network"),
    ],
    ids=str,
)
def test_a_network_that_does_not_fit_its_table_is_refused(tmp_path, change, words):
    path = write_device(tmp_path, **change)
    with pytest.raises(InputError, match=words) as caught:
        NeuralStrip(path, RATE)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def spoiled(tensors: dict, kind: str) -> dict:
    name = "last.weight"
    spoil = {
        "lacks one": lambda: {key: value for key, value in tensors.items() if key != name},
        "has another": lambda: tensors | {"more": torch.zeros(1)},
        "has another shape": lambda: tensors | {name: torch.zeros(2, 4, 2)},
        "is not finite": lambda: tensors | {name: torch.full_like(tensors[name], torch.nan)},
        "is whole numbers": lambda: tensors | {name: torch.zeros_like(tensors[name], dtype=torch.int64)},
    }
    return spoil[kind]()


@pytest.mark.parametrize("kind", ["lacks one", "has another", "has another shape", "is not finite", "is whole numbers"])
def test_weights_that_do_not_fit_are_refused(tmp_path, kind):
    path, weights = write_device(tmp_path), tmp_path / "weights/thing.safetensors"
    tensors = Tcn(TcnConfig(channels=2, knobs=1, **SMALL)).state_dict()
    save_file(spoiled(tensors, kind), weights)
    with pytest.raises(InputError, match=str(weights)) as caught:
        NeuralStrip(path, RATE)
    assert "\n" not in str(caught.value)


def test_weights_that_are_missing_no_safetensors_or_too_large_are_refused(tmp_path, monkeypatch):
    path, weights = write_device(tmp_path), tmp_path / "weights/thing.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr(neural_network, "MOST_BYTES", 100)
        with pytest.raises(InputError, match="more than 100"):
            NeuralStrip(path, RATE)
    for content in (b"", b"\x80\x04K\x01.", b"\xff" * 64):
        weights.write_bytes(content)
        with pytest.raises(InputError, match="no readable weights"):
            NeuralStrip(path, RATE)
    weights.unlink()
    with pytest.raises(InputError, match="no readable weights"):
        NeuralStrip(path, RATE)


def test_a_users_own_table_is_found(tmp_path, monkeypatch):
    write_device(tmp_path)
    monkeypatch.setenv("DAWBRIDGE_DATA", str(tmp_path))
    assert all_devices()["thing"].network_path == tmp_path / "neural/thing.toml"
