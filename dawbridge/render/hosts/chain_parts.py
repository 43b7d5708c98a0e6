"""A chain as parts: consecutive devices that one DawDreamer engine renders together, and single networks.

Parts are kept between jobs, since loading and compiling cost more than a short render.
"""

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dawbridge.render.farm.job import JobCurve, JobDevice, StripJob

if TYPE_CHECKING:
    from dawbridge.render.hosts.dawdreamer_strip import Strip
    from dawbridge.render.hosts.neural_strip import NeuralStrip

MAX_STRIPS = 6
FAUST_BLOCK_SIZE = 2048

Part = tuple[int, tuple[JobDevice, ...]]  # position of the first device in the chain, and the devices


def cut(devices: tuple[JobDevice, ...], isolates: bool = False) -> list[Part]:
    """The parts of a chain in order. With `isolates`, each device is a part of its own."""
    parts: list[Part] = []
    for position, device in enumerate(devices):
        starts_anew = isolates or device.kind == "neural" or not parts or parts[-1][1][-1].kind == "neural"
        if starts_anew:
            parts.append((position, (device,)))
        else:
            first, row = parts[-1]
            parts[-1] = (first, (*row, device))
    return parts


class PartKeeper:
    """Renders parts; keeps the strips and networks that it will need again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple, Any] = OrderedDict()

    def strip(self, devices: tuple[JobDevice, ...], job: StripJob) -> "Strip":
        """The strip of these devices. It is a new one where a state has to be loaded, or a parameter is automated."""
        from dawbridge.render.hosts.dawdreamer_strip import Strip

        block_size = _block_size(devices, job)
        if any(device.state is not None or device.curves for device in devices):
            return Strip(devices, job.sample_rate, block_size)
        key = (job.sample_rate, block_size, *((_file_key(device), device.channels) for device in devices))
        return self._get(key, lambda: Strip(devices, job.sample_rate, block_size))

    def network(self, device: JobDevice, sample_rate: int) -> "NeuralStrip":
        """The network of a neural device."""
        from dawbridge.render.hosts.neural_strip import NeuralStrip

        return self._get((sample_rate, _file_key(device)), lambda: NeuralStrip(Path(device.path), sample_rate))

    def render_network(self, samples: np.ndarray, device: JobDevice, sample_rate: int) -> np.ndarray:
        """`samples` [2, n] through a neural device: [2, n], latency taken off."""
        knobs: dict[str, float | np.ndarray] = {name: value for name, _, value in device.settings}
        knobs |= {curve.parameter: _positions(device, curve, samples.shape[1]) for curve in device.curves}
        return self.network(device, sample_rate).render(samples, knobs)

    def _get(self, key: tuple, make: Callable[[], Any]) -> Any:
        """The part of that key, made where it is not kept."""
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > MAX_STRIPS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _positions(device: JobDevice, curve: JobCurve, length: int) -> np.ndarray:
    """The automated parameter's position in 0..1 at each sample, [n]."""
    from dawbridge.devices import get_device

    return get_device(device.name).parameter(curve.parameter).to_0to1(curve.curve.at(np.arange(length)))


def _block_size(devices: tuple[JobDevice, ...], job: StripJob) -> int:
    """The job's block size; a longer one for Faust code without automation, whose samples do not depend on it."""
    is_free = not any(device.is_hosted or device.curves or device.is_instrument for device in devices)
    return max(job.block_size, FAUST_BLOCK_SIZE) if is_free else job.block_size


def _file_key(device: JobDevice) -> tuple:
    paths = (device.path, *device.further_paths)
    return tuple((path, os.stat(path).st_mtime_ns) for path in paths)
