"""How near a mix is to its reference: `features.metrics.evaluate` as a typed part of `metrics.json`."""

from dawbridge.audio import Audio
from dawbridge.features.metrics import evaluate
from dawbridge.session.frozen_model import FrozenModel


class NormalisedFigures(FrozenModel):
    """The metrics after both were brought to one loudness; None where one is undefined."""

    mae: float | None
    mrsd: float | None
    null_db: float | None
    loudness_difference_lu: float | None


class Figures(NormalisedFigures):
    """The metrics as the audio is, and normalised; `notes` say why one is undefined."""

    normalised: NormalisedFigures | None = None
    notes: tuple[str, ...] = ()


def measure(reference: Audio, estimate: Audio) -> Figures:
    """The figures of `estimate`, of the reference's length and rate. Raises InputError where they differ."""
    return Figures.model_validate(evaluate(reference, estimate))
