"""Finds the audio files of items, and makes changed copies where a session cannot play a file as REAPER does."""

from dataclasses import dataclass, field, replace
from pathlib import Path, PureWindowsPath

import numpy as np
import soundfile

from dawbridge.audio import Audio, read_audio
from dawbridge.errors import InputError
from dawbridge.formats.media import moved_audio
from dawbridge.formats.reaper.reader.context import ImportContext
from dawbridge.formats.reaper.text import Block, number

_AUDIO = {"WAVE", "FLAC", "MP3", "VORBIS", "OPUS", "WAVPACK", "AIFF", "CAF", "_OFFLINE_WAVE"}
_REVERSED = (2, 3)
_SECTION_ALONE = (0, 2)
_MOST_CHANGED_SAMPLES = 50_000_000


@dataclass(frozen=True)
class Changes:
    """Changes of a file's samples: REAPER's `channel_mode`, balance, polarity, direction."""

    channel_mode: int = 0
    pan: float = 0.0
    is_inverted: bool = False
    is_reversed: bool = False


@dataclass(frozen=True)
class AudioSource:
    """A file on disk, the section of it that plays (0 long: to its end), and the changes of its samples."""

    path: Path
    length_s: float
    channels: int
    first_s: float = 0.0
    section_s: float = 0.0
    changes: Changes = Changes()

    @property
    def remaining_s(self) -> float:
        """How much there is to play from `first_s` on."""
        remaining = max(self.length_s - self.first_s, 0.0)
        return min(remaining, self.section_s) if self.section_s else remaining


@dataclass
class Sources:
    """The sources of a project. Each file is examined once."""

    context: ImportContext
    _found: dict[str, Path | None] = field(default_factory=dict)
    _infos: dict[Path, tuple[float, int] | None] = field(default_factory=dict)
    _changed: dict[tuple[Path, Changes], str] = field(default_factory=dict)

    def read(self, block: Block, where: str) -> AudioSource | None:
        """The audio of a `<SOURCE`; None, and a Loss, if it cannot be read."""
        kind = (block.tokens + ["", ""])[1]
        if kind == "SECTION":
            return self._section(block, where)
        losses = self.context.losses
        if kind not in _AUDIO:
            if kind != "EMPTY":
                losses.add("foreign.source", where, f"a source of the kind {kind[:40]!r}")
            return None
        name = (block.first("FILE") or [""])[0]
        path = self._path(name, where)
        info = None if path is None else self._info(path)
        if path is None or info is None:
            losses.add("foreign.missing_audio", where, f"the item: {name[:200]!r} cannot be read")
            return None
        return AudioSource(path, *info)

    def _section(self, block: Block, where: str) -> AudioSource | None:
        inner = block.first_block("SOURCE")
        source = None if inner is None else self.read(inner, where)
        if source is None:
            return None
        mode = int(number(block.first("MODE"), 0, 0, f"{where} section"))
        start_s, length_s = (number(block.first(key), 0, 0.0, f"{where} section") for key in ("STARTPOS", "LENGTH"))
        start_s, is_reversed = max(start_s, 0.0), mode in _REVERSED
        section_s = length_s if mode in _SECTION_ALONE and length_s > 0 else max(source.remaining_s - start_s, 0.0)
        if is_reversed:  # played backwards, the section begins where it ended
            start_s = max(source.length_s - start_s - section_s, 0.0)
        changes = replace(source.changes, is_reversed=is_reversed != source.changes.is_reversed)
        return replace(source, first_s=source.first_s + start_s, section_s=section_s, changes=changes)

    def add(self, source: AudioSource) -> str:
        """Put the audio, as it is or changed, into the session's folder; return its path there."""
        if source.changes == Changes():
            return self.context.media.add_file(source.path)
        key = source.path, source.changes
        if key not in self._changed:
            audio = read_audio(source.path, self.context.sample_rate)
            if audio.samples.size > _MOST_CHANGED_SAMPLES:
                raise InputError(f"{source.path}: too long to be changed as the project wants it; render it in REAPER")
            changed = Audio(changed_samples(audio.samples, source.changes), audio.sample_rate)
            self._changed[key] = self.context.media.add_audio(changed, f"{source.path.stem} changed")
        return self._changed[key]

    def _path(self, name: str, where: str) -> Path | None:
        """The named file, else one of that name in the folders where projects keep audio, with a Loss."""
        if name not in self._found:
            folder = self.context.path.parent
            plain = name.replace("\\", "/")
            last = PureWindowsPath(name).name
            tries = [folder / plain, folder / last, folder / "audio" / last, folder / "Audio Files" / last]
            tries += [
                folder / row[0].replace("\\", "/") / last for row in self.context.project.all("RECORD_PATH") if row
            ]
            found = self._found[name] = next((path for path in tries if last and _is_file(path)), None)
            if found is not None and found != tries[0]:
                self.context.losses.add("foreign.moved_audio", where, moved_audio(name, found, folder))
        return self._found[name]

    def _info(self, path: Path) -> tuple[float, int] | None:
        """(seconds, channels: 1 or 2) of an audio file; None if it cannot be read."""
        if path not in self._infos:
            try:
                info = soundfile.info(path)
            except (soundfile.SoundFileError, OSError, TypeError, ValueError):
                self._infos[path] = None
            else:
                is_usable = info.frames > 0 and info.samplerate > 0 and info.channels <= 2
                self._infos[path] = (info.frames / info.samplerate, info.channels) if is_usable else None
        return self._infos[path]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def changed_samples(samples: np.ndarray, changes: Changes) -> np.ndarray:
    """The samples [C, n] after the changes."""
    mode = changes.channel_mode
    if samples.shape[0] == 2 and mode in (1, 2, 3, 4):
        left, right = samples
        samples = {1: np.stack([right, left]), 2: (samples[:1] + samples[1:]) / 2, 3: samples[:1], 4: samples[1:]}[mode]
    if changes.pan:
        gains = np.minimum(1.0, [1.0 - changes.pan, 1.0 + changes.pan]).astype(np.float32)
        samples = np.broadcast_to(samples, (2, samples.shape[1])) * gains[:, None]
    samples = samples[:, ::-1] if changes.is_reversed else samples
    return np.ascontiguousarray(-samples if changes.is_inverted else samples, dtype=np.float32)
