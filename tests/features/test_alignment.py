"""Where the tracks start on the mix's timeline, found in mixes with effects on every track."""

import numpy as np
import pytest

import tiny_song
from dawbridge.audio import read_audio
from dawbridge.features.alignment import TrackShift, common_offset, find_offset, find_track_shifts
from dawbridge.render import Farm, render_session
from dawbridge.session.chain import read_chain
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.session.stem_folder import session_from_folder
from tiny_song import RATE

OFFSETS = (0, 5, -5, 64, 1105, -1105, 30000, -30000)
SEEDS = (0, 1)


def console_mix(folder, seed, names=None, seconds=None):
    """The tracks' plain sum [n] and their mix [n] through the console chain at settings from all of its range."""
    session, chain = session_from_folder(folder), read_chain("console")
    rng = np.random.default_rng(seed)
    tracks = [track for track in session.tracks if names is None or track.name in names]
    spaces = [ParameterSpace(chain.of_track(track.name)) for track in tracks]
    session = session.with_tracks(s.to_track(t, rng.random(s.size)) for s, t in zip(spaces, tracks))
    if seconds is not None:
        session = session.model_copy(update={"length_samples": round(seconds * session.sample_rate)})
    with Farm(1) as farm:
        mix = render_session(session, folder, farm).mix.samples.mean(axis=0)
    dry = [read_audio(folder / t.audio, session.sample_rate).placed(0, session.length_samples) for t in tracks]
    return sum(audio.samples.mean(axis=0) for audio in dry), mix


def shifted(mix, offset):
    """The mix on a timeline on which the tracks start at `offset`."""
    return np.pad(mix, (offset, 0)) if offset > 0 else mix[-offset:]


@pytest.fixture(scope="module", params=SEEDS)
def mixes(request, tmp_path_factory):
    folder = tiny_song.write_tracks(tmp_path_factory.mktemp("song") / "stems", tiny_song.tracks(4.0))
    return console_mix(folder, request.param)


@pytest.mark.parametrize("offset", OFFSETS)
def test_offsets_are_found_to_the_sample(offset, mixes):
    tracks_sum, mix = mixes
    assert find_offset(tracks_sum, shifted(mix, offset), RATE) == offset


@pytest.mark.parametrize("offset", [0, 4000, -4000])
def test_a_mix_cut_at_both_ends(offset, mixes):
    tracks_sum, mix = mixes
    assert find_offset(tracks_sum, shifted(mix, offset)[:50000], RATE) == offset


def test_a_mix_far_longer_than_the_tracks(mixes):
    tracks_sum, mix = mixes
    assert find_offset(tracks_sum, np.pad(mix, (40000, 300000)), RATE) == 40000


@pytest.fixture(scope="module", params=SEEDS)
def loop(request, tmp_path_factory):
    """Eight bars, each exactly like the other."""
    bar = tiny_song.tracks(0.5)
    bars = {name: np.tile(samples, (8, 1)) for name, samples in bar.items()}
    folder = tiny_song.write_tracks(tmp_path_factory.mktemp("loop") / "stems", bars)
    return console_mix(folder, request.param)


@pytest.mark.parametrize("bars", [0, 1, 3, 0.3])
def test_equal_bars_fool_nobody(bars, loop):
    tracks_sum, mix = loop
    offset = round(bars * RATE / 2)
    assert find_offset(tracks_sum, shifted(mix, offset), RATE) == offset


def test_where_two_places_fit_alike_the_tracks_start_with_the_mix():
    """Two bars of a mix that could be any two of the eight."""
    bar = tiny_song.tracks(0.5)["noise"].mean(axis=1)
    assert find_offset(np.tile(bar, 8), np.tile(bar, 2), RATE) == 0


def test_silence_and_strangers_give_no_offset():
    rng = np.random.default_rng(0)
    noise, other = rng.normal(0, 0.1, (2, 20000))
    assert find_offset(noise, other, RATE) == 0
    assert find_offset(np.zeros(1000), noise, RATE) == 0
    assert find_offset(noise, np.zeros(1000), RATE) == 0


@pytest.mark.parametrize("lengths", [(1, 1), (1, 1000), (1000, 1), (7, 3)])
def test_next_to_no_samples(lengths):
    assert find_offset(np.ones(lengths[0]), np.ones(lengths[1]), RATE) in range(-lengths[0], lengths[1])


