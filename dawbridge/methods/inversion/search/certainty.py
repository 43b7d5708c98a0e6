"""How sure each found parameter is: how far it could be off before the mix would tell.

From the curvature of the error at the end of a search (Gauss-Newton, all parameters of all tracks together): the
half-width of a parameter is how far it may move, all others following it, until the mix is off by as much as it is
already, or by JUST_HEARD_DB where it is nearer than that. What may move by UNSURE_0TO1 of its range or more makes no
difference to this mix: any number given for it would be made up.
"""

from dataclasses import dataclass

import numpy as np

from dawbridge.methods.inversion.search.descent import Descent, energy

JUST_HEARD_DB = -60.0
UNSURE_0TO1 = 0.25
_LEAST_CURVATURE = 1e-12


@dataclass(frozen=True)
class Certainty:
    """margins: track → half-widths [P] in 0..1, up to 1; tracks that are never heard are not in it."""

    margins: dict[int, np.ndarray]

    def is_sure(self, track: int, index: int) -> bool:
        """Whether the mix tells what the parameter is."""
        return track in self.margins and bool(self.margins[track][index] < UNSURE_0TO1)


def certainty_of(descent: Descent, whole: float | None = None) -> Certainty:
    """Of where a descent on the plain waveform stands. Costs a strip render per free parameter and window.

    whole: the energy of the mix, where the descent's targets are only a part of it
    """
    margins = {}
    whole = sum(energy(descent.problem.target[w]) for w in descent.windows) if whole is None else whole
    allowed = max(descent.error, whole * 10 ** (JUST_HEARD_DB / 10))
    for group in descent.groups:
        hessian = descent.curvature(group)
        scale = np.sqrt(np.maximum(hessian.diagonal(), _LEAST_CURVATURE))
        # Scaled to a unit diagonal: parameters without effect would make the inverse of the rest worthless.
        scaled = hessian / np.outer(scale, scale) + 1e-9 * np.eye(len(scale))
        spread = np.sqrt(np.maximum(np.linalg.inv(scaled).diagonal(), 1.0)) / scale
        widths = np.minimum(np.sqrt(allowed) * spread, 1.0)
        ends = np.cumsum([descent.problem.spaces[k].size for k in group])[:-1]
        margins |= dict(zip(group, np.split(widths, ends)))
    return Certainty(margins)
