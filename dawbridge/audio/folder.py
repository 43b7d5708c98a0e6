"""The audio files of a folder: what counts as one, and that each stands for a track of its own."""

from collections.abc import Sequence
from pathlib import Path

from dawbridge.audio.read import AUDIO_SUFFIXES
from dawbridge.errors import InputError


def is_audio_name(path: Path) -> bool:
    """Whether the file's name has a suffix that `read_audio` reads."""
    return path.suffix.lower() in AUDIO_SUFFIXES


def visible_entries(folder: Path) -> list[Path]:
    """What is in the folder, by name, without hidden files (macOS's `._` files too). Raises OSError."""
    return [path for path in sorted(folder.iterdir()) if path.name[0] != "."]


def check_track_names(folder: Path, paths: Sequence[Path]) -> None:
    """InputError where two of a folder's audio files have one name without suffix: both would be the same track."""
    names = [path.stem for path in paths]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{folder}: two files for track {twice[0]!r}; rename one")
