"""Audio → a file, whole or in pieces. The same samples and seed give the same bytes, at any time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import soundfile

from dawbridge.audio.dither import Dither
from dawbridge.audio.flac import FlacFile
from dawbridge.audio.format import WAV32, AudioFormat
from dawbridge.audio.headers import LARGEST_DATA_BYTES, encoded, header
from dawbridge.audio.signal import Audio
from dawbridge.errors import InputError, OutputError

BLOCK_SAMPLES = 2**16  # written at a time, so that no second copy of a song is in memory


def write_audio(path: Path, audio: Audio, format: AudioFormat = WAV32, dither_seed: int = 0) -> int:
    """The number of samples clipped at full scale in the file, which is written whole or not at all.

    See AudioWriter for the seed and the errors.
    """
    with open_audio(path, audio.sample_rate, audio.channels, format, dither_seed) as file:
        file.write(audio.samples)
    return file.clipped_samples


def open_audio(
    path: Path, sample_rate: int, channels: int, format: AudioFormat = WAV32, dither_seed: int = 0
) -> "AudioWriter":
    """A file to write in pieces: `with open_audio(...) as file: file.write(samples)`."""
    return AudioWriter(path, sample_rate, channels, format, dither_seed)


class AudioWriter:
    """Writes beside, and renames when its `with` block ends well; else nothing is left and nothing replaced.

    Stems of one mix at 16 or 24 bits take a `dither_seed` each: the same dither in all adds up in their sum as
    one signal does, 6 dB for every doubling in place of 3.
    `clipped_samples`: how many were beyond full scale so far; floats are never clipped.
    Raises InputError for a rate or samples that are no audio, OutputError where the file cannot be written, the
    disk is full, or the file grows beyond its format's 4 GiB.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int, format: AudioFormat, dither_seed: int):
        format.check_sample_rate(sample_rate, path)
        self.path, self.sample_rate, self.channels, self.format = path, sample_rate, channels, format
        self.length_samples = self.clipped_samples = 0
        self._beside = path.with_name(f".{path.name}.part")
        self._dither = None if format.is_float else Dither(format.bits, dither_seed)

    def __enter__(self) -> "AudioWriter":
        with self._naming_the_file():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file_type = FlacFile if self.format.suffix == "flac" else _PlainFile
            self._file = file_type(self._beside, self.format, self.sample_rate, self.channels)
        return self

    def __exit__(self, error_type: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            with self._naming_the_file():
                self._file.close()
                if error_type is None:
                    self._check_not_empty()
                    self._beside.replace(self.path)
        finally:
            with suppress(OSError):
                self._beside.unlink(missing_ok=True)

    def write(self, samples: np.ndarray) -> None:
        """Append samples [channels, n]. Raises InputError for NaN, Inf and another number of channels."""
        if samples.ndim != 2 or len(samples) != self.channels:
            raise InputError(f"{self.path}: samples of shape {samples.shape}; give [{self.channels}, n]")
        self._check_size(samples.shape[1])
        for first in range(0, samples.shape[1], BLOCK_SAMPLES):
            self._write_block(np.asarray(samples[:, first : first + BLOCK_SAMPLES], dtype=np.float32))

    def _write_block(self, block: np.ndarray) -> None:
        if not (finite := np.isfinite(block)).all():
            where = self.length_samples + int(np.argmin(finite.all(axis=0)))
            raise InputError(f"{self.path}: NaN or Inf at sample {where}; only numbers can be written, mend its source")
        frames = block.T
        if self._dither:
            self.clipped_samples += int(np.count_nonzero(np.abs(block) > 1))
            frames = self._dither.quantised(frames)
        with self._naming_the_file():
            self._file.write(frames)
        self.length_samples += len(frames)

    def _check_size(self, more_samples: int) -> None:
        frame_bytes = self.format.bits // 8 * self.channels
        if self.format.suffix == "flac" or (self.length_samples + more_samples) * frame_bytes <= LARGEST_DATA_BYTES:
            return
        hours = LARGEST_DATA_BYTES / frame_bytes / self.sample_rate / 3600
        reason = f"{self.format} holds 4 GiB, here {hours:.1f} hours"
        raise OutputError(f"{self.path}: too long ({reason}); write FLAC, fewer bits or a shorter part")

    def _check_not_empty(self) -> None:
        if self.format.suffix == "flac" and self.length_samples == 0:
            raise InputError(f"{self.path}: no samples; an empty FLAC file cannot be read, write WAV or AIFF")

    @contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        try:
            yield
        except (OSError, soundfile.SoundFileError) as error:
            raise OutputError(f"{self.path}: cannot be written ({error}); choose another folder") from None


class _PlainFile:
    """A WAV or AIFF file: its header is written again at the end, when the length is known."""

    def __init__(self, path: Path, form: AudioFormat, sample_rate: int, channels: int):
        self._form, self._sample_rate, self._channels, self._length_samples = form, sample_rate, channels, 0
        self._file = path.open("wb")
        self._file.write(self._header())

    def write(self, frames: np.ndarray) -> None:
        self._file.write(encoded(self._form, frames).data)
        self._length_samples += len(frames)

    def close(self) -> None:
        with self._file:
            self._file.write(bytes(self._file.tell() % 2))  # chunks are of even length
            self._file.seek(0)
            self._file.write(self._header())

    def _header(self) -> bytes:
        return header(self._form, self._sample_rate, self._channels, self._length_samples)
