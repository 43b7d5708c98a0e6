"""A difference octave by octave: how large it is in each, beside what should be there, and where most of it lies."""

import math
from dataclasses import dataclass

import numpy as np

from dawbridge.audio import Audio

CENTRES_HZ = tuple(1000.0 * 2.0**octave for octave in range(-5, 5))
FRAME = 16384
SILENT_SHARE = 1e-10  # a band with less of the whole energy holds nothing
_FRAMES_AT_ONCE = 64


@dataclass(frozen=True)
class OctaveBand:
    """null_db: energy of the difference over the reference's, None where the reference holds nothing there.

    share: of the whole difference's energy, 0..1
    """

    centre_hz: float
    null_db: float | None
    share: float


def octave_bands(reference: Audio, estimate: Audio) -> list[OctaveBand]:
    """The difference of two sounds of one shape and rate; the lowest and highest band reach to the ends."""
    centres = [centre for centre in CENTRES_HZ if centre < reference.sample_rate / 2]
    wanted = _energies(reference.samples, reference.sample_rate, centres)
    missing = _energies(reference.samples - estimate.samples, reference.sample_rate, centres)
    return [
        OctaveBand(centre, _null_db(lost, own, wanted.sum()), float(lost / max(missing.sum(), 1e-30)))
        for centre, own, lost in zip(centres, wanted, missing)
    ]


def main_bands(bands: list[OctaveBand], share: float = 0.5) -> list[OctaveBand]:
    """The fewest bands that hold `share` of the difference, the largest first."""
    taken, total = [], 0.0
    for band in sorted(bands, key=lambda each: -each.share):
        if total < share:
            taken.append(band)
            total += band.share
    return taken


def _null_db(lost: float, own: float, whole: float) -> float | None:
    if own <= SILENT_SHARE * whole:
        return None
    return 10.0 * math.log10(max(lost / own, 1e-40))


def _energies(samples: np.ndarray, sample_rate: int, centres: list[float]) -> np.ndarray:
    """[bands] of `samples` [C, n]: Hann frames that overlap by half, channels and frames added."""
    padded = np.pad(samples, ((0, 0), (FRAME // 2, FRAME)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME, axis=1)[:, :: FRAME // 2]
    window, power = np.hanning(FRAME + 1)[:-1].astype(np.float32), np.zeros(FRAME // 2 + 1)
    for first in range(0, frames.shape[1], _FRAMES_AT_ONCE):
        spectra = np.fft.rfft(frames[:, first : first + _FRAMES_AT_ONCE] * window)
        power += np.square(np.abs(spectra)).sum(axis=(0, 1))
    edges_hz = [0.0, *(centre / math.sqrt(2) for centre in centres[1:])]
    edges = np.searchsorted(np.fft.rfftfreq(FRAME, 1 / sample_rate), edges_hz)
    return np.add.reduceat(power, edges)
