"""A folder of songs: which of its files are stems, and which is the mix."""

from dataclasses import dataclass
from pathlib import Path

from dawbridge.audio import AUDIO_SUFFIXES
from dawbridge.errors import InputError

MIX_NAMES = frozenset(("mix", "mixture", "real_master"))
STEMS_FOLDER = "stems"


@dataclass(frozen=True)
class SongFolder:
    """One song: the folder's name, its stems by name (none beside a lone mix), its mix if there is one."""

    name: str
    stems: tuple[Path, ...]
    mix: Path | None


def find_songs(folder: Path) -> list[SongFolder]:
    """The songs in `folder`, by name.

    A folder with audio in it, or in its folder `stems`, is one song; else each sub-folder of that kind is.
    Audio named as in MIX_NAMES, in any case, is the mix. Raises InputError that names the folder where there
    is none, no song in it, or a song with two mixes or two files for one track.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give a folder of songs, each a folder of audio files")
    if song := _song_in(folder):
        return [song]
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and path.name[0] != "."]
    songs = [song for path in inside if (song := _song_in(path))]
    if not songs:
        raise InputError(f"{folder}: no song in it; give folders of WAV, FLAC, OGG or AIFF files")
    return songs


def _song_in(folder: Path) -> SongFolder | None:
    paths = _audio_in(folder) + _audio_in(folder / STEMS_FOLDER)
    names = [path.stem for path in paths]
    mixes = [path for path in paths if path.stem.lower() in MIX_NAMES]
    if len(mixes) > 1:
        raise InputError(f"{folder}: two mixes, {mixes[0].name} and {mixes[1].name}; keep one")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{folder}: two files for track {twice[0]!r}; rename one")
    stems = sorted((path for path in paths if path not in mixes), key=lambda path: path.stem)
    name = folder.resolve().name
    return SongFolder(name, tuple(stems), mixes[0] if mixes else None) if paths else None


def _audio_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    files = (path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    return sorted(path for path in files if path.suffix.lower() in AUDIO_SUFFIXES)
