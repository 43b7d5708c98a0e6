"""A strip on its own DawDreamer engine: playback → devices in series → stereo.

Only worker processes (and probes) import this: plugins load in the main thread only, and may crash.

Traps that this file answers, all measured: a hosted plugin takes a new value only when a block is processed, so
a block of silence flushes the values before the real render; a mono plugin fed with two channels silently drops the
second, so it gets one instance per channel; a processor dies with its engine, so both are kept together;
`get_latency_samples` is reported but not compensated, so the strip renders that much longer and drops the start.
"""

import base64
import tempfile
from pathlib import Path

import dawdreamer
import numpy as np

from dawbridge.devices import get_device
from dawbridge.devices.states import host_state, preset_bytes
from dawbridge.render.job import BLOCK_SIZE, JobDevice

_SIDES = ("process = _, !;", "process = !, _;")


class Strip:
    """Devices on an engine of their own, ready to render any audio of one sample rate."""

    def __init__(self, devices: tuple[JobDevice, ...], sample_rate: int):
        self.sample_rate = sample_rate
        self.engine = dawdreamer.RenderEngine(sample_rate, BLOCK_SIZE)
        self.playback = self.engine.make_playback_processor("in", np.zeros((2, BLOCK_SIZE), np.float32))
        self.graph = [(self.playback, [])]
        self.processors = [self._add(position, device) for position, device in enumerate(devices)]
        self.positions = [_positions(row[0], device) for row, device in zip(self.processors, devices)]
        self.has_hosted = any(device.is_hosted for device in devices)
        hosted = [row for row, device in zip(self.processors, devices) if device.is_hosted]
        self.latency_samples = sum(row[0].get_latency_samples() for row in hosted)
        self.is_fresh = True
        self.engine.load_graph(self.graph)

    def _add(self, position: int, device: JobDevice) -> list:
        before = self.graph[-1][0].get_name()
        if device.channels == 1:
            return self._add_pair(position, device, before)
        processor = self._make(f"{position}", device)
        self.graph.append((processor, [before]))
        return [processor]

    def _add_pair(self, position: int, device: JobDevice, before: str) -> list:
        pair = []
        for side, code in enumerate(_SIDES):
            splitter = self._faust(f"{position} side {side}", code)
            processor = self._make(f"{position} channel {side}", device)
            self.graph += [(splitter, [before]), (processor, [splitter.get_name()])]
            pair.append(processor)
        joined = self._faust(f"{position} joined", "process = _, _;")
        self.graph.append((joined, [processor.get_name() for processor in pair]))
        return pair

    def _make(self, name: str, device: JobDevice):
        if not device.is_hosted:
            return self._faust(name, Path(device.path).read_text(encoding="utf-8"))
        processor = self.engine.make_plugin_processor(name, device.path)
        if device.state is not None:
            _load_state(processor, device)
        return processor

    def _renew(self, devices: tuple[JobDevice, ...]) -> None:
        """A fresh instance of each plugin whose state a reset does not clear."""
        fresh = {}
        for row, device in zip(self.processors, devices):
            for place, processor in enumerate(row if not device.resets else ()):
                name = processor.get_name()
                self.engine.remove_processor(name)
                row[place] = fresh[name] = self._make(name, device)
        self.graph = [(fresh.get(node.get_name(), node), inputs) for node, inputs in self.graph]
        self.engine.load_graph(self.graph)

    def _faust(self, name: str, code: str):
        processor = self.engine.make_faust_processor(name)
        processor.set_dsp_string(code)
        processor.compile()
        return processor

    def render(self, samples: np.ndarray, devices: tuple[JobDevice, ...]) -> np.ndarray:
        """`samples` [1 or 2, n] through the strip at `devices`' settings: [2, n], latency taken off."""
        stereo = np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples
        if not self.is_fresh and not all(device.resets for device in devices):
            self._renew(devices)
        self.is_fresh = False
        for row, positions, device in zip(self.processors, self.positions, devices):
            _apply(row, positions, device)
        if self.has_hosted:
            self.playback.set_data(np.zeros((2, BLOCK_SIZE), np.float32))
            self.engine.render(BLOCK_SIZE / self.sample_rate)
        self.playback.set_data(np.ascontiguousarray(stereo))
        length, first = samples.shape[1], self.latency_samples
        self.engine.render((first + length + 0.5) / self.sample_rate)
        return self.engine.get_audio()[:, first : first + length]

    def preset(self, position: int, device: JobDevice) -> bytes:
        """The preset file of the hosted plugin at `position`, as it stands after a block has run."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state"
            self.processors[position][0].save_state(str(path))
            return preset_bytes(get_device(device.name), path.read_bytes())


def _load_state(processor, device: JobDevice) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        path.write_bytes(host_state(get_device(device.name), base64.b64decode(device.state)))
        processor.load_state(str(path))


def _positions(processor, device: JobDevice) -> dict[str, int]:
    """Parameter name → position on the host's list; a Faust path is cut to its last part."""
    names = {row["index"]: row["name"] for row in processor.get_parameters_description()}
    if not device.is_hosted:
        names = {index: name.rsplit("/", 1)[-1] for index, name in names.items()}
    return {name: index for index, name in names.items()}


def _apply(row: list, positions: dict[str, int], device: JobDevice) -> None:
    for name, index, value in device.settings:
        for processor in row:
            processor.set_parameter(index if index >= 0 else positions[name], value)
