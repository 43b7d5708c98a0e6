"""Tables of plugins and networks are data: they name a file in its folder, and nothing in them is run."""

import pickle
import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from dawbridge.devices import all_devices
from dawbridge.devices.neural_table import read_neural_table
from dawbridge.devices.plugin_table import read_plugin_table
from dawbridge.errors import DawbridgeError, InputError
from dawbridge.paths import data_folder
from dawbridge.render.hosts.neural_network import load_network
from dawbridge.session.chain import read_chain
from neural_device import write_device


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """The test stands in a folder of its own."""
    monkeypatch.chdir(tmp_path)


# Plugin tables


PLUGIN_CHANGES = {
    "a path up": {"file_name": "../ZamEQ2.vst3"},
    "the folder above": {"file_name": ".."},
    "the folder itself": {"file_name": "."},
    "no name": {"file_name": ""},
    "an absolute path": {"file_name": "/usr/lib/vst3/ZamEQ2.vst3"},
    "a number": {"file_name": 5},
    "a NUL": {"file_name": "a\0.so"},
    "a Windows path": {"file_name": "..\\a.dll"},
    "Faust code": {"dsp_path": "/tmp/x.dsp"},
    "a network": {"network_path": "/tmp/x.toml"},
    "another kind": {"kind": "faust"},
    "a kind of code": {"kind": "python"},
}


@pytest.mark.parametrize("change", PLUGIN_CHANGES)
def test_a_plugin_table_names_a_file_and_nothing_else(change, tmp_path):
    path = tmp_path / "odd.toml"
    text = (data_folder("plugins") / "zam_eq2.toml").read_text()
    path.write_text(tomli_w.dumps(tomllib.loads(text) | PLUGIN_CHANGES[change]))
    with pytest.raises(InputError, match="plugin table .*odd.toml"):
        read_plugin_table(path)


def test_no_table_takes_a_built_in_devices_place(tmp_path, monkeypatch):
    folder = tmp_path / "data" / "plugins"
    folder.mkdir(parents=True)
    text = (data_folder("plugins") / "zam_eq2.toml").read_text()
    (folder / "gain.toml").write_text(text.replace('name = "zam_eq2"', 'name = "gain"'))
    monkeypatch.setenv("DAWBRIDGE_DATA", str(tmp_path / "data"))
    assert all_devices()["gain"].kind == "faust"


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_are_no_table(data):
    path = Path("any.toml")
    path.write_bytes(data)
    for read in (read_plugin_table, read_neural_table, read_chain):
        with pytest.raises(InputError):
            read(path if read is not read_chain else str(path))


# Networks


class Bomb:
    """Whoever unpickles it makes a file."""

    def __reduce__(self):
        return Path.touch, (Path("outside"),)


def test_weights_are_never_unpickled(tmp_path):
    table = write_device(tmp_path)
    (tmp_path / "weights" / "thing.safetensors").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DawbridgeError):
        load_network(read_neural_table(table))
    assert not Path("outside").exists()
    pickle.loads(pickle.dumps(Bomb()))
    assert Path("outside").exists(), "it would have"


@pytest.mark.parametrize("name", ["os", "os.system", "../tcn", "__class__", "Tcn", "dawbridge.networks.tcn", ""])
def test_a_network_is_a_name_in_the_registry(name, tmp_path):
    with pytest.raises(DawbridgeError):
        load_network(read_neural_table(write_device(tmp_path, network=name)))
