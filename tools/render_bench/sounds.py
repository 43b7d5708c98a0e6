"""Audio to render: stems of the demo songs, tiled to any length.

It is music, and dithered to 16 bits, so that no track is ever digitally silent: over silence filters ring out into
denormal numbers, which dawbridge flushes and a bare engine does not. That would be a race against a stumbling engine.
"""

from pathlib import Path

import numpy as np

from dawbridge.audio import Audio, AudioFormat, read_audio, write_audio
from dawbridge.datasets.midi_song import make_song

RATE = 44100
DITHERED = AudioFormat("wav", 16)
STEMS_A_SONG = 7


def write_sounds(folder: Path, count: int, length_samples: int) -> list[str]:
    """Names in `folder` of `count` stereo files, each a stem of its own; the same every time."""
    stems = [stem for seed in range(1, 2 + (count - 1) // STEMS_A_SONG) for stem in _stems(folder, seed)]
    names = [f"sound{number}.wav" for number in range(count)]
    for number, (name, stem) in enumerate(zip(names, stems)):
        audio = read_audio(stem).stereo()
        times = -(-length_samples // audio.length_samples)
        tiled = np.tile(audio.samples, times)[:, :length_samples]
        write_audio(folder / name, Audio(tiled, audio.sample_rate), DITHERED, dither_seed=number)
    return names


def _stems(folder: Path, seed: int) -> list[Path]:
    return sorted(make_song(folder / f"song{seed}", seed).glob("*.wav"))
