"""Fader and pan, and what moves them, as REAPER's numbers and envelopes.

With the pan law at 0 dB and the pan mode `stereo balance` REAPER's pan is our balance: the far side goes down linearly.
Where an envelope is, the knob stands at 0 dB or in the centre, since REAPER's modes differ in what the knob then does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dawbridge.formats.balance import balance_envelope, fixed, gain_envelope, to_balance
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.session import Automation, TempoMap


@dataclass(frozen=True)
class Levels:
    """Linear `gain` and `pan` (-1…1) of the knobs; points of the envelopes where they move, pans as REAPER has them."""

    gain: float
    pan: float
    gains: tuple[EnvelopePoint, ...] = ()
    pans: tuple[EnvelopePoint, ...] = ()


def make_levels(
    level_db: float, pan_lr: float, moves: Mapping[str, Automation], name: str, channels: int, tempo: TempoMap
) -> Levels:
    """The levels of a fader or send. `name`: the automation that moves the level; `channels`: the law of its pan."""
    level, place = moves.get(name, fixed(level_db)), moves.get("pan_lr", fixed(pan_lr))
    gains, pans = gain_envelope(level, place, tempo, channels), balance_envelope(place, tempo, channels)
    gain, pan = to_balance(level_db, pan_lr, channels)
    moves_gain, moves_pan = _moves(gains), _moves(pans)
    return Levels(
        1.0 if moves_gain else float(gains[0][1] if moves else gain),
        0.0 if moves_pan else float(pans[0][1] if moves else pan),
        tuple(gains) if moves_gain else (),
        tuple((time, -value) for time, value in pans) if moves_pan else (),
    )


def _moves(points: list[EnvelopePoint]) -> bool:
    return len({value for _, value in points}) > 1
