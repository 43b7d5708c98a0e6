"""LV2 bundles: what hosts read of them, where they are, and what may go wrong when they are built."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from dawbridge.devices import get_device
from dawbridge.devices.faust import make_strip
from dawbridge.errors import DawbridgeError, InputError, OutputError
from dawbridge.formats.lv2 import ControlPort, bundle_folder, find_bundle, lv2_device, write_bundle
from dawbridge.formats.lv2.versions import VERSIONS, code_digest, version_of
from exported_devices import ALL, EFFECTS, INSTRUMENTS, STRIP
from lv2_host import lv2_environment

pytest_plugins = ("lv2_fixtures",)


def name_of(spec) -> str:
    return spec.name


# What hosts read


@pytest.mark.parametrize("spec", [*ALL, *INSTRUMENTS], ids=name_of)
def test_lilv_reads_the_ports_as_the_table_has_them(spec, lv2_folder, lv2apply):
    done = subprocess.run(
        ["lv2info", lv2_device(spec).uri],
        env=lv2_environment(lv2_folder),
        capture_output=True,
        text=True,
    )
    ports = [read_port(block) for block in done.stdout.split("\tPort ")[1:]]
    first = 3 if spec.is_instrument else 4 + spec.sidechain_channels
    assert not done.stderr and len(ports) == first + len(spec.parameters)
    assert ("Instrument Plugin" in done.stdout) == spec.is_instrument
    for index, port in enumerate(ports):
        assert port["Index"] == str(index)
    for port, parameter in zip(lv2_device(spec).ports, spec.parameters):
        found = ports[port.index]
        assert (found["Symbol"], port.parameter) == (port.symbol, parameter.name)
        limits = [float(found[key]) for key in ("Minimum", "Maximum", "Default")]
        assert limits == pytest.approx([parameter.minimum, parameter.maximum, parameter.default], abs=1e-6)
        assert ("logarithmic" in found.get("Properties", "")) == (parameter.curve == "logarithmic")


def read_port(block: str) -> dict[str, str]:
    """lv2info's lines `Key:  value` of one port."""
    index, _, rest = block.partition(":")
    rows = [line.split(":", 1) for line in rest.splitlines() if ":" in line]
    return {"Index": index} | {key.strip(): value.strip() for key, value in rows}


def test_ports_have_the_numbers_that_sessions_name():
    device = lv2_device(get_device("sidechain_compressor"))
    assert (device.uri, device.inputs, device.outputs) == ("urn:dawbridge:sidechain_compressor", (0, 1), (2, 3))
    assert device.sidechain_inputs == (4, 5) and device.ports[0] == ControlPort(6, "threshold_db", "threshold_db")
    assert lv2_device(get_device("gain")).ports == (ControlPort(4, "gain_db", "gain_db"),)
    synth = lv2_device(get_device("synth"))
    assert (synth.inputs, synth.outputs, synth.notes, synth.ports[0].index) == ((), (0, 1), 2, 3)
    assert lv2_device(STRIP).ports[0] == ControlPort(8, "_1_gain_gain_db", "1_gain_gain_db")


@pytest.mark.parametrize("spec", [*EFFECTS, *INSTRUMENTS], ids=name_of)
def test_a_device_that_changed_has_a_version_of_its_own(spec):
    assert VERSIONS[spec.name][2] == code_digest(spec), "raise its version in versions.py and put the new digest there"


def test_a_strip_is_as_new_as_its_devices():
    once, twice = (version_of(make_strip(["gain", *more])) for more in ([], ["eq"]))
    assert twice == (once[0] + VERSIONS["eq"][0], once[1] + VERSIONS["eq"][1])


def test_a_long_strip_has_a_short_name():
    names = ["sidechain_compressor"] * 12
    long, other = make_strip(names), make_strip([*names, "eq"])
    assert len(long.name) < 60 and long.name != other.name and long == make_strip(names)


# Where bundles are


@pytest.fixture
def lv2_path(lv2_folder, monkeypatch) -> Path:
    monkeypatch.setenv("LV2_PATH", os.pathsep.join(["/nowhere", str(lv2_folder)]))
    return lv2_folder


def test_a_bundle_is_found_where_hosts_look(lv2_path):
    assert find_bundle("gain") == find_bundle(get_device("gain")) == lv2_path / "dawbridge-gain.lv2"
    assert find_bundle(STRIP) == lv2_path / f"dawbridge-{STRIP.name}.lv2"
    assert find_bundle(make_strip(["gain"])) is None
    assert bundle_folder() == Path("/nowhere")


