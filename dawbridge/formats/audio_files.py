"""The audio that an export carries: each file of the session once, at the session's sample rate."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import soundfile

from dawbridge.audio import Audio, read_audio, write_audio
from dawbridge.errors import OutputError
from dawbridge.names import safe_file_name, unique_name

_LONGEST_STEM = 100


@dataclass(frozen=True)
class AudioFile:
    """A WAV file of an export: its name in the audio folder, mono or stereo, at the session's sample rate."""

    name: str
    channels: int
    length_samples: int


class AudioFiles:
    """Writes into `target` what the session's paths, relative to `sources`, name; `prints` is audio by paths that name
    no file.

    A WAV file at the session's rate is copied as it is; anything else becomes 32-bit float WAV at that rate, since not
    every DAW resamples.
    """

    def __init__(self, sources: Path, target: Path, sample_rate: int, prints: Mapping[str, Audio] | None = None):
        self._sources, self._target, self._sample_rate = sources, target, sample_rate
        self._prints = prints or {}
        self._files: dict[str, AudioFile] = {}

    def get(self, audio: str) -> AudioFile:
        """The exported file of a session's audio path. Raises InputError where that is no audio."""
        if audio not in self._files:
            self._files[audio] = self._write(audio, self._free_name(audio))
        return self._files[audio]

    def _free_name(self, audio: str) -> str:
        # A file that a recovery copied has a safe name already: made safe once more it would be hard to read.
        name = audio.removesuffix(".wav") if audio in self._prints else unquote(PurePosixPath(audio).stem)
        stem = safe_file_name(name)[:_LONGEST_STEM].rstrip(" .")
        taken = {file.name.lower() for file in self._files.values()}
        return unique_name(stem, taken, suffix=".wav", ignores_case=True)

    def _write(self, audio: str, name: str) -> AudioFile:
        self._target.mkdir(parents=True, exist_ok=True)
        if (printed := self._prints.get(audio)) is not None:
            return self._written(printed, name)
        source = self._sources / audio
        if (info := self._as_it_is(source)) is not None:
            try:
                shutil.copyfile(source, self._target / name)
            except OSError as error:
                raise OutputError(f"{self._target / name}: cannot be written ({error}); free space") from None
            return AudioFile(name, info.channels, info.frames)
        return self._written(read_audio(source, self._sample_rate), name)

    def _written(self, audio: Audio, name: str) -> AudioFile:
        write_audio(self._target / name, audio)
        return AudioFile(name, audio.channels, audio.length_samples)

    def _as_it_is(self, source: Path):
        """What libsndfile tells of a WAV file that needs no change."""
        try:
            info = soundfile.info(source)
        except (soundfile.SoundFileError, OSError, TypeError, ValueError):
            return None  # reading it says why
        is_plain = info.format == "WAV" and info.channels <= 2 and info.frames > 0
        return info if is_plain and info.samplerate == self._sample_rate else None
