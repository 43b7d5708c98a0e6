"""Where songs come from: folders of stems, and a generator that needs no input."""

from dawbridge.datasets.folder import SongFolder, find_songs

__all__ = ["SongFolder", "find_songs"]
