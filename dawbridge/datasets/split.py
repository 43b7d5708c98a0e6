"""Songs dealt out for training, validation and test at 8:1:1, as in Zhou, Yu and Wu (2024)."""

from collections.abc import Iterable
from dataclasses import dataclass

from dawbridge.datasets.song import SongFolder
from dawbridge.seeds import random_stream

APART_0TO1 = 0.1  # for test, and as much for validation


@dataclass(frozen=True)
class Split:
    """Each by name; no song is in two of them."""

    train: tuple[SongFolder, ...]
    validation: tuple[SongFolder, ...]
    test: tuple[SongFolder, ...]


def split_songs(songs: Iterable[SongFolder], seed: int = 1, by_group: bool = False) -> Split:
    """At random, always the same for a seed and the same songs; the test set has one song at least.

    by_group: no artist or drummer in two sets. Groups that would overfill a set are passed over; where all would, as
    ENST-Drums' three drummers, the smallest is taken.
    """
    groups: dict[str, list[SongFolder]] = {}
    for song in sorted(songs, key=lambda song: song.name):
        groups.setdefault((song.group if by_group else "") or song.name, []).append(song)
    wanted = round(APART_0TO1 * sum(map(len, groups.values())))
    order = [list(groups)[place] for place in random_stream(seed, "split").permutation(len(groups))]
    test = _take(groups, order, max(1, wanted))
    validation = _take(groups, order, wanted)
    rest = [song for name in order for song in groups[name]]
    return Split(*(tuple(sorted(part, key=lambda song: song.name)) for part in (rest, validation, test)))


def _take(groups: dict[str, list[SongFolder]], order: list[str], wanted: int) -> list[SongFolder]:
    """Songs of whole groups, `wanted` at most unless the smallest group is larger; what is taken leaves `order`."""
    taken: list[str] = []
    for name in order:
        if sum(len(groups[each]) for each in (*taken, name)) <= wanted:
            taken.append(name)
    if not taken and wanted and order:
        taken = [min(order, key=lambda name: len(groups[name]))]
    order[:] = [name for name in order if name not in taken]
    return [song for name in taken for song in groups[name]]
