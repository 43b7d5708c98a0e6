"""The contract of a plugin table: it says what the plugin in the binary is and does. Run over every table."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dawbridge.devices.plugin_table import read_plugin_table, write_plugin_table
from dawbridge.devices.spec import DeviceSpec
from dawbridge.paths import data_folder, find_plugin_file
from dawbridge.render.farm.farm import Farm
from dawbridge.render.farm.job import StripJob, audio_key
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.render.graph.sources import Notes
from dawbridge.render.probe import read_texts, scan_plugin
from dawbridge.render.probe.text import parse_text
from dawbridge.session.model import Device

TABLES = sorted(data_folder("plugins").glob("*.toml"))
POSITIONS = (0.0, 0.13, 0.5, 0.77, 1.0)
SAMPLE_RATE = 48000
LENGTH_SAMPLES = 24001
NOTES = ((60, 100, 0.05, 0.2), (67, 80, 0.1, 0.3))
# What a table calls the same samples.
SAME = 1e-9

pytestmark = pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def farm():
    with Farm(1) as farm:
        yield farm


@pytest.fixture
def binary(table) -> Path:
    """The plugin that the table is about."""
    path = find_plugin_file(read_plugin_table(table).file_name)
    if path is None:
        pytest.skip(f"plugin of {table.name} missing: run tools/fetch_plugins")
    return path


@pytest.fixture(scope="module")
def scans(request):
    """Table → its plugin scanned again, to come; for each table that was chosen and whose plugin is here."""
    here = [item for item in request.session.items if item.path == request.path and "scanned" in item.fixturenames]
    tables = {item.callspec.params["table"]: None for item in here}
    with ThreadPoolExecutor(2) as pool:
        found = {}
        for table in tables:
            device = read_plugin_table(table)
            if path := find_plugin_file(device.file_name):
                found[table] = pool.submit(scan_plugin, path, name=device.name)
        yield found
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def scanned(table, binary, scans) -> DeviceSpec:
    """What a scan finds the plugin to be now."""
    return scans[table].result()


@pytest.fixture
def render(table, farm) -> Callable:
    """Renders through the table's device in a fresh instance, or in one that was used before."""
    device = read_plugin_table(table)

    def render(source, values: dict, state: str | None = None, is_fresh: bool = False, wants_states: bool = False):
        resolved = resolve_device(Device(device=device.name, values=values, state=state), "track 'a' device 1")
        if is_fresh:
            resolved = replace(resolved, resets=False)
        if values is UNTOLD:
            resolved = replace(resolved, settings=())
        key = audio_key(source) if isinstance(source, np.ndarray) else "notes"
        (result,) = farm.render([StripJob(source, key, SAMPLE_RATE, (resolved,), wants_states)])
        return result

    return render


UNTOLD: dict[str, float] = {}


def moved(device) -> dict[str, float]:
    """Every parameter away from its default."""
    places = np.random.default_rng(7).uniform(0.2, 0.8, len(device.parameters))
    return {p.name: float(p.from_0to1(place)) for p, place in zip(device.parameters, places, strict=True)}


def sound(device) -> np.ndarray | Notes:
    """What makes the device sound: noise, or notes."""
    return Notes(LENGTH_SAMPLES, NOTES) if device.is_instrument else noise()


def noise() -> np.ndarray:
    samples = 0.25 * np.random.default_rng(1).standard_normal((2, LENGTH_SAMPLES))
    return samples.astype(np.float32)


def lag_samples(before: np.ndarray, after: np.ndarray) -> int:
    """By how much `after` comes later, where the two fit best."""
    spectra = [np.fft.rfft(samples, 2 * LENGTH_SAMPLES) for samples in (before, after)]
    fit = np.abs(np.fft.irfft(np.conj(spectra[0]) * spectra[1], 2 * LENGTH_SAMPLES))
    return (int(np.argmax(fit)) + LENGTH_SAMPLES) % (2 * LENGTH_SAMPLES) - LENGTH_SAMPLES


def silence(device) -> np.ndarray | Notes:
    return Notes(LENGTH_SAMPLES, ()) if device.is_instrument else np.zeros((2, LENGTH_SAMPLES), np.float32)


