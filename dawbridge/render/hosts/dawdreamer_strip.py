"""A strip on its own DawDreamer engine: audio or an instrument → devices in series → stereo.

Only worker processes and scans import this: plugins load in the main thread only, and may crash.

This file works around these traps, all measured:
- A hosted plugin takes a new value only when a block is processed. So a block of silence is rendered first.
- A mono plugin fed with two channels silently drops the second. So it gets one instance per channel.
- A processor dies with its engine. So both are kept together.
- Latency is reported but not compensated. So a strip renders that much longer and drops the start. Sidechains and
  automation are delayed by the latency of the devices before.
- The host does not pass on a value that equals its own rounded copy of the plugin's value. So a fresh instance is first
  moved away from its start; otherwise it would hold another value than a reused one.
- Automation is read once per block, at its start.
- Faust's compiler ends the process where denormals are flushed. So they are flushed only during a render.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import dawdreamer
import numpy as np

from dawbridge.devices import get_device
from dawbridge.devices.faust.instrument import VOICES
from dawbridge.errors import InputError
from dawbridge.render.farm.job import BLOCK_SIZE, DEFAULT_BPM, LONG_SAMPLES, JobDevice, StripFailed
from dawbridge.render.hosts.denormals import flushed_denormals
from dawbridge.render.hosts.plugin_state import load_state, saved_preset

TEMPO_PPQN = 24
Indices = dict[str | tuple[str, int], int]
# The highest peak of a reset plugin over silence. A higher one is a remainder of what it played before.
SILENCE_PEAK = 1e-4
_CHANNEL_CODES = ("process = _, !;", "process = !, _;")


class Strip:
    """Devices on an engine of their own, ready to render any audio of one sample rate.

    `latency_samples` is what the plugins reported in the last render. Where the first device is an instrument, the
    strip renders notes instead of audio. Raises StripFailed for a parameter that a plugin does not have.
    """

    def __init__(self, devices: tuple[JobDevice, ...], sample_rate: int, block_size: int = BLOCK_SIZE):
        self.sample_rate, self.block_size = sample_rate, block_size
        self.engine = dawdreamer.RenderEngine(sample_rate, block_size)
        self.playback: Any = None
        self.sidechains: dict[int, Any] = {}  # device position → the playback at its sidechain input
        self.graph: list[tuple[Any, list[str]]] = []
        self.loaded: np.ndarray | None = None
        if not (devices and devices[0].is_instrument):
            self.playback = self._playback("in")
        self.processors = [self._add(position, device) for position, device in enumerate(devices)]
        self.indices = [_parameter_indices(row[0], device) for row, device in zip(self.processors, devices)]
        self.has_hosted = any(device.is_hosted for device in devices)
        self.latency_samples = 0
        self.is_fresh, self.renews = True, False
        self.fresh_peak: float | None = None
        self.engine.load_graph(self.graph)
        self._move_away(devices)

    @property
    def ignores_reset(self) -> bool:
        """Whether a plugin still sounded after a reset. From then on each render gets fresh instances."""
        return self.renews

    def _playback(self, name: str) -> Any:
        playback = self.engine.make_playback_processor(name, np.zeros((2, self.block_size), np.float32))
        self.graph.append((playback, []))
        return playback

    def _add(self, position: int, device: JobDevice) -> list:
        before = [self.graph[-1][0].get_name()] if self.graph else []
        if device.takes_sidechain:
            self.sidechains[position] = self._playback(f"{position} sidechain")
            before.append(self.sidechains[position].get_name())
        if device.channels == 1 and not device.is_instrument:
            return self._add_pair(position, device, before)
        processor = self._make(f"{position}", device)
        self.graph.append((processor, before))
        if processor.get_num_output_channels() != 2:  # an instrument's level, or a plugin's further outputs
            self.graph.append((self._faust(f"{position} stereo", _first_two(processor)), [processor.get_name()]))
        return [processor]

    def _add_pair(self, position: int, device: JobDevice, before: list[str]) -> list:
        pair = []
        for channel, code in enumerate(_CHANNEL_CODES):
            inputs = []
            for number, name in enumerate(before):
                splitter = self._faust(f"{position} side {channel} of {number}", code)
                self.graph.append((splitter, [name]))
                inputs.append(splitter.get_name())
            processor = self._make(f"{position} channel {channel}", device)
            self.graph.append((processor, inputs))
            pair.append(processor)
        joined = self._faust(f"{position} joined", "process = _, _;")
        self.graph.append((joined, [processor.get_name() for processor in pair]))
        return pair

    def _make(self, name: str, device: JobDevice) -> Any:
        if not device.is_hosted:
            code = Path(device.path).read_text(encoding="utf-8")
            return self._faust(name, code, VOICES if device.is_instrument else 0)
        processor = self.engine.make_plugin_processor(name, device.path)
        if device.state is not None:
            load_state(processor, device, device.state)
        return processor

    def _faust(self, name: str, code: str, voices: int = 0) -> Any:
        processor = self.engine.make_faust_processor(name)
        if voices:
            processor.num_voices = voices
        processor.set_dsp_string(code)
        processor.compile()
        return processor

    def _move_away(self, devices: tuple[JobDevice, ...]) -> None:
        """Move all parameters away from their next values, so that the host passes those on."""
        for row, indices, device in zip(self.processors, self.indices, devices):
            if device.is_hosted and device.resets:
                away = tuple((name, index, (value + 0.5) % 1.0) for name, index, value in device.settings)
                _apply(row, indices, replace(device, settings=away))
                self.is_fresh = False
        if not self.is_fresh:
            self._run_silent_block()

    def _run_silent_block(self) -> np.ndarray:
        """Render a block of silence, so that hosted plugins take new values. Returns its samples."""
        self.loaded = None
        for playback in filter(None, (self.playback, *self.sidechains.values())):
            playback.set_data(np.zeros((2, self.block_size), np.float32))
        with flushed_denormals():
            self.engine.render(self.block_size / self.sample_rate)
        return self.engine.get_audio()

    def forget(self) -> None:
        """Free the memory of the last render."""
        self._run_silent_block()

    def _renew(self, devices: tuple[JobDevice, ...]) -> None:
        """Replace each plugin whose state a reset does not clear by a fresh instance."""
        fresh = {}
        for row, device in zip(self.processors, devices):
            for index, processor in enumerate(row if device.is_hosted and (self.renews or not device.resets) else ()):
                name = processor.get_name()
                self.engine.remove_processor(name)
                row[index] = fresh[name] = self._make(name, device)
        self.graph = [(fresh.get(node.get_name(), node), inputs) for node, inputs in self.graph]
        self.engine.load_graph(self.graph)

    def render(
        self,
        samples: np.ndarray,
        devices: tuple[JobDevice, ...],
        sidechains: dict[int, np.ndarray] | None = None,
        notes: tuple = (),
        bpm: tuple[float, ...] = DEFAULT_BPM,
    ) -> np.ndarray:
        """`samples` [1 or 2, n] through the strip with the settings of `devices`: [2, n], latency taken off.

        `sidechains` is device position → [2, n]. For an instrument, only the length of `samples` matters.
        """
        self._prepare(devices, notes, bpm)
        result = self._run(samples, devices, sidechains or {})
        if self.has_hosted and (latency := self._measure_latency(devices)) != self.latency_samples:
            self.latency_samples = latency
            self._run_silent_block()
            before = self._measure_latency(devices)
            result = self._run(samples, devices, sidechains or {})
            if (now := self._measure_latency(devices)) != latency or before != latency:
                raise _unsteady(devices, f"({before}, {latency}, {now} samples)")
        return result

    def _prepare(self, devices: tuple[JobDevice, ...], notes: tuple, bpm: tuple[float, ...]) -> None:
        """Set parameters, notes and tempo, and make hosted plugins take them."""
        if not self.is_fresh and (self.renews or not all(device.resets for device in devices)):
            self._renew(devices)
        self.is_fresh = False
        for row, indices, device in zip(self.processors, self.indices, devices):
            _apply(row, indices, device)
        if self.has_hosted:
            _set_bpm(self.engine, bpm)
            self._flush(devices)
            self.latency_samples = self._measure_latency(devices)
        if devices and devices[0].is_instrument:
            self.processors[0][0].clear_midi()
            for pitch, velocity, start_s, length_s in notes:
                self.processors[0][0].add_midi_note(pitch, velocity, start_s, length_s)

    def _flush(self, devices: tuple[JobDevice, ...]) -> None:
        """Make plugins take their values. Plugins that still sound from the last render are replaced."""
        peak = float(np.abs(self._run_silent_block()).max(initial=0.0))
        if self.fresh_peak is None:
            self.fresh_peak = peak
        elif not self.renews and peak > max(SILENCE_PEAK, 2.0 * self.fresh_peak):
            self.renews = True
            self._renew(devices)
            for row, indices, device in zip(self.processors, self.indices, devices):
                _apply(row, indices, device)
            self._run_silent_block()

    def _measure_latency(self, devices: tuple[JobDevice, ...]) -> int:
        return sum(self._latencies(devices))

    def _latencies(self, devices: tuple[JobDevice, ...]) -> list[int]:
        return [row[0].get_latency_samples() if d.is_hosted else 0 for row, d in zip(self.processors, devices)]

    def _run(
        self, samples: np.ndarray, devices: tuple[JobDevice, ...], sidechains: dict[int, np.ndarray]
    ) -> np.ndarray:
        first, length = self.latency_samples, samples.shape[1]
        before = np.cumsum([0, *self._latencies(devices)])
        if self.playback is not None and samples is not self.loaded:  # a search plays the same audio again and again
            stereo = np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples
            self.playback.set_data(np.ascontiguousarray(stereo))
            self.loaded = samples if samples.shape[1] < LONG_SAMPLES else None
        for position, playback in self.sidechains.items():
            sidechain = sidechains.get(position, np.zeros((2, 1), np.float32))
            playback.set_data(np.pad(sidechain, ((0, 0), (int(before[position]), 0))))
        for position, device in enumerate(devices):
            self._automate(position, device, first + length, int(before[position]))
        with flushed_denormals():
            self.engine.render((first + length + 0.5) / self.sample_rate)
        return self.engine.get_audio()[:, first : first + length]

    def _automate(self, position: int, device: JobDevice, length: int, delay: int) -> None:
        """Give the host each curve: one value per block, repeated over the block's samples."""
        starts = np.arange(0, length, self.block_size) - delay
        for curve in device.curves:
            values = curve.curve.at(starts)
            if device.is_hosted:
                values = get_device(device.name).parameter(curve.parameter).to_0to1(values)
            data = np.repeat(np.asarray(values, dtype=np.float32), self.block_size)
            index = _parameter_index(self.indices[position], curve.label, curve.index)
            for processor in self.processors[position]:
                name = index if device.is_hosted else processor.get_parameters_description()[index]["name"]
                processor.set_automation(name, data)

    def preset(self, position: int, device: JobDevice) -> bytes | None:
        """The preset file of the hosted plugin at `position`, after a block has been rendered, or None."""
        return saved_preset(self.processors[position][0], device)


