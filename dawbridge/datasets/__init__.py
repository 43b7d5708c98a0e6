"""Where songs come from: folders of stems, ENST-Drums, MedleyDB, and a generator that needs no input."""

from dawbridge.datasets.folder import find_all_songs, find_songs, layout_of
from dawbridge.datasets.song import SongFolder
from dawbridge.datasets.split import Split, split_songs

__all__ = ["SongFolder", "Split", "find_all_songs", "find_songs", "layout_of", "split_songs"]
