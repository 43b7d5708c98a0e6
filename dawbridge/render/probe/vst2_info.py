"""What a VST2 binary declares: unique id, name and vendor, through the plugin's one entry function.

A path goes in, plain data for JSON comes out. A plugin may crash here, so only a scan's child process imports this.
"""

import ctypes
from ctypes import CFUNCTYPE, c_float, c_int32, c_ssize_t, c_void_p
from pathlib import Path
from typing import Any

from dawbridge.render.probe.vst3_info import ScanFailed

_MAGIC = int.from_bytes(b"VstP", "big")
_OPEN, _CLOSE, _EFFECT_NAME, _VENDOR, _PRODUCT = 0, 1, 45, 47, 48
_ASK_VERSION, _VERSION = 1, 2400
_TEXT_BYTES = 1024

_Host = CFUNCTYPE(c_ssize_t, c_void_p, c_int32, c_int32, c_ssize_t, c_void_p, c_float)
_Dispatch = CFUNCTYPE(c_ssize_t, c_void_p, c_int32, c_int32, c_ssize_t, c_void_p, c_float)


class Effect(ctypes.Structure):
    """The first fields of a VST2 instance (`AEffect`), as the host sees it."""

    _fields_ = [
        ("magic", c_int32),
        ("dispatch", _Dispatch),
        ("functions", c_void_p * 3),
        ("counts", c_int32 * 4),
        ("flags", c_int32),
        ("reserved", c_ssize_t * 2),
        ("initial_delay", c_int32),
        ("qualities", c_int32 * 2),
        ("io_ratio", c_float),
        ("objects", c_void_p * 2),
        ("unique_id", c_int32),
        ("version", c_int32),
    ]


@_Host
def _host(effect: int, opcode: int, index: int, value: int, pointer: int, option: float) -> int:
    return _VERSION if opcode == _ASK_VERSION else 0


def read_vst2(path: Path) -> dict:
    """{class_id: signed decimal, vendor, label}."""
    try:
        library = ctypes.CDLL(str(path))
        entry = getattr(library, "VSTPluginMain", None) or library.main
    except (OSError, AttributeError) as error:
        raise ScanFailed(f"no VST2 binary: {error}") from None
    entry.restype, entry.argtypes = ctypes.POINTER(Effect), [_Host]
    made = entry(_host)
    if not made or made.contents.magic != _MAGIC:
        raise ScanFailed("made no VST2 instance")
    _ask(made, _OPEN)
    found = {"class_id": str(made.contents.unique_id), "vendor": _text(made, _VENDOR)}
    found["label"] = _text(made, _EFFECT_NAME) or _text(made, _PRODUCT)
    _ask(made, _CLOSE)
    return found


def _ask(made: Any, opcode: int, pointer: c_void_p | None = None) -> int:
    return made.contents.dispatch(ctypes.addressof(made.contents), opcode, 0, 0, pointer, 0.0)


def _text(made: Any, opcode: int) -> str:
    buffer = ctypes.create_string_buffer(_TEXT_BYTES)
    _ask(made, opcode, ctypes.cast(buffer, c_void_p))
    return buffer.value.decode("utf-8", "replace").strip()
