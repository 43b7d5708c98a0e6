"""One strip: latency taken off, channels kept apart, fresh and reused plugins alike, denormals flushed in time."""

import json
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dawbridge.devices.plugin_table import read_plugin_table
from dawbridge.errors import PluginError
from dawbridge.paths import find_plugin_file
from dawbridge.render import Farm
from dawbridge.render.farm.job import JobDevice
from dawbridge.render.hosts.denormals import flush_denormals, flushed_denormals, keep_denormals
from dawbridge.render.probe import scan_to_table
from strip_jobs import job, noise

pytest_plugins = ("fault_plugins",)

ROOT = Path(__file__).resolve().parents[2]
LATENCY_SAMPLES = 480

# Renders a plugin at its defaults and at random settings: each in a strip of its own, then all in one strip, in
# another order; prints the largest difference of each.
COMPARE = """
import json, sys
import numpy as np
from strip_jobs import RATE, job, noise
from dawbridge.devices import get_device
from dawbridge.render.hosts.dawdreamer_strip import Strip

names = sys.argv[1].split(",")
rng = np.random.default_rng(5)
rows = [{name: {} for name in names}]
for _ in range(4):
    specs = {name: get_device(name).parameters for name in names}
    rows.append({name: {p.name: float(p.from_0to1(rng.uniform())) for p in specs[name]} for name in names})
for row in rows[1:3]:
    rows.append({name: dict(list(values.items())[::2]) for name, values in row.items()})
for row in rows:
    if "dragonfly_plate" in row:
        row["dragonfly_plate"]["algorithm"] = float(rng.integers(0, 2))
chains = [job(*row.items()).devices for row in rows]
fresh = [Strip(chain, RATE).render(noise(), chain) for chain in chains]
strip = Strip(chains[0], RATE)
order = rng.permutation(2 * len(chains)) % len(chains)
print(json.dumps([float(np.abs(strip.render(noise(), chains[n]) - fresh[n]).max()) for n in order]))
"""


@pytest.fixture(scope="module")
def farm():
    """One worker for the whole file."""
    with Farm(1) as farm:
        yield farm


@pytest.mark.parametrize("names", ["zam_eq2", "zam_comp_x2,dragonfly_plate", "gain,zam_eq2"])
def test_a_reused_plugin_gives_the_samples_of_a_fresh_one(zam_plugins, names):
    command = [sys.executable, "-c", COMPARE, names]
    path = f"{ROOT / 'tests' / 'support'}:{ROOT}"
    done = subprocess.run(command, env={"PYTHONPATH": path, "PATH": ""}, capture_output=True, check=True)
    differences = json.loads(done.stdout.splitlines()[-1])
    assert len(differences) == 14 and set(differences) == {0.0}


# Latency


@pytest.mark.parametrize("length", [1, 99, 100, 101, 4800])
@pytest.mark.parametrize("count", [1, 3])
def test_a_delay_that_is_reported_is_taken_off_exactly(farm, add_faulty, length, count):
    name = add_faulty("DELAY", latency_samples=100)
    samples = noise(length)
    (result,) = farm.render([job(*count * [(name, {"gain": 1.0})], samples=samples)])
    np.testing.assert_array_equal(result.samples, samples)
    assert result.latency_samples == 100 * count


def test_latency_is_taken_off_device_by_device_too(add_faulty, tmp_path, monkeypatch):
    monkeypatch.setenv("FAULT_MARK", str(tmp_path / "crashed"))
    late, once = add_faulty("DELAY"), add_faulty("CRASH_ONCE")
    with Farm(1) as farm:
        (result,) = farm.render([job(late, once, late)])
        assert len(farm.failures) == 1
    np.testing.assert_array_equal(result.samples, noise())
    assert result.latency_samples == 200


def test_a_limiter_that_looks_ahead_stays_in_time(farm, tmp_path, monkeypatch, zam_plugins):
    binary = find_plugin_file("ZaMaximX2.vst3")
    if binary is None:
        pytest.skip("plugin missing: run tools/fetch_plugins")
    monkeypatch.setenv("DAWBRIDGE_DATA", str(tmp_path))
    table = scan_to_table(binary, tmp_path / "plugins", "limiter")
    quiet = job(("limiter", {"threshold_db": 0.0}), samples=0.1 * noise())
    (result,) = farm.render([quiet])
    assert read_plugin_table(table).latency_samples == result.latency_samples == LATENCY_SAMPLES
    np.testing.assert_allclose(result.samples, quiet.audio, atol=1e-5)


# Channels


def test_a_mono_plugin_treats_each_channel_by_itself(farm, zam_plugins):
    loud = ("zam_eq2", {"boost_cut_1_db": 9.0})
    left, right = noise()
    (both,) = farm.render([job(loud)])
    for side, samples in enumerate((left, right)):
        (alone,) = farm.render([job(loud, samples=samples[None])])
        np.testing.assert_array_equal(alone.samples[0], alone.samples[1])
        np.testing.assert_array_equal(both.samples[side], alone.samples[0])


# Denormals


def is_flushed() -> bool:
    return not (np.array([1e-40], np.float32) * np.float32(0.5))[0] > 0


def test_denormals_are_flushed_inside_and_kept_after():
    is_possible = flush_denormals()
    assert is_flushed() == is_possible
    assert keep_denormals() == is_possible and not is_flushed()
    with pytest.raises(KeyError), flushed_denormals():
        assert is_flushed() == is_possible
        raise KeyError
    assert not is_flushed()


def test_denormals_can_be_flushed_where_we_measured():
    if platform.system() == "Linux" and platform.machine() == "x86_64":
        assert flush_denormals() and keep_denormals()


def test_a_worker_compiles_powers_after_it_has_rendered(farm, tmp_path):
    path = tmp_path / "power.dsp"
    path.write_text('g = hslider("g", 2, 1, 4, 0.01); process = par(i, 2, *(g ^ g));')
    power = JobDevice("power", "Power", "faust", str(path), 2, True, (("g", -1, 2.0),))
    warm = job("eq")
    first, second = farm.render([warm, replace(warm, devices=(power,))])
    assert first.samples.any() and farm.failures == []
    np.testing.assert_allclose(second.samples, 4.0 * noise(), rtol=1e-5)


def test_faust_code_that_does_not_compile_is_named(farm, tmp_path):
    path = tmp_path / "broken.dsp"
    path.write_text("process = nonsense;")
    broken = JobDevice("broken", "Broken", "faust", str(path), 2, True, ())
    with pytest.raises(PluginError, match="'Broken' cannot be hosted .*undefined symbol : nonsense") as error:
        list(farm.render([replace(job(), devices=(broken,))]))
    assert "\n" not in str(error.value)
