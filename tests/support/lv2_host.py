"""A tiny LV2 host. It loads a bundle's library itself and takes the port numbers from dawbridge's table."""

import ctypes
import os
import struct
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


MIDI_EVENT = 7  # this host's numbers for words
_WORDS = {b"http://lv2plug.in/ns/ext/midi#MidiEvent": MIDI_EVENT}
_MAP_CALL = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_char_p)


class Map(ctypes.Structure):
    """LV2_URID_Map."""

    _fields_ = [("handle", ctypes.c_void_p), ("map", _MAP_CALL)]


class Feature(ctypes.Structure):
    """LV2_Feature."""

    _fields_ = [("uri", ctypes.c_char_p), ("data", ctypes.c_void_p)]


_MAP = Map(None, _MAP_CALL(lambda handle, word: _WORDS.setdefault(word, 1000 + len(_WORDS))))
_MAP_FEATURE = Feature(b"http://lv2plug.in/ns/ext/urid#map", ctypes.addressof(_MAP))
_FEATURES = (ctypes.c_void_p * 2)(ctypes.addressof(_MAP_FEATURE), None)
_NO_FEATURES = (ctypes.c_void_p * 1)(None)


def midi_sequence(events, word: int = MIDI_EVENT) -> bytes:
    """LV2_Atom_Sequence of rows (frame, message)."""
    rows = [struct.pack("<qII", at, len(row), word) + row + bytes(-len(row) % 8) for at, row in events]
    body = struct.pack("<II", 0, 0) + b"".join(rows)
    return struct.pack("<II", len(body), 1) + body


class Lv2Plugin:
    """A device's library. `start` makes an instance; `render` plays audio through it."""

    def __init__(self, bundle: Path, spec):
        self.spec, self.device = spec, lv2_device(spec)
        library = ctypes.CDLL(str(bundle / f"{spec.name}.so"))
        library.lv2_descriptor.restype = ctypes.POINTER(Descriptor)
        assert not library.lv2_descriptor(1)
        self.pointer = library.lv2_descriptor(0)
        self.calls = self.pointer.contents

    def start(self, sample_rate: float, has_map: bool = True) -> int | None:
        """An instance, or None if the plugin refuses the sample rate or the host's features."""
        features = _FEATURES if has_map else _NO_FEATURES
        return self.calls.instantiate(self.pointer, sample_rate, b"", ctypes.cast(features, Handle))

    def stop(self, instance: int) -> None:
        self.calls.cleanup(instance)

    @contextmanager
    def instance(self, sample_rate: float):
        """An instance that is cleaned up at the end of the `with` block."""
        made = self.start(sample_rate)
        assert made
        try:
            yield made
        finally:
            self.stop(made)

    def set_values(self, instance: int, values: dict[str, float]) -> np.ndarray:
        """Connect a port for every parameter. Returns the memory behind them, which must be kept alive."""
        settings = {p.name: p.default for p in self.spec.parameters} | values
        numbers = np.array([settings[port.parameter] for port in self.device.ports], dtype=np.float32)
        for index, port in enumerate(self.device.ports):
            self.calls.connect_port(instance, port.index, numbers.ctypes.data + 4 * index)
        return numbers

    def process(self, instance: int, samples: np.ndarray, block: int, in_place: bool = False) -> np.ndarray:
        """The output [2, n] for `samples` [2 and sidechain channels, n], in blocks.

        in_place: whether outputs use the inputs' buffers
        """
        given = [np.array(row, dtype=np.float32) for row in samples]
        made = given[:2] if in_place else [np.full(samples.shape[1], np.nan, np.float32) for _ in range(2)]
        indices = (*(*self.device.inputs, *self.device.sidechain_inputs)[: len(given)], *self.device.outputs)
        for start in range(0, samples.shape[1], block):
            for index, row in zip(indices, (*given, *made)):
                self.calls.connect_port(instance, index, row.ctypes.data + 4 * start)
            self.calls.run(instance, min(block, samples.shape[1] - start))
        return np.stack(made)

    def play(self, midi, length: int, sample_rate: float, values=None, block: int = 512) -> np.ndarray:
        """The output [2, length] of a new instance of an instrument for rows (sample, message) in order."""
        with self.instance(sample_rate) as instance:
            kept = self.set_values(instance, values or {})
            self.calls.activate(instance)
            result = self.play_on(instance, midi, length, block)
            del kept
        return result

    def play_on(self, instance: int, midi, length: int, block: int = 512) -> np.ndarray:
        made = [np.full(length, np.nan, np.float32) for _ in range(2)]
        for start in range(0, length, block):
            count = min(block, length - start)
            rows = [(at - start, row) for at, row in midi if start <= at < start + count]
            sequence = ctypes.create_string_buffer(midi_sequence(rows))
            self.calls.connect_port(instance, self.device.notes, ctypes.addressof(sequence))
            for index, row in zip(self.device.outputs, made):
                self.calls.connect_port(instance, index, row.ctypes.data + 4 * start)
            self.calls.run(instance, count)
        return np.stack(made)

    def render(
        self, samples: np.ndarray, sample_rate: float, values=None, block: int = 512, in_place=False
    ) -> np.ndarray:
        """The output of a new instance for `samples`."""
        with self.instance(sample_rate) as instance:
            kept = self.set_values(instance, values or {})
            self.calls.activate(instance)
            result = self.process(instance, samples, block, in_place)
            del kept
        return result


def lv2_environment(folder: Path) -> dict[str, str]:
    """Environment variables with which hosts find the bundles and LV2's own vocabularies."""
    return os.environ | {"LV2_PATH": os.pathsep.join([str(folder), "/usr/lib/lv2"])}
