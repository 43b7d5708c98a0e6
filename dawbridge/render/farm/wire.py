"""Messages between the parent and a worker process: a JSON header and raw float32 samples, both length-prefixed.

Pickle is not used: whatever a crashed or hostile plugin leaves in the pipe is only ever data.
"""

import json
import struct
from io import BufferedReader
from typing import IO

import numpy as np

_LENGTHS = struct.Struct("<IQ")
MAX_HEADER_BYTES = 2**28
MAX_SAMPLES_BYTES = 2**36


def send(stream: IO[bytes], header: dict, samples: np.ndarray | None = None) -> None:
    """Write one message: `header`, and `samples` [C, n] float32 or none."""
    payload: bytes | memoryview = b""
    if samples is not None:
        samples = np.ascontiguousarray(samples, dtype=np.float32)
        header = header | {"shape": samples.shape}
        payload = samples.data.cast("B") if samples.size else b""
    text = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(text), len(payload)))
    stream.write(text)
    stream.write(payload)
    stream.flush()


def receive(stream: BufferedReader) -> tuple[dict, np.ndarray | None]:
    """Read one message. Raises EOFError where the other side is gone, ValueError for anything but a message."""
    text_length, payload_length = _LENGTHS.unpack(_read_exactly(stream, _LENGTHS.size))
    if text_length > MAX_HEADER_BYTES or payload_length > MAX_SAMPLES_BYTES:
        raise ValueError("no message")
    header = json.loads(bytes(_read_exactly(stream, text_length)))
    if not isinstance(header, dict):
        raise ValueError("no header")
    shape = header.pop("shape", None)
    if shape is None:
        return header, None
    return header, np.frombuffer(_read_exactly(stream, payload_length), dtype=np.float32).reshape(shape)


def _read_exactly(stream: BufferedReader, length: int) -> bytearray:
    data = bytearray(length)
    view, done = memoryview(data), 0
    while done < length:
        count = stream.readinto(view[done:])
        if not count:
            raise EOFError
        done += count
    return data