def test_table_matches_the_binary(table, scanned):
    device = read_plugin_table(table)
    assert device.parameters == scanned.parameters
    fields = "kind label file_name channels latency_samples is_instrument sidechain_channels class_id vendor"
    for field in fields.split():
        assert getattr(device, field) == getattr(scanned, field), field


def test_what_the_table_promises_was_measured(table, scanned):
    device = read_plugin_table(table)
    for promise in ("resets", "deterministic", "keeps_silence", "state_survives"):
        assert getattr(scanned, promise) or not getattr(device, promise), promise
    slack_s = 0.011 if device.deterministic else 0.2 + device.tail_s / 5
    assert scanned.tail_s == pytest.approx(device.tail_s, abs=slack_s)


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
        reading = parse_text(text) or parse_text(text.rsplit(" ", 1)[0])  # metres and octaves are none of our units
        assert reading is not None, f"{parameter.name}: {text}"
        span = parameter.maximum - parameter.minimum
        slack = 1.05 * reading.rounding + (1e-3 if parameter.curve == "measured" else 1e-6) * span
        assert abs(reading.value - value) <= slack, f"{parameter.name}: {value} shows as {text}"
        assert not reading.unit or reading.unit == parameter.unit, parameter.name


def test_default_is_where_the_plugin_starts(table, binary, render):
    device = read_plugin_table(table)
    untold = render(sound(device), UNTOLD, is_fresh=True).samples
    told = render(sound(device), device.defaults, is_fresh=True).samples
    if device.deterministic:  # up to what the rounding of a value to 32-bit floats costs
        np.testing.assert_allclose(untold, told, atol=1e-5)


def test_silence_stays_silent(table, binary, render):
    device = read_plugin_table(table)
    for values in (device.defaults, moved(device)):
        samples = render(silence(device), values).samples
        assert np.isfinite(samples).all()
        assert not device.keeps_silence or np.abs(samples).max() < 1e-6


def test_sound_is_finite_and_of_exact_length(table, binary, render):
    device = read_plugin_table(table)
    for values in (device.defaults, moved(device)):
        samples = render(sound(device), values).samples
        assert samples.shape == (2, LENGTH_SAMPLES)
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() > 1e-4 or values != device.defaults


def test_latency_is_as_declared(table, binary, render):
    device = read_plugin_table(table)
    result = render(sound(device), device.defaults)
    assert result.latency_samples == device.latency_samples
    if device.latency_samples:  # and it is true: what comes out, that much taken off, lies on what went in
        quiet = 0.01 * noise()
        assert lag_samples(quiet[0], render(quiet, device.defaults).samples[0]) == 0


def test_both_channels_are_treated(table, binary, render):
    device = read_plugin_table(table)
    for side in (0, 1):
        source = sound(device)
        if not device.is_instrument:
            source[1 - side] = 0.0
        samples = render(source, device.defaults).samples
        assert np.abs(samples[side]).max() > 1e-3, "the channel that was fed must be heard on its own side"


def test_fresh_instances_agree_as_declared(table, binary, render):
    device = read_plugin_table(table)
    for values in (device.defaults, moved(device)):
        one, two = (render(sound(device), values, is_fresh=True).samples for _ in range(2))
        assert not device.deterministic or np.abs(one - two).max() <= SAME


def test_what_was_rendered_before_leaves_no_trace(table, binary, render):
    device = read_plugin_table(table)
    other = silence(device) if device.is_instrument else noise()[:, ::-1].copy()
    first = render(sound(device), moved(device)).samples
    render(other, device.defaults)
    again = render(sound(device), moved(device)).samples
    assert not device.deterministic or np.abs(first - again).max() <= SAME


def test_a_saved_state_brings_the_sound_back(table, binary, render):
    device = read_plugin_table(table)
    saved = render(sound(device), moved(device), is_fresh=True, wants_states=True)
    loaded = render(sound(device), {}, state=saved.states[0], is_fresh=True).samples
    assert np.isfinite(loaded).all()
    if device.state_survives and device.deterministic:  # states carry numbers as text
        assert np.square(loaded - saved.samples).sum() <= 1e-6 * np.square(saved.samples).sum()
