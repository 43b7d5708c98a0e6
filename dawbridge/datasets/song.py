"""A song as a dataset holds it: where its tracks and its mix lie, and who made it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dawbridge.audio.folder import is_audio_name, visible_entries

Say = Callable[[str], None]


@dataclass(frozen=True)
class SongFolder:
    """One song: its name, its stems by name (none beside a lone mix), its mix if there is one.

    group: the artist or drummer, where the dataset tells: what a split may keep on one side (see split.py)
    """

    name: str
    stems: tuple[Path, ...]
    mix: Path | None
    group: str = ""

    @property
    def track_names(self) -> tuple[str, ...]:
        """The stems' file names without suffix, or their folders' where those are alike (as in ENST-Drums)."""
        names = [path.stem for path in self.stems]
        return tuple(path.parent.name for path in self.stems) if len(set(names)) < len(names) else tuple(names)


def say_nothing(line: str) -> None:
    """For who does not want to know what was skipped."""


def visible_folders(folder: Path) -> list[Path]:
    """The sub-folders, by name; hidden ones are none, nor is anything where no folder is."""
    if not folder.is_dir():
        return []
    return [path for path in visible_entries(folder) if path.is_dir()]


def audio_files(folder: Path) -> list[Path]:
    """The audio files by their suffix, by name; hidden ones (macOS's `._` files too) are none."""
    if not folder.is_dir():
        return []
    return [path for path in visible_entries(folder) if path.is_file() and is_audio_name(path)]


def whole_audio_files(folder: Path) -> dict[str, Path]:
    """File name without suffix → file, of those with anything in them: an interrupted download leaves empty ones."""
    return {path.stem: path for path in audio_files(folder) if path.stat().st_size}
