"""How long an audio file is, and how long its header says it is.

Where a file is cut short, libsndfile reads what is there and reports no error. So the header is read here.
"""

import os
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import soundfile

# By a file's first bytes: its byte order, the chunk that holds the samples, and the bytes before them in it.
_AIFF = (">", b"SSND", 8)
_FORMS = {(b"RIFF", b"WAVE"): ("<", b"data", 0), (b"FORM", b"AIFF"): _AIFF, (b"FORM", b"AIFC"): _AIFF}
_STREAM_BYTES = 0x7FFFF000  # programs that stream write this size or a larger one, since they do not know it yet


@dataclass(frozen=True)
class FileLength:
    """How many samples a file holds, and how many the header of a WAV or AIFF file promises if that is more."""

    sample_rate: int
    length_samples: int
    promised_samples: int

    @property
    def note(self) -> str:
        """What a person should know of it; empty where the file is whole."""
        if self.promised_samples <= self.length_samples:
            return ""
        seconds = [count / self.sample_rate for count in (self.promised_samples, self.length_samples)]
        return "cut short: its header promises {:.3f} s, {:.3f} s are there; the rest is silent".format(*seconds)


def read_length(path: Path) -> FileLength | None:
    """The length of an audio file; None for a file that is no audio: reading it raises an error that says why."""
    try:
        status = os.stat(path)
        return _read(path, status.st_size, status.st_mtime_ns)
    except (soundfile.SoundFileError, OSError, TypeError, ValueError):
        return None


@lru_cache(maxsize=4096)
def _read(path: Path, size_bytes: int, changed_ns: int) -> FileLength:
    info = soundfile.info(path)
    with open(path, "rb") as file:
        promised, there = _data_bytes(file, size_bytes)
    share = promised / there if there < promised < _STREAM_BYTES and there > 0 else 1.0
    return FileLength(info.samplerate, info.frames, round(info.frames * share))


def _data_bytes(file: BinaryIO, size_bytes: int) -> tuple[int, int]:
    """(bytes of samples that the header promises, bytes that are there); (0, 0) of other kinds of files."""
    head = file.read(12)
    order, name, before = _FORMS.get((head[:4], head[8:]), ("", b"", 0))
    while order and len(row := file.read(8)) == 8:
        chunk, length = struct.unpack(f"{order}4sI", row)
        if chunk == name:
            return length - before, size_bytes - file.tell() - before
        file.seek(length + length % 2, os.SEEK_CUR)
    return 0, 0
