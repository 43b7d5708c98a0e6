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
class AudioFormat:
    """What a file holds."""

    channels: int
    length_samples: int


@dataclass(frozen=True)
class AudioFile:
    """A WAV file of an export: its name in the audio folder, mono or stereo, at the session's sample rate."""

    name: str
    channels: int
    length_samples: int


class AudioFiles:
    """Writes the audio files that a session names into the folder `target`, each once, when it is first asked for.

    sources: the folder where the session's audio paths start
    bounces: audio path → audio that is not on disk (`bounce.Playable.bounces`)

    A WAV file at the session's rate is copied as it is. Anything else becomes 32-bit float WAV at that rate, since not
    every DAW resamples.
    """

    def __init__(self, sources: Path, target: Path, sample_rate: int, bounces: Mapping[str, Audio] | None = None):
        self._sources, self._target, self._sample_rate = sources, target, sample_rate
        self._bounces = bounces or {}
        self._files: dict[str, AudioFile] = {}

    def get(self, audio: str) -> AudioFile:
        """The exported file of a session's audio path. Raises InputError if that is no audio file, OutputError if it
        cannot be written.
        """
        if audio not in self._files:
            self._files[audio] = self._write(audio, self._free_name(audio))
        return self._files[audio]

    def _free_name(self, audio: str) -> str:
        # A file that a recovery copied has a safe name already: made safe once more it would be hard to read.
        name = audio.removesuffix(".wav") if audio in self._bounces else unquote(PurePosixPath(audio).stem)
        stem = safe_file_name(name)[:_LONGEST_STEM].rstrip(" .")
        taken = {file.name.lower() for file in self._files.values()}
        return unique_name(stem, taken, suffix=".wav", ignores_case=True)

    def _write(self, audio: str, name: str) -> AudioFile:
        self._target.mkdir(parents=True, exist_ok=True)
        if (bounce := self._bounces.get(audio)) is not None:
            return self._written(bounce, name)
        source = self._sources / audio
        if (info := self._unchanged(source)) is not None:
            try:
                shutil.copyfile(source, self._target / name)
            except OSError as error:
                raise OutputError(f"{self._target / name}: cannot be written ({error}); free space") from None
            return AudioFile(name, info.channels, info.length_samples)
        return self._written(read_audio(source, self._sample_rate), name)

    def _written(self, audio: Audio, name: str) -> AudioFile:
        write_audio(self._target / name, audio)
        return AudioFile(name, audio.channels, audio.length_samples)

    def _unchanged(self, source: Path) -> AudioFormat | None:
        """The format of a WAV file that can be copied as it is; None for any other file."""
        try:
            info = soundfile.info(source)
        except (soundfile.SoundFileError, OSError, TypeError, ValueError):
            return None  # `read_audio` will raise the error
        is_plain = info.format == "WAV" and info.channels <= 2 and info.frames > 0
        return AudioFormat(info.channels, info.frames) if is_plain and info.samplerate == self._sample_rate else None
