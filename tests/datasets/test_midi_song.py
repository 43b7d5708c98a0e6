"""The song of our own: its notes obey its key, its audio obeys its notes."""

import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest

from dawbridge.audio import Audio, read_audio
from dawbridge.datasets.midi_song import compose, make_song, play
from dawbridge.datasets.midi_song.harmony import SCALES
from dawbridge.datasets.midi_song.notes import Note, TimedNote, midi_from, timed_notes
from dawbridge.datasets.midi_song.score import TRACKS
from dawbridge.errors import InputError

SEED = 1
SEEDS = range(12)
DRUM_NOTES = {"kick": {36}, "snare": {38, 39}, "hats": {42, 46}}
RANGES = {"bass": (33, 56), "pad": (55, 66), "pluck": (60, 83), "lead": (67, 86)}
MONO = {"kick", "bass", "lead"}
FRAME_S = 0.1
RATE = 44100


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    """The folder of the song of SEED."""
    folder = tmp_path_factory.mktemp("song")
    make_song(folder, SEED)
    return folder


@pytest.fixture(scope="module")
def stems(song) -> dict[str, Audio]:
    return {name: read_audio(song / "stems" / f"{name}.wav") for name in TRACKS}


def level_db(samples: np.ndarray) -> float:
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20)


# The score


@pytest.mark.parametrize("seed", SEEDS)
def test_notes_lie_in_range_and_in_the_key(seed):
    midi = compose(seed)
    name = midi.tracks[0][0].key
    tonic = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9}[name[0]]
    scale = {(tonic + step) % 12 for step in SCALES["minor" if name.endswith("m") else "major"]}
    tracks = timed_notes(midi)
    assert list(tracks) == list(TRACKS)
    for track, notes in tracks.items():
        used = {note.pitch for note in notes}
        assert all(25 <= note.velocity <= 118 and note.length_s > 0.05 for note in notes)
        if track in DRUM_NOTES:
            assert used <= DRUM_NOTES[track]
        else:
            assert RANGES[track][0] <= min(used) and max(used) <= RANGES[track][1]
            assert {pitch % 12 for pitch in used} <= scale, f"{track} leaves {name}"


def test_velocities_are_human_and_tracks_have_pauses():
    tracks = timed_notes(compose(SEED))
    assert all(len({note.velocity for note in notes}) > 4 for notes in tracks.values())
    assert tracks["lead"][0].start_s > 5
    kick = [note.start_s for note in tracks["kick"]]
    assert np.diff(kick).max() > 2


@pytest.mark.parametrize(("bars", "bpm"), [(8, 108), (9, 90), (16, 174)])
def test_the_length_follows_bars_and_tempo(bars, bpm):
    midi = compose(SEED, bars, bpm)
    assert midi.length == pytest.approx((4 * bars + 2) * 60 / bpm, rel=1e-5)
    assert set(timed_notes(midi)) == set(TRACKS)


@pytest.mark.parametrize(("bars", "bpm"), [(7, 108), (8, 20)])
def test_a_song_that_cannot_be_is_refused(bars, bpm):
    with pytest.raises(InputError, match="8 bars or more"):
        compose(SEED, bars, bpm)


def test_the_file_reads_back_equal(song):
    midi, again = compose(SEED), mido.MidiFile(song / "song.mid")
    assert again.tracks == midi.tracks
    assert (again.type, again.ticks_per_beat) == (midi.type, midi.ticks_per_beat)
    assert timed_notes(again) == timed_notes(midi)


def test_seeds_make_different_songs():
    assert compose(3).tracks == compose(3).tracks
    assert len({str(compose(seed).tracks) for seed in SEEDS}) == len(SEEDS)


def test_seconds_follow_a_change_of_tempo():
    midi = midi_from({"kick": [Note(36, 100, beat, 1.0) for beat in (0.0, 2.0, 3.0)]}, {"kick"}, 60, 4)
    midi.tracks[0].insert(2, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(120), time=960))
    midi.tracks[0][3].time -= 960
    assert timed_notes(midi)["kick"] == [
        TimedNote(36, 100, 0, 1),
        TimedNote(36, 100, 2, 0.5),
        TimedNote(36, 100, 2.5, 0.5),
    ]


# The audio


def test_stems_are_what_a_mixer_expects(song, stems):
    assert {path.name for path in (song / "stems").iterdir()} == {f"{name}.wav" for name in TRACKS}
    (length,) = {audio.length_samples for audio in stems.values()}
    assert length == pytest.approx((mido.MidiFile(song / "song.mid").length + 1.5) * RATE, abs=2)
    assert 18 * RATE < length < 23 * RATE
    for name, audio in stems.items():
        assert audio.channels == (1 if name in MONO else 2) and audio.sample_rate == RATE, name
        assert np.isfinite(audio.samples).all() and audio.peak < 0.9, name
        assert np.abs(audio.samples.mean(axis=1)).max() < 1e-3, f"{name} has DC"
        assert audio.channels == 1 or level_db(np.diff(audio.samples, axis=0)) > -60, f"{name} is not stereo"


def active_level_db(audio: Audio) -> float:
    """RMS over the frames that are not silent."""
    frame = round(FRAME_S * audio.sample_rate)
    whole = audio.length_samples // frame * frame
    powers = np.square(audio.samples[:, :whole]).reshape(audio.channels, -1, frame).mean(axis=(0, 2))
    return 10 * np.log10(powers[powers > 1e-5].mean())


@pytest.mark.parametrize("seed", [SEED, 5])
def test_levels(seed, song, stems, tmp_path):
    if seed != SEED:
        stems = {path.stem: read_audio(path) for path in make_song(tmp_path, seed).iterdir()}
    for name, audio in stems.items():
        assert -30 < active_level_db(audio) < -14 and audio.peak < 0.9, name