def _first_two(processor: Any) -> str:
    """Faust code that passes on a processor's first two outputs. A single output goes to both channels."""
    outputs = processor.get_num_output_channels()
    return "process = _ <: _, _;" if outputs == 1 else f"process = _, _{', !' * (outputs - 2)};"


def _unsteady(devices: tuple[JobDevice, ...], samples: str) -> Exception:
    """The error for a latency that changes. With automation it is the session's fault, not the plugin's."""
    moved = [f"{device.label} {curve.parameter}" for device in devices for curve in device.curves if device.is_hosted]
    if not moved:
        return StripFailed(f"changes its latency while it runs {samples}")
    names = ", ".join(moved)
    return InputError(f"automation of {names}: changes the latency while it runs {samples}; give it one value")


def _set_bpm(engine: Any, bpm: tuple[float, ...]) -> None:
    if len(bpm) == 1:
        engine.set_bpm(bpm[0])
    else:
        engine.set_bpm(np.array(bpm, dtype=np.float32), TEMPO_PPQN)


def _parameter_indices(processor: Any, device: JobDevice) -> Indices:
    """Name, and (name, index), of each parameter → its index in the host. A Faust path is cut to its last part."""
    rows = [(row["index"], row["name"]) for row in processor.get_parameters_description()]
    if not device.is_hosted:
        rows = [(index, name.rsplit("/", 1)[-1]) for index, name in rows]
    return {name: index for index, name in rows} | {(name, index): index for index, name in rows}


def _parameter_index(indices: Indices, name: str, index: int) -> int:
    """The parameter's index in the host.

    Raises StripFailed where a table of another version of the plugin would set another parameter.
    """
    found = indices.get((name, index) if index >= 0 else name)
    if found is None:
        where = f" at place {index} of its list" if index >= 0 else ""
        raise StripFailed(f"has no parameter {name!r}{where}; scan it again")
    return found


def _apply(row: list, indices: Indices, device: JobDevice) -> None:
    """Set the device's parameters on its processors."""
    for name, index, value in device.settings:
        own_index = _parameter_index(indices, name, index)
        for processor in row:
            processor.set_parameter(own_index, value)