def test_without_a_path_it_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("LV2_PATH", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert bundle_folder() == tmp_path / ".lv2" and find_bundle("gain") is None


def test_an_outdated_bundle_is_none(cxx_compiler, tmp_path, monkeypatch):
    bundle = write_bundle("gain", tmp_path)
    monkeypatch.setenv("LV2_PATH", str(tmp_path))
    assert find_bundle("gain") == bundle
    monkeypatch.setitem(VERSIONS, "gain", (4, 0, ""))
    assert find_bundle("gain") is None
    assert write_bundle("gain", tmp_path) == find_bundle("gain") == bundle
    (bundle / "gain.so").unlink()
    assert find_bundle("gain") is None


def test_the_same_source_gives_the_same_bytes(lv2_folder, tmp_path, cxx_compiler):
    bundle = write_bundle("compressor", tmp_path / "else where")
    names = sorted(path.name for path in bundle.iterdir() if not path.name.startswith("."))
    ours = ["compressor.so", "compressor.ttl", "device.h", "effect.h", "manifest.ttl", "ports.h", "wrapper.cpp"]
    assert names == ours
    for name in names:
        assert (bundle / name).read_bytes() == (lv2_folder / bundle.name / name).read_bytes(), name


def test_the_source_in_the_bundle_compiles_as_it_says(lv2_folder, cxx_compiler, tmp_path):
    line = next(row for row in (lv2_folder / "dawbridge-eq.lv2/wrapper.cpp").read_text().splitlines() if "g++" in row)
    options = line.split("g++", 1)[1].replace("NAME", str(tmp_path / "eq")).split()
    done = subprocess.run(
        [cxx_compiler, "-Wall", "-Wextra", *options], cwd=lv2_folder / "dawbridge-eq.lv2", capture_output=True
    )
    assert done.returncode == 0 and b"error" not in done.stderr
    assert (tmp_path / "eq.so").is_file()


# Bad input


@pytest.mark.parametrize("name", ["zam_eq2", "tcn_tube"])
def test_what_is_no_built_in_device_is_an_error(name, tmp_path):
    for call in (lambda: write_bundle(name, tmp_path), lambda: find_bundle(name), lambda: lv2_device(get_device(name))):
        with pytest.raises(InputError, match=f"'{name}' is .*gain, polarity, eq"):
            call()
    with pytest.raises(InputError, match=f"'{name}' is .*gain, polarity, eq"):
        make_strip(["gain", name])


def test_an_instrument_is_in_no_strip():
    with pytest.raises(InputError, match="'synth' is an instrument, and cannot be in a strip; it can be gain"):
        make_strip(["gain", "synth"])


def test_an_unknown_device_is_an_error(tmp_path):
    with pytest.raises(InputError, match="unknown device 'eqq'; known are"):
        write_bundle("eqq", tmp_path)
    with pytest.raises(InputError, match="no devices; name one or more of gain"):
        make_strip([])


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path, cxx_compiler):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_bundle("gain", tmp_path / "file" / "lv2")


def test_what_somebody_changed_is_not_replaced(tmp_path, cxx_compiler):
    note = write_bundle("gain", tmp_path) / "note.txt"
    note.write_text("mine")
    with pytest.raises(OutputError, match="changed since"):
        write_bundle("gain", tmp_path)
    assert note.read_text() == "mine"


def test_a_missing_compiler_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DawbridgeError, match="no C.. compiler .*apt-get install g"):
        write_bundle("gain", tmp_path / "lv2")


@pytest.mark.parametrize("command", ["no-such-compiler", "false"])
def test_a_compiler_that_fails_leaves_nothing(command, tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", command)
    with pytest.raises(DawbridgeError, match=f"gain.so: the C.. compiler {command} failed"):
        write_bundle("gain", tmp_path)
    assert not list(tmp_path.iterdir())


# The tool


def run_tool(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, ROOT / "tools/build_lv2", *arguments], capture_output=True, text=True)


def test_the_tool_builds_what_it_is_asked_for(tmp_path, cxx_compiler):
    done = run_tool("--out", tmp_path, "gain", "pan+gain")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / f"dawbridge-{name}.lv2") for name in ("gain", "strip_pan_gain")]
    assert "2 built" in done.stderr


def test_the_tool_says_what_is_wrong(tmp_path):
    done = run_tool("--out", tmp_path, "zam_eq2")
    assert done.returncode == 2 and "'zam_eq2' is no built-in device" in done.stderr
    assert "eq+compressor" in run_tool("--help").stdout
