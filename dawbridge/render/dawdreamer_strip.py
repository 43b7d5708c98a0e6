"""A strip on its own DawDreamer engine: playback → devices in series → stereo.

Only worker processes (and probes) import this: plugins load in the main thread only, and may crash.

Traps that this file answers, all measured. A hosted plugin takes a new value only when a block is processed,
so a block of silence flushes the values before the real render. A mono plugin fed with two channels silently
drops the second, so it gets one instance per channel. A processor dies with its engine, so both are kept
together. `get_latency_samples` is reported but not compensated, so the strip renders that much longer and
drops the start. The host keeps to itself a value that equals its own rounded idea of where the plugin stands,
so a fresh instance is first moved away from its start: else it holds another value than a reused one does.
Faust's compiler ends the process where denormals are flushed, so they are flushed for rendering alone.
"""

import base64
import tempfile
from dataclasses import replace
from pathlib import Path

import dawdreamer
import numpy as np

from dawbridge.devices import get_device
from dawbridge.devices.states import host_state, preset_bytes
from dawbridge.render.denormals import flushed_denormals
from dawbridge.render.job import BLOCK_SIZE, JobDevice, StripFailed

_SIDES = ("process = _, !;", "process = !, _;")


class Strip:
    """Devices on an engine of their own, ready to render any audio of one sample rate.

    `latency_samples` is what the plugins reported in the last render. Raises StripFailed for a parameter that
    a plugin does not have.
    """

    def __init__(self, devices: tuple[JobDevice, ...], sample_rate: int):
        self.sample_rate = sample_rate
        self.engine = dawdreamer.RenderEngine(sample_rate, BLOCK_SIZE)
        self.playback = self.engine.make_playback_processor("in", np.zeros((2, BLOCK_SIZE), np.float32))
        self.graph = [(self.playback, [])]
        self.processors = [self._add(position, device) for position, device in enumerate(devices)]
        self.places = [_places(row[0], device) for row, device in zip(self.processors, devices)]
        self.has_hosted = any(device.is_hosted for device in devices)
        self.latency_samples = 0
        self.is_fresh = True
        self.engine.load_graph(self.graph)
        self._move_away(devices)

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

    def _move_away(self, devices: tuple[JobDevice, ...]) -> None:
        """What is set next differs from where the plugins stand, and so reaches them."""
        for row, places, device in zip(self.processors, self.places, devices):
            if device.is_hosted and device.resets:
                away = tuple((name, index, (value + 0.5) % 1.0) for name, index, value in device.settings)
                _apply(row, places, replace(device, settings=away))
                self.is_fresh = False
        if not self.is_fresh:
            self._run_silent_block()

    def _run_silent_block(self) -> None:
        """What makes a hosted plugin take new values."""
        self.playback.set_data(np.zeros((2, BLOCK_SIZE), np.float32))
        with flushed_denormals():
            self.engine.render(BLOCK_SIZE / self.sample_rate)

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
        for row, places, device in zip(self.processors, self.places, devices):
            _apply(row, places, device)
        if self.has_hosted:
            self._run_silent_block()
            hosted = [row[0] for row, device in zip(self.processors, devices) if device.is_hosted]
            self.latency_samples = sum(processor.get_latency_samples() for processor in hosted)
        self.playback.set_data(np.ascontiguousarray(stereo))
        first, length = self.latency_samples, samples.shape[1]
        with flushed_denormals():
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


def _places(processor, device: JobDevice) -> dict:
    """Parameter name, and (name, place): place on the host's list. A Faust path is cut to its last part."""
    rows = [(row["index"], row["name"]) for row in processor.get_parameters_description()]
    if not device.is_hosted:
        rows = [(index, name.rsplit("/", 1)[-1]) for index, name in rows]
    return {name: index for index, name in rows} | {(name, index): index for index, name in rows}


def _apply(row: list, places: dict, device: JobDevice) -> None:
    """Settings to processors. A table of another version of the plugin must not set others."""
    for name, index, value in device.settings:
        place = places.get((name, index) if index >= 0 else name)
        if place is None:
            where = f" at place {index} of its list" if index >= 0 else ""
            raise StripFailed(f"has no parameter {name!r}{where}; scan it again")
        for processor in row:
            processor.set_parameter(place, value)
