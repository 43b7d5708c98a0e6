"""Notes for instruments, and what our own render makes of them."""

import numpy as np

from dawbridge.render.farm.farm import Farm
from dawbridge.render.farm.job import StripJob
from dawbridge.render.graph.midi import on_samples
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.render.graph.sources import Notes
from dawbridge.session import Device

Note = tuple[int, int, float, float]  # pitch, velocity, start_s, length_s


def draw_notes(seed: int, count: int, longest_s: float, within_s: float = 1.5) -> list[Note]:
    """Notes at random, in order of their start; many at once take voices from each other."""
    rng = np.random.default_rng(seed)
    rows = [
        (int(rng.integers(30, 90)), int(rng.integers(1, 128)), rng.uniform(0, within_s), rng.uniform(0.005, longest_s))
        for _ in range(count)
    ]
    return sorted(rows, key=lambda row: (row[2], row[0]))


def midi_of(notes: list[Note], sample_rate: int, length: int) -> list[tuple[int, bytes]]:
    """(sample, message) of each note's begin and end; what ends comes before what begins."""
    rows = []
    for pitch, velocity, start_s, length_s in on_samples(notes, sample_rate, 0, length):
        rows.append((int(start_s * sample_rate), 1, bytes((0x90, pitch, velocity))))
        rows.append((int((start_s + length_s) * sample_rate), 0, bytes((0x80, pitch, 0))))
    return [(at, message) for at, _, message in sorted(rows, key=lambda row: row[:2])]


def play_ours(name: str, plays: list[tuple[list[Note], dict[str, float], int]], length_s: float) -> list[np.ndarray]:
    """Each (notes, values, sample rate) as our own render has it: [2, n]."""
    jobs = []
    for notes, values, rate in plays:
        length = round(length_s * rate)
        source = Notes(length, on_samples(notes, rate, 0, length))
        jobs.append(StripJob(source, "", rate, (resolve_device(Device(device=name, values=values), "test"),)))
    with Farm(1) as farm:
        return [result.samples for result in farm.render(jobs)]
