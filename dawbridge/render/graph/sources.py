"""The input of a strip, as data for a worker: pieces of audio files, the sum of other strips, or notes.

Positions are in samples from the beginning of the render. Each kind has `key_parts()`: everything that decides its
samples, which is the content of files but not their paths. All but notes have `read()`; notes need an instrument.
"""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dawbridge.audio import read_audio
from dawbridge.curve import Curve
from dawbridge.render.graph.gain_path import CHUNK_SAMPLES, GainPath, Stage, chunks
from dawbridge.render.store.strip_file import open_strip, strip_reader


@dataclass(frozen=True)
class Piece:
    """A piece of an audio file. `digest` identifies the file's content; `gain` is linear."""

    path: str
    digest: str
    start_samples: int
    offset_samples: int
    length_samples: int | None
    gain: float
    fade_in_samples: int
    fade_out_samples: int
    fade_shape: str


@dataclass(frozen=True)
class Clips:
    """The sum of pieces, each at its own start, times `gain`."""

    length_samples: int
    sample_rate: int
    pieces: tuple[Piece, ...]
    gain: float = 1.0

    def key_parts(self) -> list:
        rows = [{k: v for k, v in asdict(piece).items() if k != "path"} for piece in self.pieces]
        return ["clips", self.length_samples, self.sample_rate, rows, self.gain]

    def read(self) -> np.ndarray:
        """The samples [1 or 2, length]; mono where all files are mono."""
        files = {path: read_audio(Path(path), self.sample_rate).samples for path in {p.path for p in self.pieces}}
        sounds = [(_sound(piece, files[piece.path]), piece.start_samples) for piece in self.pieces]
        del files
        channels = max((samples.shape[0] for samples, _ in sounds), default=1)
        if len(sounds) == 1 and sounds[0][1] == 0 and sounds[0][0].shape[1] == self.length_samples:
            total = sounds[0][0]
        else:
            total = np.zeros((channels, self.length_samples), np.float32)
            for samples, start in sounds:
                _add_at(total, samples, start)
        return total if self.gain == 1.0 else total * np.float32(self.gain)


@dataclass(frozen=True)
class SumInput:
    """One input of a sum: the strip's key, the file that holds it, and the gains that are applied to it."""

    key: str
    path: str
    gains: GainPath


@dataclass(frozen=True)
class Sum:
    """The sum of other strips, times `gain`."""

    length_samples: int
    inputs: tuple[SumInput, ...]
    gain: float = 1.0

    def key_parts(self) -> list:
        rows = [[row.key, asdict(row.gains)] for row in self.inputs]
        return ["sum", self.length_samples, rows, self.gain]

    def notes(self) -> list[str]:
        """The notes of all strips in the sum, so that they reach the user even where only the sum is read."""
        return [note for row in self.inputs for note in open_strip(Path(row.path)).meta["notes"]]

    def read(self) -> np.ndarray:
        """The samples [2, length]."""
        total = np.empty((2, self.length_samples), np.float32)
        readers = [(strip_reader(Path(row.path)), row.gains) for row in self.inputs]
        scaled = np.empty((2, min(self.length_samples, CHUNK_SAMPLES)), np.float32)
        for begin, end in chunks(self.length_samples):
            piece, part = total[:, begin:end], scaled[:, : end - begin]
            if not readers:
                piece[:] = 0.0
            for number, (read, path) in enumerate(readers):
                _add_scaled(piece, read(begin, end), path, begin, part, is_first=number == 0)
            if self.gain != 1.0:
                piece *= np.float32(self.gain)
        return total


@dataclass(frozen=True)
class Notes:
    """The notes that an instrument plays: rows of (pitch, velocity, start_s, length_s)."""

    length_samples: int
    notes: tuple[tuple[int, int, float, float], ...]

    def key_parts(self) -> list:
        return ["notes", self.length_samples, self.notes]


Source = Clips | Sum | Notes


def encode_source(source: Source) -> dict:
    """The source as plain data, which JSON can hold."""
    return {"kind": type(source).__name__} | asdict(source)


def decode_source(row: dict) -> Source:
    """The source that `encode_source` encoded."""
    kind = row.pop("kind")
    if kind == "Clips":
        return Clips(**row | {"pieces": tuple(Piece(**piece) for piece in row["pieces"])})
    if kind == "Sum":
        return Sum(**row | {"inputs": tuple(_decode_input(part) for part in row["inputs"])})
    return Notes(**row | {"notes": tuple(map(tuple, row["notes"]))})


def decode_curve(row: dict) -> Curve:
    """The curve in plain data, as `encode_source` makes it."""
    return Curve(*(tuple(row[name]) for name in ("samples", "values", "shapes")))


def _decode_input(row: dict) -> SumInput:
    stages = tuple(Stage(*map(_decode_level, stage.values())) for stage in row["gains"]["stages"])
    return SumInput(row["key"], row["path"], GainPath(stages))


def _decode_level(level: Any) -> Any:
    """A curve where it is one, else the number as it is."""
    return decode_curve(level) if isinstance(level, dict) else level


def _add_scaled(
    piece: np.ndarray, samples: np.ndarray, path: GainPath, begin: int, product: np.ndarray, is_first: bool
) -> None:
    """Add `samples` times the gains of `path` to `piece`; the first one replaces it. `product` is a buffer."""
    if path.is_identity:
        np.copyto(piece, samples) if is_first else np.add(piece, samples, out=piece)
    elif is_first:
        np.multiply(samples, path.gains(begin, piece.shape[1]), out=piece)
    else:
        np.multiply(samples, path.gains(begin, piece.shape[1]), out=product)
        piece += product


def _sound(piece: Piece, samples: np.ndarray) -> np.ndarray:
    """The piece [C, n] of the file's `samples`, with its gain and fades."""
    samples = samples[:, piece.offset_samples :]
    length = samples.shape[1] if piece.length_samples is None else piece.length_samples
    samples = samples[:, :length]
    if piece.gain == 1.0 and not (piece.fade_in_samples or piece.fade_out_samples):
        return samples
    samples = samples * np.float32(piece.gain)
    _fade(samples, 0, piece.fade_in_samples, piece.fade_shape)
    _fade(samples[:, ::-1], length - samples.shape[1], piece.fade_out_samples, piece.fade_shape)
    return samples


def _fade(samples: np.ndarray, first: int, count: int, shape: str) -> None:
    """Fade in, in place: the gain grows from 0 at sample 0 to 1 at sample `count`. `samples` begin at sample `first`.

    So only a part is heard of a fade that is longer than the audio in the file.
    """
    part = samples[:, : max(count - first, 0)]
    share = np.arange(first, first + part.shape[1]) / max(count, 1)
    part *= (share if shape == "linear" else np.sin(share * (math.pi / 2))).astype(np.float32)


def _add_at(target: np.ndarray, samples: np.ndarray, start: int) -> None:
    """Add `samples` to `target` from sample `start` on, as far as they lie inside."""
    first, last = max(start, 0), min(start + samples.shape[1], target.shape[1])
    if last > first:
        target[:, first:last] += samples[:, first - start : last - start]