def test_each_track_sounds_where_it_has_notes_and_is_silent_where_it_pauses(stems):
    for name, notes in timed_notes(compose(SEED)).items():
        samples = stems[name].samples
        for note in notes:
            start = round(note.start_s * RATE)
            assert level_db(samples[:, start : start + 4410]) > -45, (name, note)
    first = timed_notes(compose(SEED))["lead"][0].start_s
    assert level_db(stems["lead"].samples[:, : round(first * RATE) - 2]) < -180


def test_a_released_note_dies_away_without_a_click(stems):
    """The last notes end long before the file does: no jump between samples, and then silence."""
    for name in ("bass", "lead"):
        samples = stems[name].samples[0]
        ending = samples[-round(1.6 * RATE) :]
        last = samples[-round(2.2 * RATE) : -round(1.6 * RATE)]
        assert np.abs(np.diff(ending)).max() <= 1.05 * np.abs(np.diff(last)).max(), name
    assert all(level_db(audio.samples[:, -2000:]) < -60 for audio in stems.values())


@pytest.fixture(scope="module")
def solo(tmp_path_factory):
    """(track, pitch) → one note of 1.5 s played alone, [channels, n]."""

    def perform(track: str, pitches: tuple[int, ...]) -> dict[int, np.ndarray]:
        folder = tmp_path_factory.mktemp("solo")
        notes = [Note(pitch, 90, 3.0 * place, 1.5) for place, pitch in enumerate(pitches)]
        path = play(midi_from({track: notes}, set(), 60, 3.0 * len(pitches)), folder)[track]
        samples = read_audio(path).samples
        return {pitch: samples[:, 3 * place * RATE :][:, : 3 * RATE] for place, pitch in enumerate(pitches)}

    return perform


def pitch_hz(samples: np.ndarray) -> float:
    """The first strong peak of the autocorrelation, refined by a parabola."""
    size = 2 ** int(np.ceil(np.log2(2 * len(samples))))
    power = np.abs(np.fft.rfft(samples, size)) ** 2
    correlation = np.fft.irfft(power)[: len(samples) // 2] / (len(samples) - np.arange(len(samples) // 2))
    lags = np.arange(RATE // 1500, RATE // 40)
    inner = correlation[lags]
    is_peak = (inner >= correlation[lags - 1]) & (inner >= correlation[lags + 1])
    is_peak &= inner > 0.9 * inner.max()
    lag = lags[is_peak][0]
    before, at, after = correlation[lag - 1 : lag + 2]
    return RATE / (lag + 0.5 * (before - after) / (before - 2 * at + after))


@pytest.mark.parametrize("track", RANGES)
def test_pitches_are_those_of_the_notes(track, solo):
    low, high = RANGES[track]
    for pitch, samples in solo(track, (low, (low + high) // 2, high)).items():
        wanted = 440 * 2 ** ((pitch - 69) / 12)
        found = pitch_hz(samples[0, round(0.3 * RATE) : round(1.3 * RATE)])
        assert abs(1200 * np.log2(found / wanted)) < 12, (track, pitch, found, wanted)


def spectral_centre_hz(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    return float((np.fft.rfftfreq(len(samples), 1 / RATE) * power).sum() / power.sum())


def test_drums_sound_as_drums(solo):
    kick = solo("kick", (36,))[36][0]
    start, body = (spectral_centre_hz(kick[first : first + 2000]) for first in (0, 8000))
    assert start > 1.5 * body and 40 < body < 70
    snare = solo("snare", (38, 39))
    snare_hz, clap_hz = (spectral_centre_hz(samples[0, :4000]) for samples in snare.values())
    assert 150 < snare_hz < 8000 and 800 < clap_hz < 6000
    closed, opened = solo("hats", (42, 46)).values()
    assert spectral_centre_hz(closed[0, :4000]) > 6000
    late = slice(round(0.15 * RATE), round(0.3 * RATE))
    assert level_db(opened[:, late]) > level_db(closed[:, late]) + 15


# Playing


def test_same_seed_same_samples_and_another_seed_others(song, stems, tmp_path):
    again = play(song / "song.mid", tmp_path / "again")
    for name, path in again.items():
        assert np.array_equal(read_audio(path).samples, stems[name].samples), name
    other = play(compose(SEED + 1, bars=8, bpm=240), tmp_path / "other")
    for name, path in other.items():
        assert not np.array_equal(read_audio(path).samples, stems[name].samples), name


def test_another_sample_rate_plays_the_same_song(song, stems, tmp_path):
    for name, path in play(song / "song.mid", tmp_path, sample_rate=48000).items():
        audio = read_audio(path)
        assert audio.length_s == pytest.approx(stems[name].length_s, abs=1e-4)
        assert level_db(audio.samples) == pytest.approx(level_db(stems[name].samples), abs=0.7), name


def test_the_caller_never_loads_dawdreamer():
    code = "import sys, dawbridge.datasets.midi_song; print({'dawdreamer', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_cannot_be_played_is_refused(tmp_path):
    (tmp_path / "no.mid").write_bytes(b"MThd no midi at all")
    with pytest.raises(InputError, match="no.mid"):
        play(tmp_path / "no.mid", tmp_path / "stems")
    with pytest.raises(InputError, match="no notes"):
        play(midi_from({}, set(), 100, 4), tmp_path / "stems")
    with pytest.raises(InputError, match="nobody plays track 'tuba'"):
        play(midi_from({"tuba": [Note(36, 100, 0, 1)]}, set(), 100, 4), tmp_path / "stems")
    assert not (tmp_path / "stems").exists()
