"""The content of a `<VST` block: base64 lines of a header, the plugin's state, and the names of its program.

    u32 id | u32 0xFEED5EEE (opaque) or 0xFEED5EEF (parameters)
    u32 n | n x u64: the channels that feed each input, a bit each; the same for outputs
    u32 bytes of state | u32 1 (0: parameters) | u32 0x00100000

All is little endian. The state begins on a new line and has 96 bytes per line. The last line holds two texts and four
bytes. The state of a VST3 is `u32 size | u32 1 | component | u32 size | u32 0 | controller`. That of a VST2 is its
chunk, or DEADBEEF DEADF00D and one float32 per parameter. Sources: git-moss/ProjectConverter and public projects, see
the tests.
"""

import base64
import binascii
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dawbridge.devices.states.fxp import Fxp, decode_fxp, encode_fxp
from dawbridge.devices.states.vstpreset import VstPreset, decode_vstpreset, encode_vstpreset
from dawbridge.errors import InputError

_OPAQUE, _PARAMETERS = 0xFEED5EEE, 0xFEED5EEF
_LIST_MARK = struct.pack("<II", 0xDEADBEEF, 0xDEADF00D)
_FLAGS = 0x00100000
_ENDING = b"\x10\0\0\0"
_LINE_BYTES = 96
_MOST_PINS = 128
Pins = tuple[tuple[int, ...], tuple[int, ...]]  # of inputs and outputs, as in VstBlock


@dataclass(frozen=True)
class VstBlock:
    """The content of a `<VST` block.

    number:  a VST2's unique id, or a VST3's `ids.vst3_number`; unsigned
    inputs:  for each input of the plugin the track's channels that feed it, one bit per channel
    outputs: for each output of the plugin the track's channels that it feeds
    state:   the plugin's bytes, without the mark of a parameter list
    """

    number: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    state: bytes
    is_opaque: bool = True
    program: str = ""


def encode_block(block: VstBlock) -> list[str]:
    """The base64 lines of the block."""
    state = block.state if block.is_opaque else _LIST_MARK + block.state
    header = struct.pack("<II", block.number & 0xFFFFFFFF, _OPAQUE if block.is_opaque else _PARAMETERS)
    for pins in (block.inputs, block.outputs):
        header += struct.pack(f"<I{len(pins)}Q", len(pins), *pins)
    header += struct.pack("<III", len(state), int(block.is_opaque), _FLAGS)
    pieces = [state[first : first + _LINE_BYTES] for first in range(0, len(state), _LINE_BYTES)]
    footer = b"\0" + block.program.encode("utf-8").replace(b"\0", b" ") + b"\0" + _ENDING
    return [base64.b64encode(piece).decode() for piece in (header, *pieces, footer)]


def decode_block(lines: Iterable[str], where: str) -> VstBlock:
    """The content of base64 lines. Raises InputError for the first fault."""
    data = b"".join(_decoded(line, where) for line in lines)
    reader = _Reader(data, where)
    number, kind = reader.take("<II")
    if kind not in (_OPAQUE, _PARAMETERS):
        raise InputError(f"{where}: plugin data of kind {kind:08X}, known are {_OPAQUE:08X} and {_PARAMETERS:08X}")
    inputs, outputs = reader.pins(), reader.pins()
    size, _, _ = reader.take("<III")
    state = reader.take_bytes(size)
    is_opaque = kind == _OPAQUE
    if not is_opaque and state.startswith(_LIST_MARK):
        state = state[len(_LIST_MARK) :]
    names = reader.remaining().split(b"\0")
    program = names[1] if len(names) > 1 and not names[1].startswith(b"\x10") else b""
    return VstBlock(number, inputs, outputs, state, is_opaque, (program or names[0]).decode("utf-8", "replace"))


def _decoded(line: str, where: str) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(f"{where}: {line[:16]!r} is no base64 ({error}); save the project again") from None


class _Reader:
    """Takes one value after the other from `data`. Raises InputError where it ends too early."""

    def __init__(self, data: bytes, where: str):
        self._data, self._where, self._offset = data, where, 0

    def take_bytes(self, size: int) -> bytes:
        if size > len(self._data) - self._offset:
            length = len(self._data)
            raise InputError(f"{self._where}: plugin data of {length} bytes is cut off; save the project again")
        self._offset += size
        return self._data[self._offset - size : self._offset]

    def take(self, layout: str) -> tuple:
        return struct.unpack(layout, self.take_bytes(struct.calcsize(layout)))

    def pins(self) -> tuple[int, ...]:
        count = self.take("<I")[0]
        if count > _MOST_PINS:
            raise InputError(f"{self._where}: a plugin with {count} pins, at most {_MOST_PINS} are read")
        return self.take(f"<{count}Q")

    def remaining(self) -> bytes:
        return self._data[self._offset :]


# States


def vst3_state(preset: VstPreset) -> bytes:
    """A VST3's state as the block holds it."""
    controller = preset.controller or b""
    return (struct.pack("<II", len(preset.component), 1) + preset.component
            + struct.pack("<II", len(controller), 0) + controller)  # fmt: skip


def vstpreset_of(block: VstBlock, class_id: str, where: str) -> bytes | None:
    """The .vstpreset of a VST3's block; None for an empty state. Raises InputError for a broken one."""
    if not block.state:
        return None
    reader = _Reader(block.state, where)
    component = reader.take_bytes(reader.take("<II")[0])
    controller = reader.take_bytes(reader.take("<II")[0]) if reader.remaining() else b""
    return encode_vstpreset(VstPreset(class_id, component, controller or None))


def fxp_of(block: VstBlock, version: int, parameter_count: int, where: str) -> bytes | None:
    """The .fxp of a VST2's block; None for an empty state. `version`, `parameter_count`: not in REAPER's block."""
    unique_id = block.number - 2**32 if block.number >= 2**31 else block.number
    if not block.state:
        return None
    if block.is_opaque:
        made = Fxp(unique_id, version, block.program, chunk=block.state, parameter_count=parameter_count)
        return encode_fxp(made)
    if len(block.state) % 4:
        raise InputError(f"{where}: {len(block.state)} bytes of parameters, four each; save the project again")
    values = tuple(float(value) for value in np.frombuffer(block.state, dtype="<f4"))
    data = encode_fxp(Fxp(unique_id, version, block.program, parameters=values))
    decode_fxp(data, where)
    return data


def vst3_block(preset: bytes, number: int, pins: Pins, where: str) -> VstBlock:
    """The block of a .vstpreset."""
    return VstBlock(number, pins[0], pins[1], vst3_state(decode_vstpreset(preset, where)))


def vst2_block(preset: bytes, pins: Pins, where: str) -> VstBlock:
    """The block of an .fxp."""
    program = decode_fxp(preset, where)
    if program.chunk is not None:
        return VstBlock(program.plugin_id, pins[0], pins[1], program.chunk, True, program.name)
    values = np.array(program.parameters, dtype="<f4").tobytes()
    return VstBlock(program.plugin_id, pins[0], pins[1], values, False, program.name)
