"""Tracks that the dry sound's correlation puts a few samples, or half a period and a polarity, off: the chain tells."""

from dataclasses import replace

import numpy as np
import pytest

import tiny_song
from dawbridge.audio import Audio, write_audio
from dawbridge.features.alignment import TrackShift
from dawbridge.methods.inversion.placement import LEAST_DRAWS, MOST_DRAWS, PASSES, SHARE, align_tracks, apply_delays
from dawbridge.methods.inversion.song import read_song
from dawbridge.progress import Progress
from dawbridge.render import Farm, render_session
from dawbridge.session.chain import Chain, read_chain
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.session.stem_folder import session_from_folder
from tiny_song import RATE

SECONDS = 4.0
TRUE = [TrackShift(0, 1), TrackShift(700, -1), TrackShift(-431, 1)]
ENOUGH, TOO_LITTLE = (3 * draws * PASSES * SHARE for draws in (MOST_DRAWS, LEAST_DRAWS))


@pytest.fixture(scope="module")
def farm():
    with Farm(2) as farm:
        yield farm


def plucks() -> np.ndarray:
    """[n, 1]: tones that begin and end; a tone that goes on lies in many places alike."""
    rng, time_s, total = np.random.default_rng(2), np.arange(round(SECONDS * RATE)) / RATE, 0.0
    for start_s, tone_hz in zip(np.sort(rng.uniform(0, SECONDS - 0.3, 12)), rng.uniform(150, 600, 12)):
        since = np.maximum(time_s - start_s, 0)
        total += 0.1 * np.exp(-9 * since) * sum(np.sin(2 * np.pi * tone_hz * k * since) / k for k in range(1, 12))
    return total[:, None]


@pytest.fixture(scope="module")
def heard(tmp_path_factory, farm):
    """A song whose mix has its tracks at TRUE through the console, and their spaces."""
    folder = tmp_path_factory.mktemp("song")
    tracks = tiny_song.tracks(SECONDS) | {"keys": plucks()}
    stems = tiny_song.write_tracks(folder / "stems", tracks)
    dry, chain = session_from_folder(stems), read_chain("console")
    spaces = tuple(ParameterSpace(chain.of_track(track.name)) for track in dry.tracks)
    rng = np.random.default_rng(5)
    tracks = [s.to_track(t, rng.uniform(0.1, 0.9, s.size)) for s, t in zip(spaces, dry.tracks)]
    places = [{"start_samples": late, "is_inverted": sign < 0} for late, sign in TRUE]
    tracks = [track.model_copy(update=place) for track, place in zip(tracks, places)]
    mix = render_session(dry.with_tracks(tracks), stems, farm).mix
    write_audio(folder / "mix.wav", mix)
    return read_song(stems, folder / "mix.wav"), spaces


@pytest.mark.parametrize(
    "taken_for",
    [
        [TrackShift(0, 1), TrackShift(703, -1), TrackShift(-430, 1)],
        [TrackShift(90, -1), TrackShift(640, 1), TrackShift(-300, -1)],
    ],
)
def test_tracks_lie_where_the_chain_explains_most(heard, farm, taken_for):
    song, spaces = heard
    song = song.with_shifts(dict(enumerate(taken_for)))
    before = farm.rendered_strips
    settled, problem = align_tracks(song, song.to_problem(spaces, farm), ENOUGH, 1, Progress())
    assert farm.rendered_strips - before <= ENOUGH / SHARE
    assert settled.shifts == TRUE
    assert problem.session is settled.session
    assert settled.notes[-3:] == (
        f"track {settled.session.tracks[1].name!r}: 700 samples late in the mix; moved",
        f"track {settled.session.tracks[1].name!r}: inverted in the mix; inverted",
        f"track {settled.session.tracks[2].name!r}: 431 samples early in the mix; moved",
    )


def test_what_was_not_moved_or_cannot_be_told_stays(heard, farm):
    song, spaces = heard
    before = farm.rendered_strips
    still = song.with_shifts(dict.fromkeys(range(3), TrackShift(0, 1)))
    problem = still.to_problem(spaces, farm)
    assert align_tracks(still, problem, 10 * ENOUGH, 1, Progress()) == (still, problem)
    moved = song.with_shifts({1: TrackShift(703, -1)})
    problem = moved.to_problem(spaces, farm)
    assert align_tracks(moved, problem, TOO_LITTLE - 1, 1, Progress()) == (moved, problem)
    fixed = tuple(ParameterSpace(Chain(devices=()).of_track(track.name)) for track in moved.session.tracks)
    problem = moved.to_problem(fixed, farm)
    assert align_tracks(moved, problem, ENOUGH, 1, Progress()) == (moved, problem), "nothing is free"
    assert farm.rendered_strips == before


def test_what_a_search_shifted_is_moved_with_its_song(heard, farm):
    song, spaces = heard
    song = song.with_shifts(dict(enumerate([TrackShift(0, 1), TrackShift(703, -1), TrackShift(-430, 1)])))
    problem = song.to_problem(spaces, farm)
    there, its_problem = apply_delays(song, problem, {1: -3, 2: -1, 0: 0})
    assert there.shifts == TRUE and its_problem.session is there.session
    assert there.audio[0] is song.audio[0], "no shift, no reading"
    assert apply_delays(song, problem, {0: 0}) == (song, problem)


def test_a_move_reads_the_track_anew(heard):
    song, _ = heard
    there = song.with_shifts({1: TrackShift(RATE, -1)})
    assert there.shifts[1] == TrackShift(RATE, -1) and there.audio[0] is song.audio[0]
    back = there.with_shifts({1: song.shifts[1]})
    assert back.session == song.session
    assert np.array_equal(back.audio[1].samples, song.audio[1].samples), "its end was not cut off"
    kept = Audio(-song.audio[1].samples, RATE)
    there = song.with_shifts({1: TrackShift(song.shifts[1][0], -song.shifts[1][1])})
    assert np.array_equal(there.audio[1].samples, kept.samples)
    assert replace(there, session=song.session, audio=song.audio) == song
