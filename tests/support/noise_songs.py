"""Songs of noisy tracks that swell, and a chain with a gain and a pan: what trainings learn from in tests."""

from pathlib import Path

import numpy as np

from dawbridge.audio import Audio, write_audio

RATE = 22_050
CHAIN = {
    "devices": [
        {"device": "gain", "free": {"gain_db": [-12, 12]}},
        {"device": "pan", "free": {"pan_lr": [-1, 1]}},
    ]
}


def write_noise_songs(folder: Path, songs: dict[str, int]) -> np.random.Generator:
    """Write a folder of mono and stereo stems for each song's number of tracks, of 4 s each.

    Returns the generator that made the noise, for more of it.
    """
    rng = np.random.default_rng(0)
    for song, tracks in songs.items():
        for track in range(tracks):
            swell = 0.2 * np.abs(np.sin(np.arange(4 * RATE) * (track + 1) / RATE))
            samples = rng.normal(0, 0.3, (1 + track % 2, 4 * RATE)) * swell
            write_audio(folder / song / f"{track}.wav", Audio(samples, RATE))
    return rng
