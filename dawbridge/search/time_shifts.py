"""Tracks a few samples beside their place, told by what is left at the end of a joint descent.

Where a track lies is found before anything is known of its settings; an equaliser's phase hides some samples. Then a
descent comes to rest at settings that make up for them as well as they can. What a stem would change, were it shifted,
is seen against what is left, with the derivatives of all settings to follow. Linear, hence a guess, to be tried.
"""

from collections.abc import Iterable

import numpy as np

from dawbridge.search.descent import Descent, energy
from dawbridge.search.filter_moves import Slopes
from dawbridge.search.problem import shifted

MOST_SAMPLES = 8
# Of the error with nothing shifted, what a shift must leave at most to be tried.
WORTH_TRYING = 0.9


def shifts(descent: Descent, tracks: Iterable[int]) -> dict[int, int]:
    """Of those tracks that seem to lie elsewhere: track → samples later. `descent` sees the waveform."""
    chosen, found = set(tracks), {}
    for group in descent.groups:
        if chosen & set(group):
            slopes = Slopes(descent, group)
            found |= {k: _shift(descent, slopes, k) for k in group if k in chosen}
    return {k: by for k, by in found.items() if by}


def _shift(descent: Descent, slopes: Slopes, track: int) -> int:
    """0 where none is worth trying."""
    places = [by for by in range(-MOST_SAMPLES, MOST_SAMPLES + 1) if by]
    follow, sizes, fits = slopes.inverse @ slopes.gradient, [], []
    for by in places:
        changes = {}
        for window in descent.problem.heard_in(track):
            stem = descent.stems[track, window]
            changes[window] = (shifted(stem, by) - stem).ravel()
        own = slopes.jacobian.products(changes)
        sizes.append(sum(map(energy, changes.values())) - own @ slopes.inverse @ own)
        fits.append(sum(float(row @ descent.residual(w).ravel()) for w, row in changes.items()) - follow @ own)
    left = slopes.left - 2 * np.array(fits) + np.array(sizes)
    best = int(left.argmin())
    return places[best] if left[best] < WORTH_TRYING * slopes.left else 0
