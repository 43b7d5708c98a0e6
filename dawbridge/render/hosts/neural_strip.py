"""A neural device, which runs over a strip's audio in chunks, on the processor or a GPU.

In and out: stereo [2, n] at the session's sample rate. A network of one channel runs once per channel. A network of
another rate gets resampled audio (soxr) and interpolated knobs, and its output is resampled back. With each chunk the
network also gets the receptive field before it and the network's latency after it. Only samples that depend on nothing
else are kept. So chunks give the same result as the whole, without latency, in constant memory besides the audio.
Before and after the audio is silence; the knobs have their first and last values there.

Only worker processes import this, since it loads torch. The network runs in one thread: then sums are always computed
in the same order, and workers do not compete for cores. Denormals are flushed while it runs (see `denormals`).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import torch

from dawbridge.audio import Audio
from dawbridge.devices.neural_table import read_neural_table
from dawbridge.errors import InputError
from dawbridge.networks.neural import GRID_SAMPLES
from dawbridge.networks.torch_device import find_torch_device
from dawbridge.render.hosts.denormals import flushed_denormals
from dawbridge.render.hosts.neural_network import load_network
from dawbridge.render.hosts.neural_version import DEVICE_VARIABLE, torch_device_name

CHUNK_SAMPLES = 2**17
_RESAMPLER_TAIL = 64  # zeros after the audio, so that none of it is lost to rounding
Knob = float | np.ndarray


class NeuralStrip:
    """The device that a neural table describes, ready to render audio of one sample rate.

    `torch_device` is cpu, cuda, cuda:1, …; None stands for the value of DAWBRIDGE_TORCH_DEVICE, or cpu. Raises
    InputError for a bad table or weights, and for a torch device that is missing.
    """

    def __init__(self, table_path: Path, sample_rate: int, torch_device: str | None = None):
        table = read_neural_table(table_path)
        self.spec, self.sample_rate = table.device, sample_rate
        self.torch_device = find_torch_device(torch_device or torch_device_name(), f"set {DEVICE_VARIABLE}=cpu")
        self.network = load_network(table).to(self.torch_device)

    def render(self, samples: np.ndarray, knobs: dict[str, Knob], chunk_samples: int = CHUNK_SAMPLES) -> np.ndarray:
        """`samples` [1 or 2, n] through the network: [2, n], latency taken off.

        `knobs` is parameter name → position in 0..1, one number or [n]. Parameters without one have their defaults.
        NaN and Inf are passed on. Raises InputError for a knob that the device does not have, or of another length.
        """
        length = samples.shape[1]
        if length == 0:
            return np.zeros((2, 0), np.float32)
        audio = Audio(samples, self.sample_rate).stereo()
        if self.spec.sample_rate != self.sample_rate:
            audio = audio.placed(0, length + _RESAMPLER_TAIL).resampled(self.spec.sample_rate)
        rows = self._knob_rows(knobs, length, audio.length_samples)
        result = Audio(self._in_chunks(audio, rows, chunk_samples), self.spec.sample_rate)
        return result.resampled(self.sample_rate).placed(0, length).samples

    def _knob_rows(self, knobs: dict[str, Knob], length: int, own_length: int) -> list[np.ndarray]:
        """A row per parameter in the table's order, at the network's rate: [own_length], or [1] where it stands."""
        for name, knob in knobs.items():
            self.spec.parameter(name)
            if np.shape(knob) not in ((), (length,)):
                raise InputError(f"{self.spec.name}: {name} has shape {np.shape(knob)}; give a number or [{length}]")
        positions = {p.name: p.to_0to1(p.default) for p in self.spec.parameters} | knobs
        rows = (np.clip(np.atleast_1d(positions[p.name]), 0.0, 1.0) for p in self.spec.parameters)
        times = np.arange(own_length) * (self.sample_rate / self.spec.sample_rate)
        return [row if len(row) == 1 else np.interp(times, np.arange(length), row) for row in rows]

    def _in_chunks(self, audio: Audio, rows: list[np.ndarray], chunk_samples: int) -> np.ndarray:
        """[2, n] at the network's rate."""
        result = np.empty_like(audio.samples)
        with _own_conditions(self.torch_device):
            for first in range(0, audio.length_samples, chunk_samples):
                last = min(first + chunk_samples, audio.length_samples)
                result[:, first:last] = self._chunk(audio, rows, first, last)
        return result

    def _chunk(self, audio: Audio, rows: list[np.ndarray], first: int, last: int) -> np.ndarray:
        """Samples first to last of the result, [2 or 1, n]: the network's last over all that they depend on."""
        end = last + self.spec.latency_samples
        begin = first + self.spec.latency_samples - self.spec.receptive_field_samples + 1
        begin = begin // GRID_SAMPLES * GRID_SAMPLES
        samples = audio.placed(-begin, end - begin).samples
        if self.spec.channels == 1 and np.array_equal(*samples):
            samples = samples[:1]  # a mono file in both channels: once is enough
        x = torch.from_numpy(samples).to(self.torch_device).unflatten(0, (-1, self.spec.channels))  # [B, C, T]
        answer = self.network(x, self._knobs(rows, begin, end).expand(len(x), -1, -1))
        return answer.flatten(0, 1)[:, first - last :].cpu().numpy()

    def _knobs(self, rows: list[np.ndarray], begin: int, end: int) -> torch.Tensor:
        """[P, T] of the samples begin to end, held at the ends of the audio."""
        knobs = np.empty((len(rows), end - begin), np.float32)
        for knob, row in zip(knobs, rows):
            knob[:] = row[np.clip(np.arange(begin, end), 0, len(row) - 1)] if len(row) > 1 else row
        return torch.from_numpy(knobs).to(self.torch_device)


@contextmanager
def _own_conditions(device: torch.device) -> Iterator[None]:
    """No gradients, one thread, flushed denormals, and on a GPU full float32 and the same sums every time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode())
            stack.enter_context(flushed_denormals())
            if device.type == "cuda":
                stack.enter_context(torch.backends.cudnn.flags(True, deterministic=True, allow_tf32=False))
            yield
    finally:
        torch.set_num_threads(threads)
