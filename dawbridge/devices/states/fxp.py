""".fxp, the file of one VST2 program: encoded, decoded, and taken from the .fxb bank that DawDreamer saves.

Big endian. A program: `CcnK | size | FxCk or FPCh | version | plugin id | plugin version | parameter count |
name[28]`, then float32 parameters (FxCk) or `size | chunk` (FPCh). A bank (FxBk, FBCh) has 128 reserved bytes
in place of the name, then whole programs or the chunk. (The VST 2 file format as hosts use it; DawDreamer
writes 0 for every size of the outer container, so those are not trusted.)

The chunk taken from a bank is the plugin's bank chunk. DPF and JUCE plugins make no difference between them.
"""

import struct
from dataclasses import dataclass

import numpy as np

from dawbridge.errors import InputError

_PROGRAM = struct.Struct(">4si4siiii28s")
_BANK = struct.Struct(">4si4siiiii124s")
_SIZE = struct.Struct(">i")


@dataclass(frozen=True)
class Fxp:
    """A VST2 plugin's program: either `parameters` (float32, 0..1) or an opaque `chunk`.

    plugin_id: the plugin's unique id, signed
    name:      the program's name, at most 27 bytes
    """

    plugin_id: int
    plugin_version: int = 0
    name: str = ""
    parameters: tuple[float, ...] | None = None
    chunk: bytes | None = None
    parameter_count: int = 0


def encode_fxp(program: Fxp) -> bytes:
    """The bytes of an .fxp file. Raises InputError unless it has exactly one of parameters and chunk."""
    if (program.parameters is None) == (program.chunk is None):
        raise InputError("fxp: a program has either parameters or a chunk; give exactly one")
    if program.chunk is not None:
        magic, count = b"FPCh", program.parameter_count
        body = _SIZE.pack(len(program.chunk)) + program.chunk
    else:
        parameters = program.parameters or ()
        magic, count = b"FxCk", len(parameters)
        body = np.array(parameters, dtype=">f4").tobytes()
    size = _PROGRAM.size - 8 + len(body)
    name = program.name.encode("utf-8")[:27]
    head = _PROGRAM.pack(b"CcnK", size, magic, 1, program.plugin_id, program.plugin_version, count, name)
    return head + body


def decode_fxp(data: bytes, where: str = "fxp") -> Fxp:
    """The program in the bytes of an .fxp file. Raises InputError that names the first fault."""
    if len(data) < _PROGRAM.size:
        raise InputError(f"{where}: {len(data)} bytes, an .fxp has at least {_PROGRAM.size}; it is cut off")
    outer, _, magic, _, plugin_id, version, count, raw_name = _PROGRAM.unpack_from(data)
    if outer != b"CcnK" or magic not in (b"FxCk", b"FPCh"):
        raise InputError(
            f"{where}: begins with {outer!r} and {magic!r}, not b'CcnK' and b'FxCk' or b'FPCh'; this is no .fxp"
        )
    name = raw_name.split(b"\0")[0].decode("utf-8", "replace")
    if magic == b"FPCh":
        return Fxp(plugin_id, version, name, None, _sized_chunk(data, _PROGRAM.size, where), count)
    if not 0 <= count <= (len(data) - _PROGRAM.size) // 4:
        raise InputError(f"{where}: {count} parameters in {len(data) - _PROGRAM.size} bytes; it is cut off")
    values = np.frombuffer(data, dtype=">f4", count=count, offset=_PROGRAM.size)
    if not np.isfinite(values).all():
        raise InputError(f"{where}: parameter {int(np.argmin(np.isfinite(values)))} is NaN or Inf")
    return Fxp(plugin_id, version, name, tuple(float(value) for value in values), None, count)


def is_empty_bank(data: bytes) -> bool:
    """Whether it is an .fxb without programs. A host saves this for a plugin with neither programs nor a chunk."""
    return len(data) >= _BANK.size and data[8:12] == b"FxBk" and _BANK.unpack_from(data)[6] == 0


def fxp_from_fxb(data: bytes, where: str = "fxb") -> bytes:
    """The .fxp of a bank's current program, or of its chunk. An .fxp is checked and returned unchanged.

    Raises InputError that names the fault. A bank of format version 1 names no current program; then it is the first.
    """
    if len(data) < _BANK.size or data[8:12] not in (b"FxBk", b"FBCh"):
        decode_fxp(data, where)
        return data
    outer, _, magic, version, plugin_id, plugin_version, count, current, _ = _BANK.unpack_from(data)
    if outer != b"CcnK":
        raise InputError(f"{where}: begins with {outer!r}, not b'CcnK'; this is no .fxb")
    if magic == b"FBCh":
        return encode_fxp(Fxp(plugin_id, plugin_version, chunk=_sized_chunk(data, _BANK.size, where)))
    current = current if version >= 2 else 0
    if not 0 <= current < count:
        raise InputError(f"{where}: current program {current} of {count}; the bank is broken")
    start = _BANK.size
    for _ in range(current):
        start += _program_length(data[start:], where)
    return encode_fxp(decode_fxp(data[start : start + _program_length(data[start:], where)], where))


def _program_length(data: bytes, where: str) -> int:
    program = decode_fxp(data, where)
    body = 4 * program.parameter_count if program.chunk is None else _SIZE.size + len(program.chunk)
    return _PROGRAM.size + body


def _sized_chunk(data: bytes, start: int, where: str) -> bytes:
    """The chunk whose size is written at `start`, and whose bytes follow. Raises InputError where it is cut off."""
    if len(data) < start + _SIZE.size:
        raise InputError(f"{where}: cut off before its chunk")
    size = _SIZE.unpack_from(data, start)[0]
    first = start + _SIZE.size
    if not 0 <= size <= len(data) - first:
        raise InputError(f"{where}: says a chunk of {size} bytes, has {len(data) - first}; it is cut off")
    return data[first : first + size]
