"""Analysis windows: every track that ever plays is heard in one, and all lie inside the song."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dawbridge.datasets.windows import FRAME_S, activity, choose_windows

RATE = 8000
HOP = round(FRAME_S * RATE)
WINDOW_S, LEAD_S, AT_LEAST = 5.0, 1.0, 2

ACTIVITY = st.tuples(st.integers(1, 6), st.integers(1, 200)).flatmap(lambda shape: arrays(bool, shape))
SPARSE = st.tuples(st.integers(1, 40), st.integers(1, 400), st.integers(0, 2**32)).map(
    lambda parts: np.random.default_rng(parts[2]).random(parts[:2]) < 0.01
)


def choose(active, length=None):
    return choose_windows(active, length or active.shape[1] * HOP, RATE, WINDOW_S, LEAD_S, AT_LEAST)


@settings(deadline=None, max_examples=200)
@given(st.one_of(ACTIVITY, SPARSE), st.integers(0, HOP - 1))
def test_every_track_that_plays_is_heard_in_a_window_inside_the_song(active, missing):
    length = max(1, active.shape[1] * HOP - missing)
    windows, heard = choose(active, length)
    assert heard.shape == (len(active), len(windows))
    assert (heard.any(axis=1) == active.any(axis=1)).all()
    for number, window in enumerate(windows):
        first, last = window.start_samples, window.start_samples + window.length_samples
        assert 0 <= window.lead_samples <= first < last <= length
        assert window.length_samples == min(length, round(WINDOW_S * RATE))
        for track in np.flatnonzero(heard[:, number]):
            assert active[track, first // HOP : -(-last // HOP)].any()


@settings(deadline=None, max_examples=100)
@given(SPARSE)
def test_windows_are_few(active):
    """At most one per track that plays, beyond the least number."""
    windows, _ = choose(active)
    assert 1 <= len(windows) <= max(AT_LEAST, int(active.any(axis=1).sum()))


def test_a_track_heard_only_beside_a_chosen_window_gets_one_that_overlaps_it():
    active = np.zeros((3, 1000), bool)
    active[0, 100:150] = active[1, 120:150] = True  # the busiest place
    active[2, 96:101] = True  # a window for it overlaps the first
    active[0, 300:900:7] = True  # much else is free, and of no use to it
    windows, heard = choose(active)
    assert heard.any(axis=1).all() and len(windows) == 2


def test_windows_do_not_overlap_without_need():
    windows, _ = choose(np.ones((4, 600), bool))
    assert len(windows) == AT_LEAST
    assert windows[1].start_samples >= windows[0].start_samples + windows[0].length_samples


def test_where_nothing_sounds_there_is_one_window_and_nobody_in_it():
    windows, heard = choose(np.zeros((3, 100), bool))
    assert len(windows) == 1 and not heard.any()


def test_forty_tracks_that_never_play_together():
    active = np.zeros((40, 40 * 60), bool)
    for track in range(40):
        active[track, track * 60 : track * 60 + 8] = True
    windows, heard = choose(active)
    assert heard.any(axis=1).all() and len(windows) <= 40


@pytest.mark.parametrize("length", [1, 2, HOP - 1, HOP, HOP + 1])
def test_songs_shorter_than_a_window(length):
    samples = np.full((2, length), 0.5, np.float32)
    windows, heard = choose(activity(samples, RATE)[None], length)
    assert [(w.start_samples, w.length_samples, w.lead_samples) for w in windows] == [(0, length, 0)]
    assert heard.tolist() == [[True]]


# What sounds


def test_a_frame_sounds_by_its_level():
    frames = np.repeat(10 ** (np.array([-20.0, -50, -59, -61, -65]) / 20), HOP)
    assert activity(frames[None], RATE).tolist() == [True, True, True, False, False]
    louder = frames.copy()
    louder[:HOP] = 1.0  # now only what lies within 40 dB of the loudest counts
    assert activity(louder[None], RATE).tolist() == [True, False, False, False, False]


def test_silence_does_not_sound():
    assert not activity(np.zeros((2, 3 * HOP), np.float32), RATE).any()
    assert not activity(np.full((1, HOP), 1e-30, np.float32), RATE).any()


def test_the_last_frame_counts_by_its_own_length():
    samples = np.zeros((1, HOP + 10), np.float32)
    samples[:, HOP:] = 0.0015  # -56.5 dBFS, for ten samples
    assert activity(samples, RATE).tolist() == [False, True]
