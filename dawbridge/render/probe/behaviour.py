"""How a plugin behaves in a strip: channels, latency, and whether the same input gives the same samples.

Measured with the strips that render sessions, so that a table promises what they keep. Only a scan's child
process imports this.
"""

from pathlib import Path

import numpy as np

from dawbridge.render.dawdreamer_strip import Strip
from dawbridge.render.job import JobDevice
from dawbridge.render.probe.measure import SAMPLE_RATE, Instance

LENGTH_S = 1.0
SILENT_PEAK = 1e-6
SEED = 20240229


def measure_behaviour(path: Path, indices: list[int]) -> dict:
    """{inputs, outputs, latency_samples, deterministic, resets, keeps_silence, is_finite}.

    `indices` are the parameters that may be moved: everything is measured at the plugin's own settings and at
    others, drawn once from a fixed seed.
    """
    rng = np.random.default_rng(SEED)
    loud, other = (_float32(0.25 * rng.standard_normal((2, int(LENGTH_S * SAMPLE_RATE)))) for _ in range(2))
    instance = Instance(path)
    plugin = instance.plugin  # it dies with its engine
    inputs, outputs = plugin.get_num_input_channels(), plugin.get_num_output_channels()
    labels = {row["index"]: row["name"] for row in plugin.get_parameters_description()}
    positions = (
        {index: float(plugin.get_parameter(index)) for index in indices},
        {index: float(rng.uniform(0.1, 0.9)) for index in indices},
    )
    own, moved = (_chain(path, inputs, labels, settings) for settings in positions)
    first, second, quiet = (Strip(own, SAMPLE_RATE) for _ in range(3))
    one = [first.render(loud, chain) for chain in (own, moved)]
    two = [second.render(loud, chain) for chain in (own, moved)]
    first.render(other, own)
    again = [first.render(loud, chain) for chain in (moved, own)][::-1]
    silent = [quiet.render(np.zeros_like(loud), chain) for chain in (own, moved)]
    return {
        "inputs": inputs,
        "outputs": outputs,
        "latency_samples": int(first.latency_samples),
        "deterministic": all(map(np.array_equal, one, two)),
        "resets": all(map(np.array_equal, one, again)),
        "keeps_silence": all(np.abs(samples).max(initial=0.0) < SILENT_PEAK for samples in silent),
        "is_finite": all(np.isfinite(samples).all() for samples in (*one, *two, *again, *silent)),
    }


def _float32(samples: np.ndarray) -> np.ndarray:
    return samples.astype(np.float32)


def _chain(path: Path, inputs: int, labels: dict[int, str], settings: dict[int, float]) -> tuple[JobDevice]:
    """The plugin alone in a chain, kept between renders."""
    kind = "vst3" if path.suffix.lower() == ".vst3" else "vst2"
    named = tuple((labels[index], index, position) for index, position in settings.items())
    return (JobDevice(path.stem, path.stem, kind, str(path), 1 if inputs == 1 else 2, True, named),)