@pytest.mark.parametrize("scale", [1e-5, 1.0, 1e5])
def test_levels_do_not_matter(scale):
    noise = np.random.default_rng(0).normal(0, 0.1, 20000)
    assert find_offset(noise, scale * np.pad(noise, (123, 0)), RATE) == 123
    assert find_offset(scale * noise, -np.pad(noise, (123, 0)), RATE) == 123


@pytest.mark.parametrize("song", ["francium", "lithium", "caesium"])
def test_real_songs(song, shared_data):
    folder = shared_data / "excerpts" / song
    names = {path.stem for path in folder.glob("*.flac")} - {"real_master"}
    tracks_sum, mix = console_mix(folder, 1, names, seconds=10)
    for offset in (0, 12, -12, 1105, 44100, -88200):
        assert abs(find_offset(tracks_sum, shifted(mix, offset), 44100) - offset) <= 1


def noises(count: int, seed: int = 4) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(2 * RATE).astype(np.float32) * 0.1 / (place + 1) for place in range(count)]


def late_mix(tracks, places) -> np.ndarray:
    """The tracks moved and inverted, filtered a little, hard left and right by turns."""
    mix = np.zeros((2, len(tracks[0])), np.float32)
    for place, (track, (late, sign)) in enumerate(zip(tracks, places)):
        moved = np.roll(track, late)
        mix[place % 2] += sign * (moved + 0.4 * np.roll(moved, 1))
    return mix


def test_single_tracks_that_are_late_early_or_inverted_are_found():
    tracks, places = noises(4), [(700, 1), (0, -1), (-333, -1), (0, 1)]
    assert find_track_shifts(tracks, late_mix(tracks, places), RATE) == places


def test_a_track_that_is_not_in_the_mix_stays_where_it_is():
    tracks = noises(3)
    mix = late_mix(tracks[:2], [(500, 1), (0, 1)])
    silent = np.zeros_like(tracks[0])
    assert find_track_shifts([*tracks, silent], mix, RATE) == [(500, 1), (0, 1), None, None]


def test_a_bass_whose_phase_is_turned_is_not_late():
    """By sixty degrees at all frequencies: its waveform's likeness is greater at another place than at its own."""
    tracks = noises(3)
    spectrum, hertz = np.fft.rfft(tracks[0]), np.fft.rfftfreq(len(tracks[0]), 1 / RATE)
    spectrum[(hertz < 70) | (hertz > 110)] = 0
    bass, turned = (np.fft.irfft(each, len(tracks[0])) for each in (spectrum, spectrum * np.exp(-1j * np.pi / 3)))
    tracks[0] = bass.astype(np.float32)
    mix = late_mix(tracks, [(0, 1), (0, 1), (0, 1)])
    mix[0] += 1.4 * (turned - bass)
    assert find_track_shifts(tracks, mix, RATE) == [(0, 1)] * 3
    late = late_mix(tracks, [(700, 1), (0, 1), (0, 1)])
    (found, sign), *others = find_track_shifts(tracks, late, RATE)
    assert abs(found - 700) <= 2 and sign == 1 and others == [(0, 1), (0, 1)]


@pytest.mark.parametrize("length", [1, 2, 100])
def test_a_moment_of_sound_tells_no_place(length):
    tracks = [track[:length] for track in noises(2)]
    assert find_track_shifts(tracks, np.ones((2, length), np.float32), RATE) == [None, None]


@pytest.mark.parametrize(
    ("offset", "found", "start", "places"),
    [
        (573, [(0, 1), (-573, 1), (-575, -1)], 0, [(573, 1), (0, 1), (0, -1)]),  # the loudest is late by itself
        (573, [(0, 1), (0, 1), (-400, -1), None], 573, [(0, 1), (0, 1), (-400, -1), (0, 1)]),  # most start there
        (300, [(0, 1), (200, 1), (-100, 1), None], 0, [(300, 1), (500, 1), (200, 1), (0, 1)]),  # each at its own time
        (30000, [(0, 1), (200, 1), (-100, 1)], 30000, [(0, 1), (200, 1), (-100, 1)]),  # the mix begins earlier
        (300, [None, None], 300, [(0, 1), (0, 1)]),
        (0, [(0, 1), (500, -1)], 0, [(0, 1), (500, -1)]),
    ],
)
def test_tracks_start_where_most_of_them_do(offset, found, start, places):
    found = [None if shift is None else TrackShift(*shift) for shift in found]
    assert common_offset(offset, found, RATE) == (start, places)
