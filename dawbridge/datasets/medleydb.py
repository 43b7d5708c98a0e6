"""MedleyDB 1 and 2 (Bittner et al. 2014, 2016): songs as raw tracks, as stems made of them, and as the mix.

    Audio/Artist_Title/Artist_Title_MIX.wav
    Audio/Artist_Title/Artist_Title_STEMS/Artist_Title_STEM_01.wav       processed, an instrument each
    Audio/Artist_Title/Artist_Title_RAW/Artist_Title_RAW_01_02.wav       as recorded; the second of stem 1
    Audio/Artist_Title/Artist_Title_METADATA.yaml                        or Metadata/ beside Audio/

Version 2 says V1 and V2 for Audio. Of the metadata only the names of files are read, by line: they tell what is
missing.
"""

import re
from pathlib import Path

from dawbridge.datasets.song import Say, SongFolder, say_nothing, visible_folders, whole_audio_files
from dawbridge.errors import InputError

PLACES = ("Audio", "V1", "V2")
TRACKS = {"raw": ("RAW", r"_RAW_(\d+)_\d+"), "stems": ("STEMS", r"_STEM_(\d+)")}
LAYOUT = (
    "MedleyDB has Audio/Artist_Title/ (or V1/…, V2/…) with Artist_Title_MIX.wav and Artist_Title_RAW/ in it; "
    "give the folder of Audio, or Audio itself"
)


def is_here(root: Path) -> bool:
    """Whether the folder, or a song in it, is laid out so; a mix alone does not say so."""
    return any(_has_tracks(folder) for folder in _song_folders(root))


def find_songs(root: Path, say: Say = say_nothing, tracks: str = "raw") -> list[SongFolder]:
    """Every song with its mix and all its tracks, by name; `say` is told of the others. The group is the artist.

    tracks: "raw" or "stems". `root` may be one song's folder. Raises InputError with the layout where no song is whole.
    """
    if tracks not in TRACKS:
        raise InputError(f"MedleyDB: tracks {tracks!r}; legal are {', '.join(TRACKS)}")
    songs = [song for folder in _song_folders(root) if (song := _song_in(folder, tracks, say))]
    if not songs:
        raise InputError(f"{root}: no song with its mix and all {tracks} tracks; {LAYOUT}")
    return songs


def _song_folders(root: Path) -> list[Path]:
    if _is_song(root):
        return [root]
    inside = [folder for place in (".", *PLACES) for folder in visible_folders(root / place) if _is_song(folder)]
    return sorted(inside, key=lambda folder: folder.name)


def _is_song(folder: Path) -> bool:
    return _has_tracks(folder) or f"{folder.resolve().name}_MIX" in whole_audio_files(folder)


def _has_tracks(folder: Path) -> bool:
    name = folder.resolve().name
    return "_" in name and any((folder / f"{name}_{kind}").is_dir() for kind, _ in TRACKS.values())


def _song_in(folder: Path, tracks: str, say: Say) -> SongFolder | None:
    name = folder.resolve().name
    kind, pattern = TRACKS[tracks]
    there = whole_audio_files(folder / f"{name}_{kind}")
    named = {stem: path for stem, path in there.items() if re.fullmatch(re.escape(name) + pattern, stem)}
    mix = whole_audio_files(folder).get(f"{name}_MIX")
    missing = [] if mix else [f"{name}_MIX"]
    missing += sorted(_promised(folder, name, pattern) - named.keys()) if named else [f"{name}_{kind}"]
    if tracks == "raw" and named:
        missing += _stems_without_raw(folder, name, named)
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        say(f"{name}: left out, without {', '.join(missing[:3])}{more}")
        return None
    return SongFolder(name, tuple(named.values()), mix, group=name.split("_")[0])


def _promised(folder: Path, name: str, pattern: str) -> set[str]:
    """The tracks that the metadata lists, as file names without suffix; none where there is no metadata."""
    file = f"{name}_METADATA.yaml"
    for place in (folder / file, folder.parent / "Metadata" / file, folder.parent.parent / "Metadata" / file):
        if place.is_file():
            line = rf"""\s*filename:\s*['"]?({re.escape(name)}{pattern})\.\w+['"]?\s*"""
            lines = place.read_text(encoding="utf-8", errors="replace").splitlines()
            return {match[1] for each in lines if (match := re.fullmatch(line, each))}
    return set()


def _stems_without_raw(folder: Path, name: str, raws: dict[str, Path]) -> list[str]:
    """What no list is needed for: every stem is made of one raw track or more."""
    numbers = {stem.split("_")[-2] for stem in raws}
    stems = (path.stem for path in whole_audio_files(folder / f"{name}_STEMS").values())
    found = (match for stem in stems if (match := re.fullmatch(re.escape(name) + TRACKS["stems"][1], stem)))
    return [f"{name}_RAW_{match[1]}_01" for match in found if match[1] not in numbers]
