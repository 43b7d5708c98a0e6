"""How a plugin behaves in a strip: channels, latency, and whether the same input gives the same samples.

Only a scan's child process imports this.
"""

from pathlib import Path

import numpy as np

from dawbridge.render.probe.measure import SAMPLE_RATE, Instance

LENGTH_S = 1.0
SILENT_PEAK = 1e-6
SEED = 20240229
FLUSH_SAMPLES = 512


def measure_behaviour(path: Path, indices: list[int]) -> dict:
    """{inputs, outputs, latency_samples, deterministic, resets, keeps_silence, is_finite}.

    `indices` are the parameters that may be moved: everything is measured at the plugin's own settings and at
    others, drawn once from a fixed seed.
    """
    noise = np.random.default_rng(SEED)
    loud, other = (0.25 * noise.standard_normal((2, int(LENGTH_S * SAMPLE_RATE))) for _ in range(2))
    moved = {index: float(noise.uniform(0.1, 0.9)) for index in indices}
    first, second, quiet = Instance(path), Instance(path), Instance(path)
    own = {index: float(first.plugin.get_parameter(index)) for index in indices}
    one = [_render(first, loud, settings) for settings in (own, moved)]
    two = [_render(second, loud, settings) for settings in (own, moved)]
    _render(first, other, own)
    again = [_render(first, loud, settings) for settings in (moved, own)][::-1]
    silent = [_render(quiet, np.zeros_like(loud), settings) for settings in (own, moved)]
    return {
        "inputs": first.plugin.get_num_input_channels(),
        "outputs": first.plugin.get_num_output_channels(),
        "latency_samples": int(first.plugin.get_latency_samples()),
        "deterministic": all(map(np.array_equal, one, two)),
        "resets": all(map(np.array_equal, one, again)),
        "keeps_silence": all(np.abs(samples).max(initial=0.0) < SILENT_PEAK for samples in silent),
        "is_finite": all(np.isfinite(samples).all() for samples in (*one, *two, *again, *silent)),
    }


def _render(instance: Instance, samples: np.ndarray, settings: dict[int, float]) -> np.ndarray:
    for index, position in settings.items():
        instance.plugin.set_parameter(index, position)
    # As a strip does: a block of silence brings the settings to the plugin, else it begins with the old ones.
    instance.render(np.zeros((samples.shape[0], FLUSH_SAMPLES)))
    return instance.render(samples)

