"""One rendered strip in a file: its metadata, and its samples in a form that can be mapped into memory.

    0       magic and version (8 bytes), header length, channels, samples per channel (8 bytes each)
    32      header: JSON, filled up with spaces so that the samples begin at a multiple of 64
    ...     samples: float32, one channel after the other
    end-16  checksum: XXH3-128 of everything before it

Numbers are little-endian. The checksum detects accidents, not forgery. Nothing in the file is ever executed.
"""

import json
import os
import secrets
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from xxhash import xxh3_128

from dawbridge.errors import InputError, OutputError
from dawbridge.render.farm.strip_memory import is_in_shared_memory

MAGIC = b"dbstrip\x01"
ALIGNMENT = 64
MAX_HEADER_BYTES = 2**28
_PREFIX = struct.Struct("<8sQQQ")
_CHECKSUM_BYTES = 16
_CHUNK_BYTES = 2**20  # small enough that a chunk is still in the processor's cache when it is written


@dataclass(frozen=True, eq=False)
class StripFile:
    """`meta` as it was written, and `samples` [channels, n] float32, mapped read-only.

    On POSIX the samples stay readable after the file is removed. Each object holds a file descriptor.
    """

    path: Path
    meta: dict
    samples: np.ndarray


@dataclass(frozen=True)
class _Layout:
    """Sizes as the prefix gives them."""

    header_bytes: int
    channels: int
    length_samples: int

    @property
    def samples_at(self) -> int:
        return _PREFIX.size + self.header_bytes

    @property
    def checksum_at(self) -> int:
        return self.samples_at + 4 * self.channels * self.length_samples


def write_strip(path: Path, samples: np.ndarray, meta: dict) -> None:
    """The file, whole or not at all. `samples` [channels, n] are not copied where they are float32.

    A strip in shared memory is filled where it is. Raises OutputError where it cannot be written, as on a full disk; no
    file is left then.
    """
    if is_in_shared_memory(path):
        return _fill(path, samples, meta)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with beside.open("wb") as file:
            _write(file, path, samples, meta)
        beside.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error}); free space, or choose another folder") from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _fill(path: Path, samples: np.ndarray, meta: dict) -> None:
    try:
        with path.open("r+b", buffering=0) as file:
            _write(file, path, samples, meta)
            file.truncate()
    except OSError as error:
        raise OutputError(f"shared memory: no room for a strip ({error}); use fewer workers") from None


def _write(file: BinaryIO, path: Path, samples: np.ndarray, meta: dict) -> None:
    digest = xxh3_128()
    for piece in _pieces(path, samples, meta):
        digest.update(piece)
        file.write(piece)
    file.write(digest.digest())


def _pieces(path: Path, samples: np.ndarray, meta: dict) -> Iterator[bytes | memoryview]:
    text = json.dumps(meta).encode()
    text += b" " * (-(_PREFIX.size + len(text)) % ALIGNMENT)
    if len(text) > MAX_HEADER_BYTES:
        raise OutputError(f"{path}: a header of {len(text)} bytes, legal up to {MAX_HEADER_BYTES}; keep less in it")
    yield _PREFIX.pack(MAGIC, len(text), *samples.shape)
    yield text
    step = _CHUNK_BYTES // 4
    for channel in samples:
        for first in range(0, samples.shape[1], step):
            yield np.ascontiguousarray(channel[first : first + step], dtype="<f4").data.cast("B")


def open_strip(path: Path) -> StripFile:
    """The file's content, its samples unread and so unchecked: `verify` it first where it may be damaged.

    Raises InputError where it is no whole strip file.
    """
    try:
        with path.open("rb") as file:
            layout = _read_layout(file)
            meta = json.loads(file.read(layout.header_bytes))
            if not isinstance(meta, dict):
                raise ValueError("its header is no object")
            return StripFile(path, meta, _map_samples(file, layout))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: no readable strip ({error}); remove the file, it is rendered again") from None


def strip_reader(path: Path) -> Callable[[int, int], np.ndarray]:
    """(begin, end) → those samples [channels, end - begin], good until the next call.

    What lies on disk is read piece by piece: mapped, every page of it would count as this process's memory. Raises
    InputError where it is no whole strip file.
    """
    strip = open_strip(path)
    if is_in_shared_memory(path):
        return lambda begin, end: strip.samples[:, begin:end]
    channels, length = strip.samples.shape
    first_byte = path.stat().st_size - _CHECKSUM_BYTES - 4 * channels * length
    file = path.open("rb", buffering=0)
    room = np.empty((channels, 0), np.float32)

    def read(begin: int, end: int) -> np.ndarray:
        nonlocal room
        if room.shape[1] < end - begin:
            room = np.empty((channels, end - begin), np.float32)
        for channel, row in enumerate(room):
            file.seek(first_byte + 4 * (channel * length + begin))
            file.readinto(row[: end - begin].data.cast("B"))
        return room[:, : end - begin]

    return read


def _read_layout(file: BinaryIO) -> _Layout:
    """The sizes in the prefix. Raises ValueError where they are not those of the file."""
    prefix = file.read(_PREFIX.size)
    if len(prefix) < _PREFIX.size or not prefix.startswith(MAGIC):
        raise ValueError("another kind of file")
    layout = _Layout(*_PREFIX.unpack(prefix)[1:])
    if layout.header_bytes > MAX_HEADER_BYTES or layout.samples_at % ALIGNMENT:
        raise ValueError("impossible header")
    if layout.checksum_at + _CHECKSUM_BYTES != os.fstat(file.fileno()).st_size:
        raise ValueError("cut off, or too long")
    return layout


def _map_samples(file: BinaryIO, layout: _Layout) -> np.ndarray:
    shape = layout.channels, layout.length_samples
    if 0 in shape:  # an empty array cannot be mapped
        return np.broadcast_to(np.float32(0), shape)
    return np.memmap(file, dtype="<f4", mode="r", offset=layout.samples_at, shape=shape)


def verify(path: Path) -> bool:
    """Whether the file is a strip exactly as it was written. Reads all of it, chunk by chunk. Never raises."""
    try:
        if not path.is_file():  # reading a pipe could block
            return False
        with path.open("rb", buffering=0) as file:
            end = _read_layout(file).checksum_at
            file.seek(0)
            return _digest_of(file, end) == file.read(_CHECKSUM_BYTES)
    except (OSError, ValueError):
        return False


def _digest_of(file: FileIO, length: int) -> bytes:
    """Checksum of the next `length` bytes."""
    digest, remaining = xxh3_128(), length
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    while remaining and (count := file.readinto(buffer[: min(remaining, _CHUNK_BYTES)])):
        digest.update(buffer[:count])
        remaining -= count
    return digest.digest()
