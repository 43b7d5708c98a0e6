"""A FLAC file, encoded by libFLAC; Python writes its bytes, since libsndfile does not say why a write failed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from dawbridge.audio.format import AudioFormat


class FlacFile:
    """Takes whole numbers of `form.bits` bits. Raises OSError where the disk does, as soon as it does."""

    def __init__(self, path: Path, form: AudioFormat, sample_rate: int, channels: int):
        # libsndfile takes whole numbers of 16 or 32 bits, and of 32 the upper 24.
        self._type: type[np.int16] | type[np.int32] = np.int16 if form.bits == 16 else np.int32
        self._shift = 0 if form.bits == 16 else 8
        self._disk = _WatchedFile(path)
        kind = dict(samplerate=sample_rate, channels=channels, subtype=f"PCM_{form.bits}", format="FLAC")
        try:
            with self._disk.raising_own_errors():
                self._encoder = soundfile.SoundFile(self._disk, "w", **kind)
        except BaseException:
            self._disk.file.close()
            raise

    def write(self, frames: np.ndarray) -> None:
        """Append frames [n, C], int32."""
        with self._disk.raising_own_errors():
            self._encoder.write((frames << self._shift).astype(self._type, copy=False))

    def close(self) -> None:
        with self._disk.file, self._disk.raising_own_errors():
            self._encoder.close()


class _WatchedFile:
    """What libsndfile writes through. It calls from C, where no exception passes: the first is kept."""

    def __init__(self, path: Path):
        self.file = path.open("wb", buffering=0)  # a buffer would meet the full disk in seek and tell
        self.seek, self.tell = self.file.seek, self.file.tell
        self._error: OSError | None = None

    def write(self, data: bytes) -> int:
        remaining = memoryview(data)
        try:
            while remaining:
                remaining = remaining[self.file.write(remaining) :]
        except OSError as error:
            self._error = self._error or error
        return len(data) - len(remaining)

    @contextmanager
    def raising_own_errors(self) -> Iterator[None]:
        """Raises the error of the disk where there was one, in place of what libsndfile makes of it."""
        try:
            yield
        except (AssertionError, soundfile.SoundFileError):
            if self._error is None:
                raise
        if self._error is not None:
            raise self._error
