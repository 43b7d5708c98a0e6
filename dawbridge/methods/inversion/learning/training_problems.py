"""Windows of many songs for training, and the problems made of them: hidden mixes of known or unknown
parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawbridge.audio import Audio, read_audio
from dawbridge.datasets.folder import SongFolder, find_songs
from dawbridge.datasets.windows import Window, activity, choose_windows
from dawbridge.errors import InputError
from dawbridge.methods.inversion.learning.train_config import WindowsConfig
from dawbridge.render import Farm
from dawbridge.search.problem import Candidate, Problem
from dawbridge.session.chain import Chain
from dawbridge.session.model import Session, Track
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.units import db_to_gain

FEWEST_TRACKS = 2


@dataclass(frozen=True)
class TrainingWindow:
    """One window of a song: the tracks heard in it, each [C, lead + n], and the song's own mix [2, n] if it
    has one."""

    song: str
    sample_rate: int
    lead_samples: int
    names: tuple[str, ...]
    dry: tuple[np.ndarray, ...]
    mix: np.ndarray | None

    @property
    def length_samples(self) -> int:
        return self.dry[0].shape[1] - self.lead_samples


def all_songs(config: WindowsConfig, say: Callable[[str], None]) -> list[SongFolder]:
    """The songs of all folders; `say` is told of those that are not whole. Raises InputError for two of one name."""
    songs = [song for folder in config.songs for song in find_songs(Path(folder), say)]
    names = [song.name for song in songs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"songs: two are named {twice[0]!r}; rename one's folder")
    return songs


def song_windows(song: SongFolder, config: WindowsConfig) -> list[TrainingWindow]:
    """The song's windows. Raises InputError for audio that cannot be used."""
    if not song.stems:
        return []
    mix = read_audio(song.mix) if song.mix else None
    rate = mix.sample_rate if mix else read_audio(song.stems[0]).sample_rate
    tracks = [read_audio(path, rate) for path in song.stems]
    length = mix.length_samples if mix else max(track.length_samples for track in tracks)
    tracks = [track.placed(0, length) for track in tracks]
    active = np.stack([activity(track.samples, rate) for track in tracks])
    windows, heard = choose_windows(active, length, rate, config.window_s, config.lead_s, config.windows_per_song)
    return [_cut(song, tracks, mix, window, heard[:, w]) for w, window in enumerate(windows) if heard[:, w].any()]


def _cut(song: SongFolder, tracks: list[Audio], mix: Audio | None, window: Window, heard) -> TrainingWindow:
    first, last = window.start_samples - window.lead_samples, window.start_samples + window.length_samples
    chosen = [k for k in range(len(tracks)) if heard[k]]
    return TrainingWindow(
        song=song.name,
        sample_rate=tracks[0].sample_rate,
        lead_samples=window.lead_samples,
        names=tuple(song.track_names[k] for k in chosen),
        dry=tuple(tracks[k].samples[:, first:last].copy() for k in chosen),
        mix=mix.stereo().samples[:, window.start_samples : last].copy() if mix else None,
    )


def pose_window(window: TrainingWindow, chain: Chain, config: WindowsConfig, farm: Farm, rng) -> Problem:
    """The window as a problem. Without a mix of its own it gets a hidden one, of parameters drawn anew."""
    places, dry = list(range(len(window.dry))), list(window.dry)
    if window.mix is None:
        if rng.random() >= config.whole_songs_0to1 and len(places) > FEWEST_TRACKS:
            places = sorted(rng.permutation(len(places))[: rng.integers(FEWEST_TRACKS, len(places))].tolist())
        jitter_db = rng.uniform(-config.level_jitter_db, config.level_jitter_db, len(dry))
        dry = [samples * np.float32(db_to_gain(gain_db)) for samples, gain_db in zip(dry, jitter_db)]
    problem = _problem(window, [(window.names[k], dry[k]) for k in places], chain, farm)
    if window.mix is None:
        hidden = [Candidate(k, 0, rng.random(space.size)) for k, space in enumerate(problem.spaces)]
        problem.target[0] += sum(problem.render(hidden))
    return problem


def _problem(window: TrainingWindow, tracks, chain: Chain, farm: Farm) -> Problem:
    rate, length = window.sample_rate, window.length_samples
    rows = tuple(Track(name=name, audio=name, channels=dry.shape[0]) for name, dry in tracks)
    session = Session(name=window.song, sample_rate=rate, length_samples=length, tracks=rows)
    spaces = tuple(ParameterSpace(chain.of_track(track.name)) for track in rows)
    target = np.zeros((2, length), dtype=np.float32) if window.mix is None else window.mix
    heard = np.ones((len(rows), 1), dtype=bool)
    dry = {(k, 0): samples for k, (_, samples) in enumerate(tracks)}
    return Problem(session, spaces, (Window(0, length, window.lead_samples),), heard, [target], dry, farm)


def no_stems(config: WindowsConfig) -> InputError:
    """What to say where there is nothing to train on."""
    return InputError(f"{', '.join(config.songs)}: no stems that sound; give songs as folders of raw tracks")


def check_chain_for_training(chain: Chain) -> None:
    """InputError where the chain gives named tracks chains of their own, or leaves nothing free: nothing
    general."""
    if chain.tracks:
        raise InputError(f"chain {chain.name!r}: tracks with chains of their own; train on a chain for all tracks")
    if not ParameterSpace(chain.of_track("")).size:
        raise InputError(f"chain {chain.name!r}: nothing is free; give a device's parameter a free range")
