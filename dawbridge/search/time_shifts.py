"""Tracks that are a few samples off in time, found from the residual at the end of a joint descent.

In: a descent that has come to rest. Out: by how many samples to move which track.

Tracks are placed in time before anything is known of their settings, and an equaliser's phase hides some samples. A
descent then stops at settings that compensate for the wrong delay as well as they can. Here every stem is shifted by a
few samples, and a linear model of all settings predicts the error after they have adapted. The model is linear, so a
shift must be confirmed by a descent.
"""

from collections.abc import Iterable

import numpy as np

from dawbridge.search.descent import Descent, energy
from dawbridge.search.filter_moves import LinearModel
from dawbridge.search.problem import shift_samples

# The largest shift that is looked for, in samples, either way.
MOST_SAMPLES = 8
# A shift is suggested where the predicted error is below this share of the error predicted without it.
WORTH_TRYING = 0.9


def find_time_shifts(descent: Descent, tracks: Iterable[int]) -> dict[int, int]:
    """Track → samples later (below 0: earlier), for those of `tracks` that seem to be off.

    `descent` must weight the waveform equally (no whitening). Costs no renders but for missing derivatives.
    """
    chosen = set(tracks)
    found: dict[int, int] = {}
    for group in descent.groups:
        if chosen & set(group):
            model = LinearModel(descent, group)
            found |= {k: _best_shift(descent, model, k) for k in group if k in chosen}
    return {k: by for k, by in found.items() if by}


def _best_shift(descent: Descent, model: LinearModel, track: int) -> int:
    """0 where none is worth trying."""
    delays = [by for by in range(-MOST_SAMPLES, MOST_SAMPLES + 1) if by]
    sizes: list[float] = []
    fits: list[float] = []
    adaptation = model.inverse @ model.gradient
    for by in delays:
        changes = {}
        for window in descent.problem.heard_in(track):
            stem = descent.stems[track, window]
            changes[window] = (shift_samples(stem, by) - stem).ravel()
        own = model.jacobian.products(changes)
        sizes.append(sum(map(energy, changes.values())) - own @ model.inverse @ own)
        fits.append(sum(float(row @ descent.residual(w).ravel()) for w, row in changes.items()) - adaptation @ own)
    errors = model.error - 2 * np.array(fits) + np.array(sizes)
    best = int(errors.argmin())
    return delays[best] if errors[best] < WORTH_TRYING * model.error else 0
