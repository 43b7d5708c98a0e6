"""Media: where a reader puts the audio and MIDI of a foreign session, so that a session can name it."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from dawbridge.audio import Audio, write_audio
from dawbridge.errors import InputError, OutputError, reason_of
from dawbridge.files import write_bytes
from dawbridge.midi_notes import BeatNote, write_notes
from dawbridge.names import safe_file_name, unique_name

FOLDER = "audio"


class Media:
    """Files in `folder`/audio, each named once and never outside. Each method gives a path relative to `folder`.

    `links`: files that lie on the disk are linked where that can be; else copied.
    """

    def __init__(self, folder: Path, links: bool = False):
        self.folder, self._links = folder, links
        self._names: dict[Path, str] = {}  # source → relative name
        self._taken: set[str] = set()

    def add_file(self, source: Path, wanted: str = "") -> str:
        """An existing file, once, under its own name or the `wanted` one. InputError where there is none."""
        try:
            source = source.resolve(strict=True)
            is_file = source.is_file()
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"{source}: cannot be read ({reason_of(error)})") from None
        if not is_file:
            raise InputError(f"{source}: no file; check the path")
        if source not in self._names:
            name = self._free(wanted or source.name)
            self._place(source, self.folder / name)
            self._names[source] = name
        return self._names[source]

    def add_bytes(self, data: bytes, wanted: str) -> str:
        """A file of these bytes."""
        name = self._free(wanted)
        write_bytes(self.folder / name, data)
        return name

    def add_audio(self, audio: Audio, wanted: str) -> str:
        """A 32-bit float WAV file; `wanted` without its suffix."""
        name = self._free(f"{wanted}.wav")
        (self.folder / FOLDER).mkdir(parents=True, exist_ok=True)
        write_audio(self.folder / name, audio)
        return name

    def add_notes(self, notes: Iterable[BeatNote], wanted: str) -> str:
        """A MIDI file; `wanted` without its suffix."""
        name = self._free(f"{wanted}.mid")
        (self.folder / FOLDER).mkdir(parents=True, exist_ok=True)
        write_notes(notes, self.folder / name)
        return name

    def _free(self, wanted: str) -> str:
        """A name that no other file here has, whatever the file system thinks of capitals."""
        path = PurePosixPath(wanted.replace("\\", "/"))
        stem, suffix = safe_file_name(path.stem), "".join(c for c in path.suffix.lower() if c.isalnum() or c == ".")
        name = unique_name(stem, self._taken, suffix=suffix, ignores_case=True)
        self._taken.add(name.lower())
        return f"{FOLDER}/{name}"

    def _place(self, source: Path, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if self._links:
                with suppress(OSError):
                    return os.link(source, target)
            shutil.copyfile(source, target)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written ({error}); free space, or choose another folder") from None


def moved_audio(name: str, found: Path, home: Path) -> str:
    """What a loss says of a path that leads nowhere, and the file of that name by `home` that plays in its stead."""
    return f"{name[:200]!r} is not there: {os.path.relpath(found, home)[-200:]!r} plays; see that it is the same"
