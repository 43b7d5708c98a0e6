"""How sure each found parameter is: how far it could be off before the mix would tell.

From the curvature of the error at the end of a search (Gauss-Newton, all parameters of all tracks together): the
half-width of a parameter is how far it may move, all others following it, until the mix is off by as much as it is
already, or by JUST_HEARD_DB where it is nearer than that. What may move by UNSURE_0TO1 of its range or more makes no
difference to this mix: any number given for it would be made up.

A curvature holds nearby. A high shelf at -15 dB leaves so little that a decibel more or less is not heard, but at 0 dB
it would be; so wide margins are tried by rendering their ends (`borne_out`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dawbridge.search.descent import Descent, energy
from dawbridge.search.problem import Candidate

JUST_HEARD_DB = -60.0
UNSURE_0TO1 = 0.25
# How often a margin is halved that renders do not bear out, and how many times what is allowed they may cost.
HALVINGS, BORNE_OUT = 4, 4.0
_LEAST_CURVATURE = 1e-12


@dataclass(frozen=True)
class Certainty:
    """margins: track → half-widths [P] in 0..1, up to 1; tracks that are never heard are not in it.

    follows: track → [P, P]; in a column, how the track's parameters follow where one of them is moved by 1
    allowed: how much more error a margin stands for
    at_least: (track, parameter) of margins that are wider, nobody knows how far: curvature and renders disagree
    """

    margins: dict[int, np.ndarray]
    follows: dict[int, np.ndarray]
    allowed: float
    at_least: frozenset[tuple[int, int]] = field(default=frozenset())

    def is_sure(self, track: int, index: int) -> bool:
        """Whether the mix tells what the parameter is."""
        is_narrow = track in self.margins and bool(self.margins[track][index] < UNSURE_0TO1)
        return is_narrow and (track, index) not in self.at_least


def certainty_of(descent: Descent, whole: float | None = None) -> Certainty:
    """Of where a descent on the plain waveform stands. Costs a strip render per free parameter and window.

    whole: the energy of the mix, where the descent's targets are only a part of it
    """
    margins, follows = {}, {}
    whole = sum(energy(descent.problem.target[w]) for w in descent.windows) if whole is None else whole
    allowed = max(descent.error, whole * 10 ** (JUST_HEARD_DB / 10))
    for group in descent.groups:
        hessian = descent.curvature(group)
        scale = np.sqrt(np.maximum(hessian.diagonal(), _LEAST_CURVATURE))
        # Scaled to a unit diagonal: parameters without effect would make the inverse of the rest worthless.
        scaled = hessian / np.outer(scale, scale) + 1e-9 * np.eye(len(scale))
        inverse = np.linalg.inv(scaled)
        spread = np.sqrt(np.maximum(inverse.diagonal(), 1.0)) / scale
        widths = np.minimum(np.sqrt(allowed) * spread, 1.0)
        moves = inverse / np.maximum(inverse.diagonal(), _LEAST_CURVATURE) * scale / scale[:, None]
        for k, columns in descent.jacobians[tuple(group)].columns.items():
            margins[k], follows[k] = widths[columns], moves[columns, columns]
    return Certainty(margins, follows, allowed)


def borne_out(descent: Descent, certainty: Certainty, has_renders: Callable[[int], bool]) -> Certainty:
    """With wide margins halved until both their ends, rendered with the track's other parameters following, leave the
    mix as near. `has_renders`: whether so many may be had; margins that there are none for stay as they are."""
    margins, at_least = {k: widths.copy() for k, widths in certainty.margins.items()}, set()
    left = [(k, i) for k, widths in margins.items() for i in np.flatnonzero(widths >= UNSURE_0TO1).tolist()]
    residuals = {w: descent.residual(w) for w in descent.windows}
    for _ in range(HALVINGS):
        ends = [
            (k, i, end) for k, i in left for end in _ends(descent.positions[k], i, margins[k][i], certainty.follows[k])
        ]
        candidates = [Candidate(k, w, end) for k, _, end in ends for w in descent.problem.heard_in(k)]
        if not candidates or not has_renders(len(candidates)):
            break
        stems, worst = descent.render(candidates), dict.fromkeys(left, 0.0)
        for k, i, _ in ends:
            more = sum(_more(residuals[w], next(stems) - descent.stems[k, w]) for w in descent.problem.heard_in(k))
            worst[k, i] = max(worst[k, i], more)
        left = [place for place in left if worst[place] > BORNE_OUT * certainty.allowed]
        for k, i in left:
            margins[k][i] /= 2
        at_least |= set(left)
    # Of those that nothing has borne out, what the curvature is trusted with.
    for k, i in at_least & set(left):
        margins[k][i] = min(margins[k][i], 0.5**HALVINGS)
    return Certainty(margins, certainty.follows, certainty.allowed, frozenset(at_least))


def _ends(position: np.ndarray, index: int, margin: float, follows: np.ndarray) -> list[np.ndarray]:
    """Positions with a parameter at either end of its margin, the others following; those that are not the same."""
    moves = [min(margin, 1.0 - position[index]), -min(margin, position[index])]
    return [np.clip(position + move * follows[:, index], 0.0, 1.0) for move in moves if move]


def _more(residual: np.ndarray, change: np.ndarray) -> float:
    """By how much the residual's energy grows where a stem changes."""
    return energy(residual - change) - energy(residual)
