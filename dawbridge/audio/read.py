"""A file, or a part of it → Audio. libsndfile decodes: any rate, whole numbers of 8 to 32 bits, floats."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from dawbridge.audio.resample import margins_samples, resampled_between_margins
from dawbridge.audio.signal import LOUDEST_PEAK, Audio
from dawbridge.errors import InputError

AUDIO_SUFFIXES = frozenset((".wav", ".flac", ".ogg", ".aif", ".aiff"))
BLOCK_SAMPLES = 2**16  # decoded at a time: interleaved samples stay in the processor's cache until they are split
# Read as they are: twice as fast as through libsndfile's floats. They are never NaN nor beyond full scale.
SHORT_SUBTYPES = frozenset(("PCM_S8", "PCM_U8", "PCM_16"))
SHORT_STEP = np.float32(2.0**-15)
UNKNOWN_LENGTH = 2**63 - 1  # of a FLAC file written as a stream; libsndfile fails at the end of such a file


def read_audio(path: Path, sample_rate: int | None = None, first: int = 0, count: int | None = None) -> Audio:
    """The file as mono or stereo Audio, resampled to `sample_rate` where one is given.

    `first` and `count` choose a part, in samples of the file's own rate: what the file has of it, so a part
    that reaches past the end is shorter. It is cut after resampling: parts that meet in the file meet again.
    Raises InputError for a file that is no audio, is empty, or has more than two channels, NaN, Inf, or
    samples beyond LOUDEST_PEAK; and for a part that holds nothing of the file.
    """
    with _opened(path) as file:
        length, rate = file.frames, file.samplerate
        first, last = _part(path, length, first, count)
        if sample_rate in (None, rate):
            return Audio(_decoded(path, file, first, last), rate)
        before, after = margins_samples(rate, sample_rate)
        around = _decoded(path, file, first - before, last + after)
    return Audio(resampled_between_margins(around, rate, sample_rate), sample_rate)


def read_part(path: Path, sample_rate: int, start: int, length: int) -> Audio:
    """`length` samples at `sample_rate` from sample `start` of the file as it is at that rate; silence beyond its end.

    The same samples as those of the whole file resampled, without reading more than the part and its margins. Raises
    InputError as `read_audio` does.
    """
    with _opened(path) as file:
        frames, rate = file.frames, file.samplerate
    step = math.gcd(rate, sample_rate)
    own, new = rate // step, sample_rate // step  # so many samples of the file last as long as so many at the new rate
    first = start // new * own  # where both rates have a sample
    last = min(-(-(start + length) // new) * own, frames)
    before = start - start // new * new
    if first >= last:
        return Audio(np.zeros((read_audio(path, count=1).channels, length), np.float32), sample_rate)
    return read_audio(path, sample_rate, first, last - first).placed(-before, length)


@contextmanager
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    try:
        with soundfile.SoundFile(path) as file:
            if file.channels > 2:
                reason = f"{file.channels} channels; tracks and mixes are mono or stereo"
                raise InputError(f"{path}: {reason}, split the file")
            yield file
    except (soundfile.SoundFileError, OSError, TypeError, ValueError, MemoryError) as error:
        reason = "no such file" if not os.path.exists(path) else "a folder" if os.path.isdir(path) else str(error)
        raise InputError(f"{path}: no readable audio ({reason or 'damaged'}); give WAV, FLAC, OGG or AIFF") from None


def _part(path: Path, length: int, first: int, count: int | None) -> tuple[int, int]:
    """Where the part begins and ends in the file."""
    if length == UNKNOWN_LENGTH:
        raise InputError(f"{path}: its header does not say how long it is (written as a stream); encode it again")
    if length == 0:
        raise InputError(f"{path}: no samples; remove the file or export it again")
    last = length if count is None else min(first + count, length)
    if not 0 <= first < last:
        wanted = f"from sample {first}" + ("" if count is None else f", {count} samples")
        raise InputError(f"{path}: nothing {wanted}; it has {length} samples, choose a part of them")
    return first, last


def _decoded(path: Path, file: soundfile.SoundFile, first: int, last: int) -> np.ndarray:
    """Samples [C, last - first]; silence before the file's beginning, after its end, and where it is cut short."""
    samples = np.empty((file.channels, last - first), dtype=np.float32)
    is_short = file.subtype in SHORT_SUBTYPES
    interleaved = np.empty((BLOCK_SAMPLES, file.channels), np.int16 if is_short else np.float32)
    position = max(first, 0)
    if position > 0:
        file.seek(position)
    samples[:, : position - first] = 0
    while len(block := file.read(out=interleaved[: last - position])):
        part = samples[:, position - first : position - first + len(block)]
        if is_short:
            np.multiply(block.T, SHORT_STEP, out=part)
        else:
            _check(path, block, position)
            part[:] = block.T
        position += len(block)
    samples[:, position - first :] = 0
    return samples


def _check(path: Path, block: np.ndarray, position: int) -> None:
    peak = max(block.max(), -block.min())
    if not np.isfinite(peak):
        where = position + int(np.argwhere(~np.isfinite(block))[0][0])
        raise InputError(f"{path}: NaN or Inf at sample {where}; export the file again")
    if peak > LOUDEST_PEAK:
        raise InputError(f"{path}: samples up to {peak:g}; full scale is 1, export the file again")
