"""A song of three short tracks made of numbers, and its mix through a chain with known settings."""

from pathlib import Path

import numpy as np
import soundfile

from dawbridge.render import Farm, render_session
from dawbridge.session import Session
from dawbridge.session.chain import read_chain
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.session.stem_folder import session_from_folder

RATE = 22050
SECONDS = 2.0


def tracks(seconds: float = SECONDS, rate: int = RATE, seed: int = 1) -> dict[str, np.ndarray]:
    """Name → [n, channels]: a drum's decays, a tone with vibrato, and bursts of noise in stereo."""
    rng, time_s = np.random.default_rng(seed), np.arange(round(seconds * rate)) / rate
    beat = np.mod(time_s, 0.5)
    drum = np.exp(-12 * beat) * np.sin(2 * np.pi * (50 + 60 * np.exp(-30 * beat)) * beat)
    keys = 0.3 * sum(np.sin(2 * np.pi * 220 * k * time_s + np.sin(5 * time_s)) / k for k in range(1, 6))
    gate = (np.mod(time_s, 1.0) < 0.4) * np.exp(-4 * np.mod(time_s, 1.0))
    noise = 0.4 * gate[:, None] * rng.normal(0, 0.4, (len(time_s), 2))
    return {"drum": 0.6 * drum[:, None], "keys": 0.4 * keys[:, None], "noise": noise}


def write_tracks(folder: Path, made: dict[str, np.ndarray], rate: int = RATE, subtype: str = "FLOAT") -> Path:
    """A WAV per track in the new folder."""
    folder.mkdir(parents=True)
    for name, samples in made.items():
        soundfile.write(folder / f"{name}.wav", samples, rate, subtype=subtype)
    return folder


def mixed(folder: Path, chain: str = "console", seed: int = 3) -> tuple[Session, np.ndarray]:
    """The folder's tracks through `chain` at settings near its middle: the session, and the mix [n, 2]."""
    session, the_chain = session_from_folder(folder), read_chain(chain)
    rng = np.random.default_rng(seed)
    settings = []
    for track in session.tracks:
        space = ParameterSpace(the_chain.of_track(track.name))
        settings.append(space.to_track(track, rng.uniform(0.35, 0.65, space.size)))
    session = session.with_tracks(settings)
    with Farm(1) as farm:
        return session, render_session(session, folder, farm).mix.samples.T
