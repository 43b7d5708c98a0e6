"""JUCE's state of a VST3 plugin, as DawDreamer and pedalboard save it: decoded and encoded.

`VC2! | u32 length | XML | NUL`, the XML being `<VST3PluginState>` around `<IComponent>` and, where the plugin
has one, `<IEditController>`, each in JUCE's own base64: the size in decimal, a dot, then 6 bits a character,
least significant bit first. Its alphabet needs no XML escapes. So the two elements are found by their exact text, and
no other part of XML (entities, DTDs) is ever interpreted.
"""

import re
import struct

import numpy as np

from dawbridge.errors import InputError

_HEADER = struct.Struct("<4sI")
_ALPHABET = b".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"
_CHARACTERS = np.frombuffer(_ALPHABET, dtype=np.uint8)
_POSITIONS = np.full(256, 255, dtype=np.uint8)
_POSITIONS[_CHARACTERS] = np.arange(64)
_ROOT = re.compile(rb"\s*(?:<\?xml[^<>]*\?>)?\s*<VST3PluginState>(.*)</VST3PluginState>\s*", re.DOTALL)
_ELEMENT = re.compile(rb"<(IComponent|IEditController)>([^<>]*)</\1>")


def decode_juce_state(data: bytes, where: str = "plugin state") -> tuple[bytes, bytes | None]:
    """(component, controller or None): the raw VST3 states in it. Raises InputError that names the fault."""
    if len(data) < _HEADER.size or data[:4] != b"VC2!":
        raise InputError(f"{where}: begins with {data[:4]!r}, not b'VC2!'; this is no JUCE state of a VST3")
    length = _HEADER.unpack_from(data)[1]
    if length > len(data) - _HEADER.size:
        raise InputError(f"{where}: says {length} bytes of XML, has {len(data) - _HEADER.size}; cut off")
    root = _ROOT.fullmatch(data[_HEADER.size : _HEADER.size + length].rstrip(b"\0"))
    if root is None:
        raise InputError(f"{where}: its XML is no <VST3PluginState>")
    elements = dict(_ELEMENT.findall(root[1]))
    if b"IComponent" not in elements:
        raise InputError(f"{where}: holds no component state (IComponent)")
    controller = elements.get(b"IEditController")
    decoded = _decode_base64(elements[b"IComponent"], where)
    return decoded, None if controller is None else _decode_base64(controller, where)


def encode_juce_state(component: bytes, controller: bytes | None = None) -> bytes:
    """The blob, byte for byte as JUCE writes it; `decode_juce_state` reads it back.

    An empty controller state is left out, as JUCE does.
    """
    elements = b"<IComponent>" + _encode_base64(component) + b"</IComponent>"
    if controller:
        elements += b"<IEditController>" + _encode_base64(controller) + b"</IEditController>"
    head = b'<?xml version="1.0" encoding="UTF-8"?> '
    xml = head + b"<VST3PluginState>" + elements + b"</VST3PluginState>"
    return _HEADER.pack(b"VC2!", len(xml)) + xml + b"\0"


def _encode_base64(data: bytes) -> bytes:
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
    sextets = np.pad(bits, (0, -len(bits) % 6)).reshape(-1, 6)
    positions = np.packbits(sextets, axis=1, bitorder="little").ravel()
    return b"%d." % len(data) + _CHARACTERS[positions].tobytes()


def _decode_base64(text: bytes, where: str) -> bytes:
    size, dot, characters = text.strip().partition(b".")
    if not dot or not size.isdigit() or len(size) > 12:
        raise InputError(f"{where}: {text[:16]!r} is no JUCE base64 (size, dot, characters)")
    if len(characters) != -(-int(size) * 8 // 6):
        raise InputError(f"{where}: {len(characters)} base64 characters for {int(size)} bytes; it is cut off")
    positions = _POSITIONS[np.frombuffer(characters, dtype=np.uint8)]
    if (positions == 255).any():
        raise InputError(f"{where}: a character outside JUCE's base64 alphabet")
    bits = np.unpackbits(positions[:, None], axis=1, count=6, bitorder="little").ravel()
    return np.packbits(bits[: int(size) * 8], bitorder="little").tobytes()
