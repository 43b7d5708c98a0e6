"""The files of an Ardour session as audio and MIDI files that a Session can name.

A source is one channel of a file, which is given by an absolute path or by a name in one of the session's own folders.
Ardour plays a file sample by sample and ignores its rate, so a file of another rate is rewritten with the session's.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile
from lxml import etree

from dawbridge.audio import Audio, read_audio
from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.numbers import number, parse_integer
from dawbridge.formats.loss import Losses
from dawbridge.formats.media import Media, moved_audio

_FOLDERS = {"audio": "audiofiles", "midi": "midifiles"}


@dataclass(frozen=True)
class Source:
    """Channel `channel` (from 0) of the file `name`. `kind`: audio, midi, or compound (regions, no file)."""

    name: str
    kind: str
    channel: int
    gain: float


@dataclass(frozen=True)
class SourceAudio:
    """An audio file in the session's media; `channels`: 1 or 2."""

    path: str
    channels: int


def read_sources(root: etree._Element) -> dict[str, Source]:
    """Source id → source. Raises InputError."""
    found = {}
    for row in root.iterfind("Sources/Source"):
        where = f"source {row.get('name', '')!r}"
        channel = parse_integer(row.get("channel", "0"), f"{where} channel", 1000)
        gain = number(row, "gain", where, 1.0, most=1e6)
        kind = "compound" if row.get("playlist") else row.get("type", "audio")
        found[row.get("id", "")] = Source(row.get("name", ""), kind, channel, gain)
    return found


class SourceFiles:
    """Finds the files of sources, and adds each to the media once."""

    def __init__(self, session: Path, media: Media, rate: int, losses: Losses):
        self._folder, self._stem = session.parent, session.stem
        self._media, self._rate, self._losses = media, rate, losses
        self._sounds: dict[tuple[Source, ...], SourceAudio] = {}

    def path_of(self, source: Source) -> Path:
        """The path of the source's file. Raises InputError if there is none, or if its name leads out of the folder."""
        named, others = ([Path(source.name)], []) if Path(source.name).is_absolute() else self._candidates(source)
        if (found := next(filter(_is_file, named), None)) is not None:
            return found
        if (found := next(filter(_is_file, others), None)) is not None:
            what = moved_audio(source.name, found, self._folder)
            self._losses.add("foreign.moved_audio", f"source {source.name[:60]!r}", what)
            return found
        raise InputError(f"no file {source.name!r}")

    def sound(self, sources: tuple[Source, ...]) -> SourceAudio:
        """The audio of one source, or of two as left and right. Raises InputError if it cannot be read."""
        if sources not in self._sounds:
            self._sounds[sources] = self._made(sources)
        return self._sounds[sources]

    def _candidates(self, source: Source) -> tuple[list[Path], list[Path]]:
        """(paths in the session's own folder, other paths near the session) where a file of that name may be."""
        parts = PurePosixPath(source.name.replace("\\", "/")).parts
        if not parts or ".." in parts:
            return [], []
        interchange, kind = self._folder / "interchange", _FOLDERS.get(source.kind, "audiofiles")
        try:
            folders = sorted(interchange.iterdir())
        except OSError:
            folders = []
        # Ardour names its folder after the session's folder; a copy, or a session that was renamed, keeps the old one.
        own_names = {self._stem, self._folder.absolute().name} if len(folders) > 1 else {row.name for row in folders}
        own = sorted((row for row in folders if row.name in own_names), key=lambda row: row.name != self._stem)
        others = [row for row in folders if row.name not in own_names]
        paths = [[row.joinpath(kind, *parts) for row in rows] for rows in (own, others)]
        return paths[0], [*paths[1], self._folder.joinpath(*parts)]

    def _made(self, sources: tuple[Source, ...]) -> SourceAudio:
        paths = [self.path_of(source) for source in sources]
        shapes = [_shape(path) for path in paths]
        for source, (channels, _) in zip(sources, shapes):
            if source.channel >= channels:
                raise InputError(f"{source.name!r} has no channel {source.channel + 1}")
        is_whole = len(set(paths)) == 1 and [source.channel for source in sources] == list(range(shapes[0][0]))
        is_mono_twice = len(set(sources)) == 1 and shapes[0][0] == 1
        is_plain = all(source.gain == 1.0 for source in sources)
        if (is_whole or is_mono_twice) and is_plain and shapes[0][1] == self._rate:
            read_audio(paths[0], None, 0, 1)
            return SourceAudio(self._media.add_file(paths[0]), shapes[0][0])
        return self._joined(sources[:1] if is_mono_twice else sources, paths)

    def _joined(self, sources: tuple[Source, ...], paths: list[Path]) -> SourceAudio:
        files = {path: read_audio(path) for path in paths}
        rows = [files[path].samples[source.channel] * source.gain for source, path in zip(sources, paths)]
        length = max(len(row) for row in rows)
        sides = [Audio(row[None], self._rate).placed(0, length).samples[0] for row in rows]
        name = self._media.add_audio(Audio(np.stack(sides), self._rate), paths[0].stem)
        return SourceAudio(name, len(sides))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _shape(path: Path) -> tuple[int, int]:
    """(channels, sample rate). Raises InputError."""
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError, TypeError, ValueError) as error:
        raise InputError(f"{path.name!r} is not readable audio ({str(error) or 'damaged'})") from None
    return info.channels, info.samplerate
