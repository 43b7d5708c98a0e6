"""The contract of a plugin table: it says what the plugin in the binary is and does. Run over every table."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dawbridge.devices.plugin_table import read_plugin_table, write_plugin_table
from dawbridge.places import data_folder, find_plugin_file
from dawbridge.render.farm import Farm
from dawbridge.render.job import StripJob, audio_key
from dawbridge.render.resolve import resolve_device
from dawbridge.render.probe import read_texts, scan_plugin
from dawbridge.render.probe.text import parse_text
from dawbridge.session.model import Device

TABLES = sorted(data_folder("plugins").glob("*.toml"))
POSITIONS = (0.0, 0.13, 0.5, 0.77, 1.0)
SAMPLE_RATE = 48000
LENGTH_SAMPLES = 24001

pytestmark = pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def farm():
    with Farm(1) as farm:
        yield farm


@pytest.fixture
def binary(table, zam_plugins) -> Path:
    """The plugin that the table is about."""
    path = find_plugin_file(read_plugin_table(table).file_name)
    if path is None:
        pytest.skip(f"plugin of {table.name} missing: run tools/fetch_plugins")
    return path


@cache
def scanned(binary: Path, name: str):
    return scan_plugin(binary, name=name)


def moved(device) -> dict[str, float]:
    """Every parameter away from its default."""
    places = np.random.default_rng(7).uniform(0.2, 0.8, len(device.parameters))
    return {p.name: float(p.from_0to1(place)) for p, place in zip(device.parameters, places, strict=True)}


def render(farm, device, values, audio):
    """The StripResult of `audio` through the device; values of None: the plugin is told nothing."""
    resolved = resolve_device(Device(device=device.name, values=values or {}), "track 'a' device 1")
    if values is None:
        resolved = replace(resolved, settings=())
    (result,) = farm.render([StripJob(audio, audio_key(audio), SAMPLE_RATE, (resolved,))])
    return result


def noise() -> np.ndarray:
    samples = 0.25 * np.random.default_rng(1).standard_normal((2, LENGTH_SAMPLES))
    return samples.astype(np.float32)


def test_table_matches_the_binary(table, binary):
    device = read_plugin_table(table)
    found = scanned(binary, device.name)
    assert device.parameters == found.parameters
    for field in ("kind", "label", "file_name", "channels", "latency_samples", "class_id", "vendor"):
        assert getattr(device, field) == getattr(found, field), field


def test_what_the_table_promises_was_measured(table, binary):
    device = read_plugin_table(table)
    found = scanned(binary, device.name)
    for promise in ("resets", "deterministic", "keeps_silence"):
        assert getattr(found, promise) or not getattr(device, promise), promise


def test_table_is_written_as_it_was_read(table, tmp_path):
    device = read_plugin_table(table)
    write_plugin_table(device, tmp_path / "again.toml")
    assert read_plugin_table(tmp_path / "again.toml") == device
    assert (tmp_path / "again.toml").read_text() == table.read_text()


def test_table_is_named_after_its_device(table):
    assert read_plugin_table(table).name == table.stem


def test_parameters_can_be_told_apart(table):
    device = read_plugin_table(table)
    names = [parameter.name for parameter in device.parameters]
    assert len(set(names)) == len(names)
    key = "param_id" if device.kind == "vst3" else "index"
    keys = [getattr(parameter, key) for parameter in device.parameters]
    assert None not in keys and len(set(keys)) == len(keys)


def test_parameter_round_trip(table):
    grid = np.linspace(0.0, 1.0, 1001)
    for parameter in read_plugin_table(table).parameters:
        if steps := parameter.legal_steps:
            places = parameter.to_0to1(np.array(steps))
            assert (parameter.from_0to1(places) == steps).all(), parameter.name
        else:
            error = np.abs(parameter.to_0to1(parameter.from_0to1(grid)) - grid).max()
            assert error < 1e-6, parameter.name


def test_the_plugin_reads_the_physical_value_back(table, binary):
    device = read_plugin_table(table)
    wanted = [(p, float(p.from_0to1(place))) for p in device.parameters for place in POSITIONS]
    texts = read_texts(binary, [(p.label, float(p.to_0to1(value))) for p, value in wanted])
    for (parameter, value), text in zip(wanted, texts, strict=True):
        if parameter.choices:
            assert text == parameter.choices[parameter.legal_steps.index(value)], parameter.name
            continue
        reading = parse_text(text)
        assert reading is not None, f"{parameter.name}: {text}"
        span = parameter.maximum - parameter.minimum
        slack = 1.05 * reading.rounding + (1e-3 if parameter.curve == "measured" else 1e-6) * span
        assert abs(reading.value - value) <= slack, f"{parameter.name}: {value} shows as {text}"
        assert not reading.unit or reading.unit == parameter.unit, parameter.name


def test_default_is_where_the_plugin_starts(table, binary, farm):
    device = read_plugin_table(table)
    with Farm(1) as fresh:
        untold = render(fresh, device, None, noise()).samples
    told = render(farm, device, device.defaults, noise()).samples
    if device.deterministic:  # up to what the rounding of a value to 32-bit floats costs
        np.testing.assert_allclose(untold, told, atol=1e-5)


def test_silence_stays_silent(table, binary, farm):
    device = read_plugin_table(table)
    silence = np.zeros((2, LENGTH_SAMPLES), np.float32)
    for values in (device.defaults, moved(device)):
        samples = render(farm, device, values, silence).samples
        assert np.isfinite(samples).all()
        assert not device.keeps_silence or np.abs(samples).max() < 1e-6


def test_noise_gives_finite_sound_of_exact_length(table, binary, farm):
    device = read_plugin_table(table)
    result = render(farm, device, moved(device), noise())
    assert result.samples.shape == (2, LENGTH_SAMPLES)
    assert np.isfinite(result.samples).all() and np.abs(result.samples).max() > 1e-4
    assert result.latency_samples == device.latency_samples


def test_both_channels_are_treated(table, binary, farm):
    device = read_plugin_table(table)
    for side in (0, 1):
        one_sided = noise()
        one_sided[1 - side] = 0.0
        samples = render(farm, device, device.defaults, one_sided).samples
        assert np.abs(samples[side]).max() > 1e-3, "the channel that was fed must be heard on its own side"


def test_fresh_instances_agree_as_declared(table, binary, farm):
    device = read_plugin_table(table)
    with Farm(1) as other:
        for values in (device.defaults, moved(device)):
            one, two = (render(f, device, values, noise()).samples for f in (farm, other))
            assert not device.deterministic or np.array_equal(one, two)


def test_what_was_rendered_before_leaves_no_trace(table, binary, farm):
    device = read_plugin_table(table)
    first = render(farm, device, moved(device), noise()).samples
    render(farm, device, device.defaults, noise()[:, ::-1].copy())
    again = render(farm, device, moved(device), noise()).samples
    assert not device.deterministic or np.array_equal(first, again)
