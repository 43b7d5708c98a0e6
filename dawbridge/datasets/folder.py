"""A folder of songs: which of its files are stems, and which is the mix; or a dataset whose layout is known."""

from collections.abc import Iterable
from pathlib import Path

from dawbridge.audio.folder import check_track_names
from dawbridge.datasets import enst_drums, medleydb
from dawbridge.datasets.song import Say, SongFolder, audio_files, say_nothing, visible_folders
from dawbridge.errors import InputError

__all__ = ["SongFolder", "find_all_songs", "find_songs", "layout_of"]

MIX_NAMES = frozenset(("mix", "mixture", "real_master"))
STEMS_FOLDER = "stems"
LAYOUTS = {"enst_drums": enst_drums, "medleydb": medleydb}


def layout_of(folder: Path) -> str | None:
    """The name of the dataset in LAYOUTS that the folder is the root of; None for any other folder."""
    return next((name for name, layout in LAYOUTS.items() if layout.is_here(folder)), None)


def find_songs(folder: Path, say: Say = say_nothing) -> list[SongFolder]:
    """The songs in `folder`, by name; `say` is told of those in a dataset that are not whole.

    The root of a dataset in LAYOUTS has its songs with their raw tracks. Else a folder with audio in it, or in its
    folder `stems`, is one song; else each sub-folder of that kind is. Audio named as in MIX_NAMES, in any case, is the
    mix. Raises InputError that names the folder where there is none, no song in it, or a song with two mixes or two
    files for one track.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give a folder of songs, each a folder of audio files")
    if name := layout_of(folder):
        return LAYOUTS[name].find_songs(folder, say)
    if song := _song_in(folder):
        return [song]
    songs = [song for path in visible_folders(folder) if (song := _song_in(path))]
    if not songs:
        known = "the root of ENST-Drums (drummer_1/audio/…) or MedleyDB (Audio/Artist_Title/…)"
        raise InputError(f"{folder}: no song in it; give folders of WAV, FLAC, OGG or AIFF files, or {known}")
    return songs


def find_all_songs(folders: Iterable[Path | str], say: Say = say_nothing) -> list[SongFolder]:
    """The songs of several folders. Raises InputError as `find_songs` does, and for two songs of one name."""
    songs = [song for folder in folders for song in find_songs(Path(folder), say)]
    names = [song.name for song in songs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"songs: two are named {twice[0]!r}; rename one's folder")
    return songs


def _song_in(folder: Path) -> SongFolder | None:
    paths = audio_files(folder) + audio_files(folder / STEMS_FOLDER)
    mixes = [path for path in paths if path.stem.lower() in MIX_NAMES]
    if len(mixes) > 1:
        raise InputError(f"{folder}: two mixes, {mixes[0].name} and {mixes[1].name}; keep one")
    check_track_names(folder, paths)
    stems = sorted((path for path in paths if path not in mixes), key=lambda path: path.stem)
    name = folder.resolve().name
    return SongFolder(name, tuple(stems), mixes[0] if mixes else None) if paths else None
