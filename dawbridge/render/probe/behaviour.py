"""How a plugin behaves in a strip: channels, latency, tail, and whether the same input gives the same samples.

Measured with the same strips that render sessions, so that a table's promises hold there. Only a scan's child process
imports this.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dawbridge.render.farm.job import JobDevice
from dawbridge.render.hosts.dawdreamer_strip import Strip
from dawbridge.render.probe.files import kind_of
from dawbridge.render.probe.measure import SAMPLE_RATE, Instance
from dawbridge.render.probe.tail import measure_tail_s

LENGTH_S = 1.0
SILENT_PEAK = 1e-6
# Largest difference between samples that count as the same: some synthesizers add noise of 1e-17 against denormals.
SAME = 1e-9
SEED = 20240229
NEAR_END = (0.05, 0.2)
# Note, velocity, start and duration in seconds.
NOTES = ((60, 100, 0.1, 0.4), (67, 80, 0.25, 0.25))


class _Hosted:
    """One instance of the plugin in a strip of its own, used for several renders."""

    def __init__(self, device: JobDevice):
        self.strip = Strip((device,), SAMPLE_RATE)

    def render(self, samples: np.ndarray, device: JobDevice) -> np.ndarray:
        """`samples` [2, n] through the plugin: [2, n]. An instrument plays NOTES unless `samples` are silent."""
        notes = NOTES if device.is_instrument and samples.any() else ()
        return self.strip.render(samples, (device,), notes=notes).copy()


def measure_behaviour(path: Path, indices: list[int]) -> dict:
    """{inputs, outputs, latency_samples, deterministic, resets, keeps_silence, is_finite, tail_s}.

    `indices` are the parameters that may be moved. Latency and tail are measured at the plugin's own settings, all
    else at two more as well, which are drawn once from a fixed seed. A plugin without inputs is an instrument.
    """
    instance = Instance(path)
    plugin = instance.plugin  # it dies with its engine
    own, *others = _settings(path, plugin, indices)
    hosted = _Hosted(own)
    hosted.render(np.zeros((2, SAMPLE_RATE // 10), np.float32), own)
    return {
        "inputs": plugin.get_num_input_channels(),
        "outputs": plugin.get_num_output_channels(),
        "latency_samples": int(hosted.strip.latency_samples),
        "tail_s": measure_tail_s(lambda samples: _Hosted(own).render(samples, own), LENGTH_S / 2, SAMPLE_RATE),
    } | _promises(own, *others)


def _settings(path: Path, plugin: Any, indices: list[int]) -> tuple[JobDevice, JobDevice, JobDevice]:
    """The plugin at its own settings, then with each knob near one end of its range, then near the other.

    So both ends of a choice are tried: one of a reverb's three algorithms may be random.
    """
    rng = np.random.default_rng(SEED)
    labels = {row["index"]: row["name"] for row in plugin.get_parameters_description()}
    own = JobDevice(
        name=path.stem,
        label=path.stem,
        kind=kind_of(path) or "",
        path=str(path),
        channels=plugin.get_num_output_channels(),
        resets=True,
        settings=tuple((labels[index], index, float(plugin.get_parameter(index))) for index in indices),
        is_instrument=plugin.get_num_input_channels() == 0,
    )
    positions = np.abs(rng.integers(0, 2, len(indices)) - rng.uniform(*NEAR_END, len(indices)))
    near_end, near_other = (
        replace(own, settings=tuple((labels[i], i, float(position)) for i, position in zip(indices, row, strict=True)))
        for row in (positions, 1.0 - positions)
    )
    return own, near_end, near_other


def _promises(*devices: JobDevice) -> dict:
    rng = np.random.default_rng(SEED)
    loud, other = (_noise(rng) for _ in range(2))
    own, moved = devices[:2]
    kept, quiet = _Hosted(own), _Hosted(own)
    one = [kept.render(loud, own), *(_Hosted(own).render(loud, device) for device in devices[1:])]
    two = [_Hosted(own).render(loud, device) for device in devices]
    kept.render(other, own)
    # Without a change of settings between, and with one: some plugins clear their state only when a knob turns.
    again = [kept.render(loud, device) for device in (own, moved, own)]
    silent = [quiet.render(np.zeros_like(loud), device) for device in devices]
    return {
        "deterministic": all(map(_are_same, one, two)),
        # A strip renews a plugin that did not reset, so its samples alone do not show that.
        "resets": all(map(_are_same, (one[0], one[1], one[0]), again)) and not kept.strip.ignores_reset,
        "keeps_silence": all(np.abs(samples).max(initial=0.0) < SILENT_PEAK for samples in silent),
        "is_finite": all(np.isfinite(samples).all() for samples in (*one, *two, *again, *silent)),
    }


def _noise(rng: np.random.Generator) -> np.ndarray:
    return (0.25 * rng.standard_normal((2, int(LENGTH_S * SAMPLE_RATE)))).astype(np.float32)


def _are_same(one: np.ndarray, two: np.ndarray) -> bool:
    return bool(np.abs(one - two).max(initial=0.0) <= SAME)
