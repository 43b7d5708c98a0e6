"""What stands before the samples in a WAV and an AIFF file, and the samples' bytes.

Written here since libsndfile adds a chunk with the time of day to floats, and reports a full disk as written.
"""

import struct

import numpy as np

from dawbridge.audio.format import AudioFormat

LARGEST_DATA_BYTES = 2**32 - 2**10  # sizes are 32-bit numbers; the difference is room for the header
_AIFC_VERSION = 0xA2805140


def header(form: AudioFormat, sample_rate: int, channels: int, length_samples: int) -> bytes:
    """Everything before the samples, as long for any `length_samples`."""
    return {"wav": _wav_header, "aiff": _aiff_header}[form.suffix](form, sample_rate, channels, length_samples)


def encoded(form: AudioFormat, frames: np.ndarray) -> np.ndarray:
    """Frames [n, C], float32 or whole numbers in int32, as the bytes the file holds."""
    order = "<" if form.suffix == "wav" else ">"
    if form.is_float:
        return np.ascontiguousarray(frames, dtype=f"{order}f4")
    if form.bits == 16:
        return np.ascontiguousarray(frames, dtype=f"{order}i2")
    four = np.ascontiguousarray(frames, dtype=f"{order}i4").view(np.uint8).reshape(-1, 4)
    return np.ascontiguousarray(four[:, :3] if order == "<" else four[:, 1:])


def _wav_header(form: AudioFormat, sample_rate: int, channels: int, length_samples: int) -> bytes:
    """Microsoft, Multimedia Programming Interface 1.0; floats with an extension's length and a fact chunk."""
    frame_bytes = form.bits // 8 * channels
    data_bytes = frame_bytes * length_samples
    code, extension = (3, struct.pack("<H", 0)) if form.is_float else (1, b"")
    rates = sample_rate, sample_rate * frame_bytes
    chunks = _little(b"fmt ", struct.pack("<HHIIHH", code, channels, *rates, frame_bytes, form.bits) + extension)
    if form.is_float:
        chunks += _little(b"fact", struct.pack("<I", length_samples))
    riff_bytes = 4 + len(chunks) + 8 + data_bytes + data_bytes % 2
    return b"RIFF" + struct.pack("<I", riff_bytes) + b"WAVE" + chunks + b"data" + struct.pack("<I", data_bytes)


def _aiff_header(form: AudioFormat, sample_rate: int, channels: int, length_samples: int) -> bytes:
    """Apple, Audio Interchange File Format 1.3; floats as AIFF-C with the compression type fl32."""
    data_bytes = form.bits // 8 * channels * length_samples
    common = struct.pack(">hIh", channels, length_samples, form.bits) + _extended(sample_rate)
    version = b""
    if form.is_float:
        version = _big(b"FVER", struct.pack(">I", _AIFC_VERSION))
        common += b"fl32" + b"\x0dIEEE float 32"
    chunks = version + _big(b"COMM", common)
    offset_and_block = struct.pack(">II", 0, 0)
    sound = b"SSND" + struct.pack(">I", len(offset_and_block) + data_bytes) + offset_and_block
    form_bytes = 4 + len(chunks) + len(sound) + data_bytes + data_bytes % 2
    return b"FORM" + struct.pack(">I", form_bytes) + (b"AIFC" if form.is_float else b"AIFF") + chunks + sound


def _extended(number: int) -> bytes:
    """A positive whole number as the 80-bit float of IEEE 754."""
    bits = number.bit_length()
    return struct.pack(">HQ", 16383 + bits - 1, number << (64 - bits))


def _little(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def _big(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">I", len(body)) + body
