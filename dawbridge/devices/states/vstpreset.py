""".vstpreset: the VST3 preset file, encoded and decoded.

`VST3 | i32 1 | 32 hex digits class id | i64 list offset | chunks | List | i32 n | n x (id[4], i64 offset,
i64 size)`, little endian (Steinberg VST 3 Developer Portal, "Preset Format"). Chunks other than the
component's and the controller's state (`Info`: the preset's name and author) are left out.
"""

import re
import struct
from dataclasses import dataclass

from dawbridge.errors import InputError

_HEADER = struct.Struct("<4si32sq")
_LIST = struct.Struct("<4si")
_ENTRY = struct.Struct("<4sqq")
_CLASS_ID = re.compile(rb"[0-9A-Fa-f]{32}")
_MAX_ENTRIES = 128  # the SDK's own limit


@dataclass(frozen=True)
class VstPreset:
    """A VST3 plugin's state: `component` is the audio processor's part, `controller` the edit controller's, if any.

    class_id: 32 hex digits.
    """

    class_id: str
    component: bytes
    controller: bytes | None = None


def encode_vstpreset(preset: VstPreset) -> bytes:
    """The bytes of a .vstpreset file. Raises InputError for a class id that is not 32 hex digits."""
    class_id = preset.class_id.encode("ascii", "replace")
    if not _CLASS_ID.fullmatch(class_id):
        raise InputError(f"vstpreset: class id {preset.class_id!r} is not 32 hex digits; scan the plugin")
    chunks = [(b"Comp", preset.component)]
    if preset.controller is not None:
        chunks.append((b"Cont", preset.controller))
    body, entries, offset = b"", b"", _HEADER.size
    for name, data in chunks:
        entries += _ENTRY.pack(name, offset, len(data))
        body += data
        offset += len(data)
    return _HEADER.pack(b"VST3", 1, class_id, offset) + body + _LIST.pack(b"List", len(chunks)) + entries


def decode_vstpreset(data: bytes, where: str = "vstpreset") -> VstPreset:
    """The state in the bytes of a .vstpreset file. Raises InputError that names the first fault."""
    if len(data) < _HEADER.size:
        raise InputError(f"{where}: {len(data)} bytes, a .vstpreset has at least {_HEADER.size}; cut off")
    magic, version, class_id, list_offset = _HEADER.unpack_from(data)
    if magic != b"VST3":
        raise InputError(f"{where}: begins with {magic!r}, not b'VST3'; this is no .vstpreset")
    if version != 1:
        raise InputError(f"{where}: format version {version}, only 1 is known")
    if not _CLASS_ID.fullmatch(class_id):
        raise InputError(f"{where}: class id {class_id!r} is not 32 hex digits")
    chunks = _chunks(data, list_offset, where)
    if b"Comp" not in chunks:
        raise InputError(f"{where}: holds no component state (Comp), only {sorted(chunks)}")
    return VstPreset(class_id.decode("ascii"), chunks[b"Comp"], chunks.get(b"Cont"))


def _chunks(data: bytes, list_offset: int, where: str) -> dict[bytes, bytes]:
    """Chunk id → bytes, for every entry of the list at `list_offset`."""
    if not _HEADER.size <= list_offset <= len(data) - _LIST.size:
        raise InputError(f"{where}: chunk list at byte {list_offset} of {len(data)}; the file is cut off")
    magic, count = _LIST.unpack_from(data, list_offset)
    if magic != b"List" or not 0 <= count <= _MAX_ENTRIES:
        raise InputError(f"{where}: no chunk list at byte {list_offset} ({magic!r}, {count} entries)")
    first = list_offset + _LIST.size
    if first + count * _ENTRY.size > len(data):
        raise InputError(f"{where}: chunk list of {count} entries is cut off at byte {len(data)}")
    chunks = {}
    for name, offset, size in _ENTRY.iter_unpack(data[first : first + count * _ENTRY.size]):
        if offset < _HEADER.size or size < 0 or offset + size > list_offset:
            raise InputError(f"{where}: chunk {name!r} ({size} bytes at {offset}) lies outside the file")
        if name in chunks:
            raise InputError(f"{where}: chunk {name!r} is listed twice")
        chunks[name] = data[offset : offset + size]
    return chunks
