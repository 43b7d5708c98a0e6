"""Windows of many songs for training, and the problems made of them: mixes of hidden parameters, or the songs' own."""

from collections.abc import Mapping

import numpy as np

from dawbridge.datasets import SongFolder
from dawbridge.datasets.song_windows import SongWindow, cut_windows
from dawbridge.datasets.windows import AnalysisWindow
from dawbridge.errors import InputError
from dawbridge.methods.inversion.learning.train_config import RenderedWindowsConfig
from dawbridge.render import Farm
from dawbridge.search.problem import Candidate, Problem
from dawbridge.session.chain import Chain
from dawbridge.session.model import Session, Track
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.units import db_to_gain

FEWEST_TRACKS = 2


def song_windows(song: SongFolder, config: RenderedWindowsConfig) -> list[SongWindow]:
    """The song's windows, their audio not yet read. Raises InputError for audio that cannot be used."""
    return cut_windows(song, config.windows_per_song, config.window_s, config.lead_s)


def pose_window(
    window: SongWindow, chain: Chain, config: RenderedWindowsConfig, farm: Farm, rng: np.random.Generator
) -> Problem:
    """The window as a problem. A song without a mix of its own gets a hidden one, of parameters drawn anew."""
    audio = window.read()
    indices, dry = list(range(len(audio.tracks))), list(audio.tracks)
    if audio.mix is None:
        if rng.random() >= config.whole_songs_0to1 and len(indices) > FEWEST_TRACKS:
            indices = sorted(rng.permutation(len(indices))[: rng.integers(FEWEST_TRACKS, len(indices))].tolist())
        jitter_db = rng.uniform(-config.level_jitter_db, config.level_jitter_db, len(dry))
        dry = [samples * np.float32(db_to_gain(gain_db)) for samples, gain_db in zip(dry, jitter_db)]
    tracks = {window.track_names[index]: dry[index] for index in indices}
    problem = _problem(window, tracks, audio.mix, chain, farm)
    if audio.mix is not None:
        return problem
    hidden = [Candidate(k, 0, rng.random(space.size)) for k, space in enumerate(problem.spaces)]
    mix = sum(problem.render(hidden), start=np.zeros_like(problem.target[0]))
    return _problem(window, tracks, mix, chain, farm)


def _problem(
    window: SongWindow, tracks: Mapping[str, np.ndarray], mix: np.ndarray | None, chain: Chain, farm: Farm
) -> Problem:
    """tracks: name → dry samples [C, lead + n]; mix: [2, n], or None where it is not made yet."""
    rate, length, lead = window.sample_rate, window.window.length_samples, window.window.lead_samples
    rows = tuple(Track(name=name, audio=name, channels=dry.shape[0]) for name, dry in tracks.items())
    session = Session(name=window.song.name, sample_rate=rate, length_samples=length, tracks=rows)
    spaces = tuple(ParameterSpace(chain.of_track(track.name)) for track in rows)
    target = np.zeros((2, length), dtype=np.float32) if mix is None else mix
    heard = np.ones((len(rows), 1), dtype=bool)
    dry = {(k, 0): samples for k, samples in enumerate(tracks.values())}
    return Problem(session, spaces, (AnalysisWindow(0, length, lead),), heard, [target], dry, farm)


def no_stems(config: RenderedWindowsConfig) -> InputError:
    """What to say where there is nothing to train on."""
    return InputError(f"{', '.join(config.songs)}: no stems that sound; give songs as folders of raw tracks")


def check_chain_for_training(chain: Chain) -> None:
    """InputError where the chain gives named tracks chains of their own, or leaves nothing free: nothing
    general."""
    if chain.tracks:
        raise InputError(f"chain {chain.name!r}: tracks with chains of their own; train on a chain for all tracks")
    if not ParameterSpace(chain.of_track("")).size:
        raise InputError(f"chain {chain.name!r}: nothing is free; give a device's parameter a free range")
