"""Copies the audio files that a project names, from inside the archive or beside it, into the session's folder."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import soundfile
from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.formats.media import Media
from dawbridge.formats.safe_archive import SafeArchive
from dawbridge.session.model import SAMPLE_RATES


@dataclass(frozen=True)
class ReadAudio:
    """An audio file of the session: its path, and what it holds."""

    path: str
    sample_rate: int
    channels: int
    length_s: float


class AudioStore:
    """Fetches each file once. `faults`: path of a file that cannot be read → why."""

    def __init__(self, document: Document, archive: SafeArchive, media: Media, folder: Path):
        self._document, self._archive, self._media, self._folder = document, archive, media, folder
        self._found: dict[tuple[str, bool], ReadAudio | None] = {}
        self.faults: dict[str, str] = {}

    def get(self, audio: etree._Element) -> ReadAudio | None:
        """The file of an Audio element; None if it cannot be read."""
        file = audio.find("File")
        path = path_of(audio)
        if file is None or not path:
            self.faults[path] = "names no file"
            return None
        key = path, self._document.flag(file, "external", False)
        if key not in self._found:
            try:
                self._found[key] = self._fetch(*key)
            except InputError as error:
                self.faults[path] = str(error)
                self._found[key] = None
        return self._found[key]

    def _fetch(self, path: str, is_external: bool) -> ReadAudio:
        name = path.replace("\\", "/").removeprefix("./")
        if is_external:
            return self._add(self._outside(name), PurePosixPath(name).name)
        if name not in self._archive:
            raise InputError("is not in the archive")
        target = self._folder / f"{len(self._found)}"
        self._archive.copy(name, target)
        return self._add(target, PurePosixPath(name).name)

    def _outside(self, name: str) -> Path:
        """A file beside the archive, or in a folder beside it."""
        home = self._document.path.absolute().parent
        if PurePosixPath(name).is_absolute() or ":" in name.split("/")[0]:
            raise InputError("is an absolute path on the disk of whoever made the project")
        try:
            found = (home / name).resolve(strict=True)
            home = home.resolve()
        except (OSError, ValueError, RuntimeError):
            raise InputError("is not there") from None
        if not found.is_relative_to(home):
            raise InputError("is outside the project's folder")
        return found

    def _add(self, source: Path, name: str) -> ReadAudio:
        if not source.is_file():
            raise InputError("is no file")
        try:
            info = soundfile.info(source)
        except (soundfile.SoundFileError, OSError, TypeError, ValueError):
            raise InputError("is no readable audio") from None
        lowest, highest = SAMPLE_RATES
        if not 1 <= info.channels <= 2 or not 0 < info.frames < 2**62 or not lowest <= info.samplerate <= highest:
            content = f"{info.channels} channels, {info.frames} samples at {info.samplerate} Hz"
            raise InputError(f"has {content}; only mono and stereo audio can be read")
        path = self._media.add_file(source, name)
        return ReadAudio(path, info.samplerate, info.channels, info.frames / info.samplerate)


@contextmanager
def audio_store(document: Document, archive: SafeArchive, media: Media) -> Iterator[AudioStore]:
    """An AudioStore that unpacks into a temporary folder inside the media's folder."""
    media.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=media.folder, prefix=".unpacked-"))
    try:
        yield AudioStore(document, archive, media, folder)
    finally:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def path_of(audio: etree._Element) -> str:
    """The path that an Audio element names."""
    file = audio.find("File")
    return "" if file is None else file.get("path", "")
