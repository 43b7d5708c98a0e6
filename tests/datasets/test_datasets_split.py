"""Splits: 8:1:1, nothing in two sets, the same for a seed; by group, no artist in two sets."""

import pytest

from dawbridge.datasets import SongFolder, split_songs


def songs(*counts: int) -> list[SongFolder]:
    """As many songs of each artist as `counts` says."""
    return [SongFolder(f"a{a}_{n}", (), None, f"a{a}") for a, count in enumerate(counts) for n in range(count)]


def sizes(split) -> list[int]:
    return [len(part) for part in (split.train, split.validation, split.test)]


@pytest.mark.parametrize(("count", "expected"), [(120, [96, 12, 12]), (10, [8, 1, 1]), (2, [1, 0, 1]), (1, [0, 0, 1])])
@pytest.mark.parametrize("by_group", [False, True])
def test_every_song_stands_in_one_set(count, expected, by_group):
    all_songs = songs(*[1] * count)
    split = split_songs(all_songs, by_group=by_group)
    assert sizes(split) == expected
    assert sorted(song.name for part in (split.train, split.validation, split.test) for song in part) == sorted(
        song.name for song in all_songs
    )


def test_a_seed_decides_whatever_the_order():
    assert split_songs(songs(50)) == split_songs(songs(50)[::-1])
    assert split_songs(songs(50)) != split_songs(songs(50), seed=2)


@pytest.mark.parametrize("seed", range(5))
def test_no_artist_is_in_two_sets(seed):
    """One has a third of all songs, as in MedleyDB: it never is the test set."""
    split = split_songs(songs(40, 5, 3, *[2] * 20, *[1] * 30), seed, by_group=True)
    groups = [{song.group for song in part} for part in (split.train, split.validation, split.test)]
    assert not groups[0] & groups[1] and not groups[0] & groups[2] and not groups[1] & groups[2]
    assert "a0" in groups[0] and sizes(split) == [94, 12, 12]


def test_of_three_drummers_each_set_has_one():
    split = split_songs(songs(30, 20, 40), by_group=True)
    assert sizes(split) == [40, 30, 20]
