"""ENST-Drums (Gillet and Richard 2006): takes of three drummers, recorded by up to eight microphones.

    drummer_1/audio/kick/036_phrase_disco_simple_slow_sticks.wav      a folder per microphone
    drummer_1/audio/wet_mix/036_phrase_disco_simple_slow_sticks.wav   the mix with effects; dry_mix: without
    drummer_1/audio/accompaniment/                                    what some takes are played to; in no mix

Take numbers repeat, so a song is called after its drummer too.
"""

import re
from pathlib import Path

from dawbridge.datasets.song import Say, SongFolder, say_nothing, visible_folders, whole_audio_files
from dawbridge.errors import InputError

MIXES = ("wet_mix", "dry_mix")
NO_TRACKS = frozenset((*MIXES, "accompaniment"))
EVERY_DRUMMER = frozenset(("hi-hat", "kick", "overhead_L", "overhead_R", "snare"))
LAYOUT = "ENST-Drums has drummer_1/audio/kick/001_….wav and wet_mix beside kick; give the folder of drummer_1"


def is_here(root: Path) -> bool:
    """Whether the folder is laid out so."""
    return any((drummer / "audio").is_dir() for drummer in _drummers(root))


def find_songs(root: Path, say: Say = say_nothing, mix: str = MIXES[0]) -> list[SongFolder]:
    """Every take that has its mix and all microphones of its drummer, by name; `say` is told of the others.

    mix: "wet_mix" or "dry_mix". Raises InputError where no take is whole, with the layout.
    """
    if mix not in MIXES:
        raise InputError(f"ENST-Drums: mix {mix!r}; legal are {', '.join(MIXES)}")
    songs = [song for drummer in _drummers(root) for song in _takes_of(drummer, mix, say)]
    if not songs:
        raise InputError(f"{root}: no take with its {mix} and all tracks; {LAYOUT}")
    return songs


def _drummers(root: Path) -> list[Path]:
    return [folder for folder in visible_folders(root) if re.fullmatch(r"drummer_\d+", folder.name)]


def _takes_of(drummer: Path, mix: str, say: Say) -> list[SongFolder]:
    files = {folder.name: whole_audio_files(folder) for folder in visible_folders(drummer / "audio")}
    tracks = {name: takes for name, takes in files.items() if name not in NO_TRACKS}
    mixes, songs = files.get(mix, {}), []
    for take in sorted({take for takes in (mixes, *tracks.values()) for take in takes}):
        name = f"{drummer.name}_{take}"
        missing = [channel for channel in sorted(EVERY_DRUMMER | tracks.keys()) if take not in tracks.get(channel, {})]
        missing += [mix] if take not in mixes else []
        if missing:
            say(f"{name}: left out, without {', '.join(missing)}")
            continue
        stems = tuple(takes[take] for _, takes in sorted(tracks.items()))
        songs.append(SongFolder(name, stems, mixes[take], group=drummer.name))
    return songs
