"""Media: the folder into which a reader puts the audio and MIDI files of a DAW's session."""

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
    """Puts files into `folder`/audio under safe, unique names. Each method returns a path relative to `folder`.

    links: whether files are hard-linked where possible; else they are copied
    """

    def __init__(self, folder: Path, links: bool = False):
        self.folder, self._links = folder, links
        self._names: dict[Path, str] = {}  # source → relative name
        self._taken: set[str] = set()

    def add_file(self, source: Path, wanted: str = "") -> str:
        """Add an existing file, once, under its own name or the `wanted` one. Raises InputError if there is none."""
        try:
            source = source.resolve(strict=True)
            is_file = source.is_file()
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(f"{source}: cannot be read ({reason_of(error)})") from None
        if not is_file:
            raise InputError(f"{source}: no file; check the path")
        if source not in self._names:
            name = self._free_name(wanted or source.name)
            self._copy(source, self.folder / name)
            self._names[source] = name
        return self._names[source]

    def add_bytes(self, data: bytes, wanted: str) -> str:
        """Add a file of these bytes."""
        name = self._free_name(wanted)
        write_bytes(self.folder / name, data)
        return name

    def add_audio(self, audio: Audio, wanted: str) -> str:
        """Add a 32-bit float WAV file; `wanted` is its name without the suffix."""
        name = self._free_name(f"{wanted}.wav")
        (self.folder / FOLDER).mkdir(parents=True, exist_ok=True)
        write_audio(self.folder / name, audio)
        return name

    def add_notes(self, notes: Iterable[BeatNote], wanted: str) -> str:
        """Add a MIDI file; `wanted` is its name without the suffix."""
        name = self._free_name(f"{wanted}.mid")
        (self.folder / FOLDER).mkdir(parents=True, exist_ok=True)
        write_notes(notes, self.folder / name)
        return name

    def _free_name(self, wanted: str) -> str:
        """A path that no other file here has, also where the file system ignores case."""
        path = PurePosixPath(wanted.replace("\\", "/"))
        stem, suffix = safe_file_name(path.stem), "".join(c for c in path.suffix.lower() if c.isalnum() or c == ".")
        name = unique_name(stem, self._taken, suffix=suffix, ignores_case=True)
        self._taken.add(name.lower())
        return f"{FOLDER}/{name}"

    def _copy(self, source: Path, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if self._links:
                with suppress(OSError):
                    return os.link(source, target)
            shutil.copyfile(source, target)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written ({error}); free space, or choose another folder") from None


def moved_audio(name: str, found: Path, home: Path) -> str:
    """The text of a loss: there is no file `name`, and `found`, a file of the same name near `home`, plays instead."""
    return f"{name[:200]!r} is not there: {os.path.relpath(found, home)[-200:]!r} plays; see that it is the same"
