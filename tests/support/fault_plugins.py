"""Plugins that misbehave, compiled from `fault_plugin.c`, with tables of their own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dawbridge.devices.plugin_table import write_plugin_table
from dawbridge.devices.spec import DeviceSpec
from dawbridge.params import ParameterSpec

SOURCE = Path(__file__).with_name("fault_plugin.c")
UNIQUE_ID = int.from_bytes(b"DwFt", "big")


@pytest.fixture
def own_plugins(tmp_path, monkeypatch):
    """A function (name, **fields of DeviceSpec) → where the binary of a VST2 with a table of its own belongs."""
    binaries, data = tmp_path / "binaries", tmp_path / "data"
    binaries.mkdir()
    others = os.environ.get("DAWBRIDGE_PLUGIN_PATH", "")
    monkeypatch.setenv("DAWBRIDGE_PLUGIN_PATH", os.pathsep.join(filter(None, [str(binaries), others])))
    monkeypatch.setenv("DAWBRIDGE_DATA", str(data))

    def add(name: str, **fields) -> Path:
        gain = ParameterSpec("gain", 0.0, 1.0, 1.0, label="Gain", index=0)
        row = {"parameters": (gain,), "class_id": str(UNIQUE_ID), "label": f"The {name}"} | fields
        device = DeviceSpec(name=name, kind="vst2", file_name=f"{name}.so", **row)
        write_plugin_table(device, data / "plugins" / f"{name}.toml")
        return binaries / device.file_name

    yield add


@pytest.fixture(scope="session")
def compiled_faults(tmp_path_factory) -> Path:
    """Where compiled plugins are kept through the run."""
    return tmp_path_factory.mktemp("faults")


@pytest.fixture
def add_faulty(own_plugins, compiler, compiled_faults):
    """A function (fault as `fault_plugin.c` names it) → name of the device that commits it."""

    def add(fault: str, **fields) -> str:
        built = compiled_faults / f"{fault}.so"
        if not built.exists():
            command = [compiler, "-shared", "-fPIC", "-fvisibility=hidden", f"-DFAULT={fault}", "-o", built, SOURCE]
            subprocess.run([*command, "-lm"], check=True)
        name = f"fault_{fault.lower()}"
        shutil.copy(built, own_plugins(name, **fields))
        return name

    return add
