"""The built-in devices as the host renders them, and what the tests of their laws measure."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from dawbridge.render.farm.farm import Farm
from dawbridge.render.farm.job import StripJob, audio_key
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.session import Device

RATES = (44100, 48000, 96000)
RATE = 48000


@contextmanager
def open_host() -> Iterator[Callable[..., np.ndarray]]:
    """A function (device, samples [1 or 2, n], rate, **values) → what the host makes of them, [2, n]."""
    with Farm(workers=1) as farm:

        def render(name: str, samples: np.ndarray, rate: int = RATE, **values) -> np.ndarray:
            samples = np.atleast_2d(samples).astype(np.float32)
            device = resolve_device(Device(device=name, values=values), "test")
            (result,) = farm.render([StripJob(samples, audio_key(samples), rate, (device,))])
            return result.samples

        yield render


def make_noise() -> np.ndarray:
    """Two different channels of half a second, at -12 dB."""
    return np.random.default_rng(0).normal(0, 0.25, (2, RATE // 2)).astype(np.float32)


def level_db(samples: np.ndarray) -> float:
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-30)


def null_db(samples: np.ndarray, wanted: np.ndarray) -> float:
    """Level of the difference, relative to what was wanted."""
    return level_db(samples - wanted) - level_db(wanted)


def impulse(length: int, channels: int = 1) -> np.ndarray:
    samples = np.zeros((channels, length), np.float32)
    samples[:, 0] = 1
    return samples
