"""What is measured and seen of audio: loudness, metrics, and the spectra that networks take.

Torch is loaded by `features.mel` alone, so it is imported from its own module.
"""

from dawbridge.features.loudness import loudness_lufs, normalised
from dawbridge.features.metrics import evaluate

__all__ = ["evaluate", "loudness_lufs", "normalised"]
