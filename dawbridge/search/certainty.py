"""How well the mix determines each parameter: how far it could be off before the mix would change audibly.

In: a descent at the end of a search. Out: a margin per parameter, in 0..1 of its range.

The margin follows from the curvature of the error (Gauss-Newton, all parameters of a group together): how far a
parameter may move, with all others compensating, until the mix is off by as much as it is already, or by JUST_HEARD_DB
where it is nearer than that. A parameter that may move by WIDE_MARGIN_0TO1 or more is not identifiable: the mix would
sound the same with another value.

A curvature only holds nearby. A high shelf at -15 dB leaves so little that a decibel more or less is inaudible, but at
0 dB it would be audible. So wide margins are checked by rendering their ends (`verify_by_renders`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dawbridge.search.descent import Descent, energy
from dawbridge.search.problem import Candidate

# A difference below this, in dB beside the mix, counts as inaudible.
JUST_HEARD_DB = -60.0
# A parameter whose margin is at least this is not identifiable.
WIDE_MARGIN_0TO1 = 0.25
# How often a margin is halved whose ends change the mix too much.
HALVINGS = 4
# The ends of a margin may cost this many times `Certainty.allowed`: the curvature is only an estimate.
VERIFIED_WITHIN = 4.0
_LEAST_CURVATURE = 1e-12


@dataclass(frozen=True)
class Certainty:
    """How well the mix determines the parameters of each track that is heard.

    margins:       track → half-widths [P] in 0..1, at most 1
    compensations: track → [P, P]; column i: how the track's parameters move where parameter i moves by 1
    allowed:       the energy of error that a margin stands for
    lower_bounds:  (track, parameter) of margins that are too small by an unknown amount: curvature and renders disagree
    """

    margins: dict[int, np.ndarray]
    compensations: dict[int, np.ndarray]
    allowed: float
    lower_bounds: frozenset[tuple[int, int]] = field(default=frozenset())

    def is_identifiable(self, track: int, index: int) -> bool:
        """Whether the mix determines the parameter."""
        is_narrow = track in self.margins and bool(self.margins[track][index] < WIDE_MARGIN_0TO1)
        return is_narrow and (track, index) not in self.lower_bounds


def estimate_certainty(descent: Descent, mix_energy: float | None = None) -> Certainty:
    """The certainty at a descent's positions, by curvature. Costs a strip render per free parameter and window.

    descent: must weight the waveform equally (no whitening)
    mix_energy: energy of the whole mix, where the descent's targets are only a part of it
    """
    margins, compensations = {}, {}
    if mix_energy is None:
        mix_energy = sum(energy(descent.problem.target[w]) for w in descent.windows)
    allowed = max(descent.error, mix_energy * 10 ** (JUST_HEARD_DB / 10))
    for group in descent.groups:
        hessian = descent.measured_hessian(group)
        scale = np.sqrt(np.maximum(hessian.diagonal(), _LEAST_CURVATURE))
        # Scaled to a unit diagonal: else parameters without effect would ruin the precision of the inverse.
        scaled = hessian / np.outer(scale, scale) + 1e-9 * np.eye(len(scale))
        inverse = np.linalg.inv(scaled)
        spread = np.sqrt(np.maximum(inverse.diagonal(), 1.0)) / scale
        widths = np.minimum(np.sqrt(allowed) * spread, 1.0)
        moves = inverse / np.maximum(inverse.diagonal(), _LEAST_CURVATURE) * scale / scale[:, None]
        for k, columns in descent.jacobians[tuple(group)].columns.items():
            margins[k], compensations[k] = widths[columns], moves[columns, columns]
    return Certainty(margins, compensations, allowed)


def verify_by_renders(descent: Descent, certainty: Certainty, has_renders: Callable[[int], bool]) -> Certainty:
    """The certainty with wide margins halved until a render at both ends leaves the mix as near as `allowed`.

    The track's other parameters compensate at the ends. has_renders: whether so many strip renders may be spent; the
    margins that there are none for stay as they are.
    """
    margins, lower_bounds = {k: widths.copy() for k, widths in certainty.margins.items()}, set()
    remaining = [(k, i) for k, widths in margins.items() for i in np.flatnonzero(widths >= WIDE_MARGIN_0TO1).tolist()]
    residuals = {w: descent.residual(w) for w in descent.windows}
    for _ in range(HALVINGS):
        ends = [
            (k, i, end)
            for k, i in remaining
            for end in _ends(descent.positions[k], i, margins[k][i], certainty.compensations[k])
        ]
        candidates = [Candidate(k, w, end) for k, _, end in ends for w in descent.problem.heard_in(k)]
        if not candidates or not has_renders(len(candidates)):
            break
        stems, worst = descent.render(candidates), dict.fromkeys(remaining, 0.0)
        for k, i, _ in ends:
            more = sum(_added(residuals[w], next(stems) - descent.stems[k, w]) for w in descent.problem.heard_in(k))
            worst[k, i] = max(worst[k, i], more)
        remaining = [key for key in remaining if worst[key] > VERIFIED_WITHIN * certainty.allowed]
        for k, i in remaining:
            margins[k][i] /= 2
        lower_bounds |= set(remaining)
    # Margins that no render has confirmed are not wider than one halved HALVINGS times from the whole range.
    for k, i in lower_bounds & set(remaining):
        margins[k][i] = min(margins[k][i], 0.5**HALVINGS)
    return Certainty(margins, certainty.compensations, certainty.allowed, frozenset(lower_bounds))


def _ends(position: np.ndarray, index: int, margin: float, compensation: np.ndarray) -> list[np.ndarray]:
    """Positions with a parameter at either end of its margin, the others compensating; an end at a bound is left out
    where the parameter cannot move."""
    moves = [min(margin, 1.0 - position[index]), -min(margin, position[index])]
    return [np.clip(position + move * compensation[:, index], 0.0, 1.0) for move in moves if move]


def _added(residual: np.ndarray, change: np.ndarray) -> float:
    """How much the residual's energy grows where a stem changes by `change`."""
    return energy(residual - change) - energy(residual)
