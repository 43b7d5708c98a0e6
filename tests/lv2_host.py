"""A tiny LV2 host: a bundle's library, loaded by hand, its ports as our own table numbers them."""

import ctypes
import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from dawbridge.formats.lv2 import lv2_device

Handle = ctypes.c_void_p


class Descriptor(ctypes.Structure):
    """LV2_Descriptor, as the specification has it."""


Descriptor._fields_ = [
    ("uri", ctypes.c_char_p),
    ("instantiate", ctypes.CFUNCTYPE(Handle, ctypes.POINTER(Descriptor), ctypes.c_double, ctypes.c_char_p, Handle)),
    ("connect_port", ctypes.CFUNCTYPE(None, Handle, ctypes.c_uint32, ctypes.c_void_p)),
    ("activate", ctypes.CFUNCTYPE(None, Handle)),
    ("run", ctypes.CFUNCTYPE(None, Handle, ctypes.c_uint32)),
    ("deactivate", ctypes.c_void_p),
    ("cleanup", ctypes.CFUNCTYPE(None, Handle)),
    ("extension_data", ctypes.c_void_p),
]


class Lv2Plugin:
    """A device's library. `start` makes an instance; `render` plays audio through it."""

    def __init__(self, bundle: Path, spec):
        self.spec, self.device = spec, lv2_device(spec)
        library = ctypes.CDLL(str(bundle / f"{spec.name}.so"))
        library.lv2_descriptor.restype = ctypes.POINTER(Descriptor)
        assert not library.lv2_descriptor(1)
        self.pointer = library.lv2_descriptor(0)
        self.calls = self.pointer.contents

    def start(self, sample_rate: float) -> int | None:
        """An instance, or None where the plugin refuses the sample rate."""
        no_features = (ctypes.c_void_p * 1)(None)
        return self.calls.instantiate(self.pointer, sample_rate, b"", ctypes.cast(no_features, Handle))

    def stop(self, instance: int) -> None:
        self.calls.cleanup(instance)

    @contextmanager
    def instance(self, sample_rate: float):
        """One that lives for the block."""
        made = self.start(sample_rate)
        assert made
        try:
            yield made
        finally:
            self.stop(made)

    def set_values(self, instance: int, values: dict[str, float]) -> np.ndarray:
        """Connects a port for every parameter; what they point to, which has to be kept."""
        settings = {p.name: p.default for p in self.spec.parameters} | values
        numbers = np.array([settings[port.parameter] for port in self.device.ports], dtype=np.float32)
        for place, port in enumerate(self.device.ports):
            self.calls.connect_port(instance, port.index, numbers.ctypes.data + 4 * place)
        return numbers

    def process(self, instance: int, samples: np.ndarray, block: int, in_place: bool = False) -> np.ndarray:
        """`samples` [2, and what steers if any, n] in blocks: [2, n]. In place, outputs are the inputs' buffers."""
        given = [np.array(row, dtype=np.float32) for row in samples]
        made = given[:2] if in_place else [np.full(samples.shape[1], np.nan, np.float32) for _ in range(2)]
        indices = (*(*self.device.inputs, *self.device.sidechain_inputs)[: len(given)], *self.device.outputs)
        for start in range(0, samples.shape[1], block):
            for index, row in zip(indices, (*given, *made)):
                self.calls.connect_port(instance, index, row.ctypes.data + 4 * start)
            self.calls.run(instance, min(block, samples.shape[1] - start))
        return np.stack(made)

    def render(
        self, samples: np.ndarray, sample_rate: float, values=None, block: int = 512, in_place=False
    ) -> np.ndarray:
        """`samples` through a fresh instance."""
        with self.instance(sample_rate) as instance:
            kept = self.set_values(instance, values or {})
            self.calls.activate(instance)
            result = self.process(instance, samples, block, in_place)
            del kept
        return result


def lv2_environment(folder: Path) -> dict[str, str]:
    """For a host to find the bundles, and LV2's own vocabularies."""
    return os.environ | {"LV2_PATH": os.pathsep.join([str(folder), "/usr/lib/lv2"])}
