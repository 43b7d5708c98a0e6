"""Neural devices: chunks equal the whole, lengths are exact, latency is gone, and the shipped one does its work."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dawbridge.devices.neural_table import read_neural_table
from dawbridge.errors import InputError
from dawbridge.networks import Tcn, TcnConfig, registry
from dawbridge.networks import neural as networks_by_name
from dawbridge.networks.torch_device import find_torch_device
from dawbridge.paths import data_folder, find_plugin_file
from dawbridge.render.hosts.neural_strip import CHUNK_SAMPLES, NeuralStrip
from dawbridge.render.hosts.neural_version import DEVICE_VARIABLE
from neural_device import RATE, SMALL, delay, write_device

ROOT = Path(__file__).resolve().parents[2]
TORCH_DEVICES = ["cpu"] + ["cuda"] * torch.cuda.is_available()
SHIPPED = sorted((data_folder("presets") / "neural").glob("*.toml"))
CHUNK_SIZES = (1000, 4096, 10_007, CHUNK_SAMPLES)


def noise(length: int, seed: int = 1) -> np.ndarray:
    return (0.25 * np.random.default_rng(seed).standard_normal((2, length))).astype(np.float32)


# Rendering


@pytest.mark.parametrize("torch_device", TORCH_DEVICES)
@pytest.mark.parametrize(("channels", "activation"), [(1, "gated"), (2, "gated"), (2, "prelu")])
def test_chunks_equal_the_whole(tmp_path, torch_device, channels, activation):
    network = Tcn.seeded(TcnConfig(channels=channels, knobs=2, activation=activation, **SMALL), 5)
    strip = NeuralStrip(write_device(tmp_path, network), RATE, torch_device)
    samples, moving = noise(30_001), np.linspace(0.0, 1.0, 30_001) ** 2
    x = torch.from_numpy(samples).unflatten(0, (-1, channels))
    knobs = torch.from_numpy(np.stack((moving, np.full(30_001, 0.5))).astype(np.float32))
    with torch.inference_mode():
        whole = network(x, knobs.expand(len(x), -1, -1)).flatten(0, 1).numpy()
    for chunk_samples in CHUNK_SIZES:
        parts = strip.render(samples, {"amount": moving, "amount_1": 0.5}, chunk_samples)
        np.testing.assert_allclose(parts, whole, atol=1e-5, rtol=0.0)


@pytest.mark.parametrize("chunk_samples", CHUNK_SIZES)
def test_a_delay_with_its_latency_declared_comes_out_aligned(tmp_path, chunk_samples):
    strip = NeuralStrip(write_device(tmp_path, delay(200), latency_samples=200), RATE)
    samples = noise(25_003)
    assert np.array_equal(strip.render(samples, {}, chunk_samples), samples)


def test_a_delay_without_latency_is_one(tmp_path):
    samples = noise(5_000)
    late = NeuralStrip(write_device(tmp_path, delay(200)), RATE).render(samples, {})
    assert np.array_equal(late[:, 200:], samples[:, :-200])
    assert not late[:, :200].any()


@pytest.mark.parametrize("sample_rate", [22_050, 48_000, 88_200, 96_000])
@pytest.mark.parametrize("length", [1, 999, 48_001])
def test_at_other_rates_length_is_exact_and_sound_stays_in_place(tmp_path, sample_rate, length):
    strip = NeuralStrip(write_device(tmp_path, delay(200), latency_samples=200), sample_rate)
    times = np.arange(length) / sample_rate
    samples = np.stack([np.sin(2 * np.pi * 440 * times), np.sin(2 * np.pi * 3000 * times)]).astype(np.float32)
    result = strip.render(samples, {})
    assert result.shape == samples.shape and result.dtype == np.float32
    inner = slice(2_000, -2_000)
    assert np.abs(result[:, inner] - samples[:, inner]).max(initial=0.0) < 1e-4


def test_a_knob_moves_at_the_same_time_at_another_rate(tmp_path):
    network = Tcn.seeded(TcnConfig(channels=1, knobs=1, **SMALL), 5)
    path = write_device(tmp_path, network)
    times = {rate: np.arange(rate) / rate for rate in (RATE, 96_000)}
    loud = {}
    for rate, t in times.items():
        tone = np.sin(2 * np.pi * 500 * t).astype(np.float32)
        result = NeuralStrip(path, rate).render(np.stack([tone, tone]), {"amount": (t > 0.5).astype(float)})
        loud[rate] = [np.sqrt(np.mean(result[:, (t > low) & (t < low + 0.3)] ** 2)) for low in (0.15, 0.55)]
    np.testing.assert_allclose(loud[RATE], loud[96_000], rtol=1e-3)
    assert abs(loud[RATE][0] / loud[RATE][1] - 1.0) > 0.01


def test_a_network_never_sees_more_than_a_chunk_and_its_context(tmp_path):
    strip = NeuralStrip(write_device(tmp_path, latency_samples=10), RATE)
    seen = []
    strip.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[-1]))
    strip.render(noise(50_000), {}, 4096)
    assert len(seen) == 13
    assert max(seen) <= 4096 + strip.spec.receptive_field_samples + networks_by_name.GRID_SAMPLES


def test_a_mono_file_costs_one_channel_and_sounds_as_two(tmp_path):
    strip = NeuralStrip(write_device(tmp_path, Tcn.seeded(TcnConfig(**SMALL), 5)), RATE)
    seen = []
    strip.network.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    samples = noise(3_000)
    stereo, mono = strip.render(samples, {}), strip.render(samples[:1], {})
    assert seen == [2, 1]
    np.testing.assert_allclose(mono, stereo[[0, 0]], atol=1e-6)


@dataclass(frozen=True)
class NoSizes:
    channels: int
    knobs: int


class Held(torch.nn.Module):
    """Works in frames of 8: each sample is that with which its frame began."""

    receptive_field_samples = 8

    def __init__(self, config):
        super().__init__()

    def forward(self, x, knobs):
        return x[..., ::8].repeat_interleave(8, dim=-1)[..., : x.shape[-1]]


def test_a_network_that_works_in_frames_gives_the_same_in_chunks(tmp_path, monkeypatch):
    monkeypatch.setitem(registry.NETWORKS, "held", registry.NetworkKind(NoSizes, Held, is_device=True))
    monkeypatch.setattr(networks_by_name, "DEVICE_NETWORKS", ["held"])
    path = write_device(tmp_path, network="held", config={}, receptive_field_samples=8)
    save_file({}, tmp_path / "weights/thing.safetensors")
    samples = noise(5_000)
    for chunk_samples in (999, 1000, 1024, 10_000):
        held = NeuralStrip(path, RATE).render(samples, {}, chunk_samples)
        assert np.array_equal(held, samples[:, np.arange(5_000) // 8 * 8])


def test_silence_no_samples_and_bad_knobs(tmp_path):
    strip = NeuralStrip(write_device(tmp_path), RATE)
    assert np.abs(strip.render(np.zeros((2, 9_000), np.float32), {"amount": 0.9})).max() < 1e-6
    assert strip.render(np.zeros((2, 0), np.float32), {}).shape == (2, 0)
    samples = noise(100)
    assert np.array_equal(strip.render(samples, {}), strip.render(samples, {"amount": 0.5}))
    assert np.array_equal(strip.render(samples, {"amount": 1.0}), strip.render(samples, {"amount": 7.0}))
    with pytest.raises(InputError, match="it has amount"):
        strip.render(samples, {"volume": 0.5})
    with pytest.raises(InputError, match=r"give a number or \[100\]"):
        strip.render(samples, {"amount": np.zeros(99)})


def test_rendering_leaves_torch_as_it_was(tmp_path):
    before = torch.get_num_threads()
    NeuralStrip(write_device(tmp_path), RATE).render(noise(2_000), {})
    assert torch.get_num_threads() == before
    assert torch.tensor(1e-40) * 1.0 > 0.0  # denormals are kept
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


def test_the_torch_device_is_asked_for_in_the_environment(tmp_path, monkeypatch):
    assert NeuralStrip(write_device(tmp_path), RATE).torch_device.type == "cpu"
    monkeypatch.setenv(DEVICE_VARIABLE, "warp")
    with pytest.raises(InputError, match="set DAWBRIDGE_TORCH_DEVICE=cpu"):
        NeuralStrip(write_device(tmp_path), RATE)
    for name in ("meta", "cuda:99"):
        with pytest.raises(InputError, match=name) as caught:
            find_torch_device(name, "give another")
        assert "\n" not in str(caught.value)


# The registry, and what is shipped


def in_a_fresh_process(code: str) -> dict:
    """What `code` prints last, as JSON. DawDreamer and plugins print too."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_registry_has_neural_devices_and_loads_no_torch():
    code = "import sys, json\nfrom dawbridge.devices import all_devices\nnames = sorted(all_devices())\n"
    found = in_a_fresh_process(code + "print(json.dumps({'names': names, 'torch': 'torch' in sys.modules}))")
    assert "tcn_tube" in found["names"] and not found["torch"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_device_is_small_keeps_silence_and_has_a_card(path):
    table, strip = read_neural_table(path), NeuralStrip(path, 48_000)
    assert table.weights_path.stat().st_size < 200_000
    card = table.weights_path.with_suffix(".md").read_text(encoding="utf-8")
    assert all(f"## {part}" in card for part in ("Data", "Training", "Results", "Limits"))
    silence = np.zeros((2, 48_000), np.float32)
    for position in (0.0, 1.0):
        result = strip.render(silence, {p.name: position for p in strip.spec.parameters})
        assert not strip.spec.keeps_silence or np.abs(result).max() < 1e-6
    sound = strip.render(noise(48_000), {p.name: np.linspace(0, 1, 48_000) for p in strip.spec.parameters})
    assert np.isfinite(sound).all() and np.abs(sound).max() > 1e-3


def test_more_drive_gives_more_harmonics():
    strip = NeuralStrip(data_folder("presets") / "neural/tcn_tube.toml", RATE)
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    shares = []
    for drive in (0.2, 0.9):
        lines = np.abs(np.fft.rfft(strip.render(tone[None], {"drive": drive})[0, -RATE // 2 :])) ** 2  # 2 Hz a line
        shares.append(lines[[440, 660, 880, 1100]].sum() / lines[220])
    assert shares[1] > 10 * shares[0]


BESIDE_DAWDREAMER = """
import json, sys
{first}
import dawdreamer, numpy as np
from dawbridge.render.hosts.neural_strip import NeuralStrip

def faust(samples):
    engine = dawdreamer.RenderEngine({rate}, 512)
    source = engine.make_playback_processor("in", samples)
    half = engine.make_faust_processor("half")
    half.set_dsp_string("import(\\"stdfaust.lib\\"); process = _ * 0.5, _ * 0.5;")
    assert half.compile()
    engine.load_graph([(source, []), (half, ["in"])])
    engine.render((samples.shape[1] + 0.5) / {rate})
    return engine.get_audio()[:, : samples.shape[1]]

samples = (0.25 * np.random.default_rng(1).standard_normal((2, {rate}))).astype(np.float32)
before = faust(samples)
middle = NeuralStrip({table!r}, {rate}).render(before, {{"drive": 0.5}})
after = faust(middle)
print(json.dumps({{"before": bool(np.allclose(before, samples / 2)), "after": bool(np.allclose(after, middle / 2)),
                   "rms": float(np.sqrt(np.mean(middle**2)))}}))
"""


@pytest.mark.parametrize("first", ["import dawdreamer", "import torch"])
def test_dawdreamer_and_torch_render_in_one_process(first):
    """Both carry an LLVM; Faust compiles before and after the network has run."""
    table = f"__import__('pathlib').Path({str(SHIPPED[0])!r})"
    code = BESIDE_DAWDREAMER.replace("{table!r}", table).format(first=first, rate=RATE)
    found = in_a_fresh_process(code)
    assert found["before"] and found["after"] and found["rms"] > 0.01


PLUGIN = """
import json, sys
import dawdreamer, numpy as np
engine = dawdreamer.RenderEngine({rate}, 512)
source = engine.make_playback_processor("in", np.load({sound!r})[None])
plugin = engine.make_plugin_processor("plugin", {plugin!r})
(place,) = [row["index"] for row in plugin.get_parameters_description() if row["name"] == "Tube Drive"]
plugin.set_parameter(place, {drive})
engine.load_graph([(source, []), (plugin, ["in"])])
engine.render({length} / {rate} + 0.001)
np.save({sound!r}, engine.get_audio()[0, :{length}])
print(json.dumps("done"))
"""


@pytest.mark.parametrize("drive", [0.3, 0.8])
def test_the_tube_is_nearer_to_its_plugin_than_any_gain_on_a_sound_it_never_heard(tmp_path, zam_plugins, drive):
    if (plugin := find_plugin_file("ZamTube.vst3")) is None:
        pytest.skip("plugin missing: run tools/fetch_plugins")
    times = np.arange(2 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * times) * np.exp(-(times % 0.5) * 4) for f in (110.0, 277.2, 329.6, 1318.5))
    sound = (0.2 * chord + 0.02 * noise(2 * RATE)[0]).astype(np.float32)
    np.save(tmp_path / "sound.npy", sound)
    facts = dict(rate=RATE, sound=str(tmp_path / "sound.npy"), plugin=str(plugin), drive=drive, length=2 * RATE)
    in_a_fresh_process(PLUGIN.format(**facts))
    delays = slice(RATE // 2, None)  # the plugin takes new values while it plays
    wanted, x = np.load(tmp_path / "sound.npy")[delays], sound[delays]
    answer = NeuralStrip(data_folder("presets") / "neural/tcn_tube.toml", RATE).render(sound[None], {"drive": drive})
    best_gain = (wanted @ x) / (x @ x)
    errors = [np.sum((y - wanted) ** 2) / np.sum(wanted**2) for y in (answer[0, delays], best_gain * x, x)]
    assert errors[0] < 0.05 * errors[1] <= 0.05 * errors[2]
