"""Converts fader and pan with their automation to REAPER's knobs and envelopes.

With the pan law at 0 dB and the pan mode `stereo balance`, REAPER's pan is a balance that turns the far side down
linearly, as ours. If there is an envelope, the knob is at 0 dB or in the centre: what a knob does beside an envelope
depends on REAPER's automation mode.
"""

from dataclasses import dataclass

from dawbridge.formats.balance import balance_envelope, fixed, gain_envelope, to_balance
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.session import Automation, Send, TempoMap
from dawbridge.session.model import Fader


@dataclass(frozen=True)
class Levels:
    """Linear `gain` and `pan` (-1…1) of the knobs, and points of the envelopes. In `pans` 1 is left."""

    gain: float
    pan: float
    gains: tuple[EnvelopePoint, ...] = ()
    pans: tuple[EnvelopePoint, ...] = ()


def fader_levels(fader: Fader, channels: int, tempo: TempoMap) -> Levels:
    """The levels of a fader. `channels`: 1 for the pan law of mono files, else 2."""
    level, pan = fader.automation.get("fader_db"), fader.automation.get("pan_lr")
    return _levels(fader.fader_db, fader.pan_lr, level, pan, channels, tempo)


def send_levels(send: Send, tempo: TempoMap) -> Levels:
    """The levels of a send."""
    level, pan = send.automation.get("gain_db"), send.automation.get("pan_lr")
    return _levels(send.gain_db, send.pan_lr, level, pan, 2, tempo)


def _levels(
    level_db: float,
    pan_lr: float,
    level_moves: Automation | None,
    pan_moves: Automation | None,
    channels: int,
    tempo: TempoMap,
) -> Levels:
    moves = level_moves is not None or pan_moves is not None
    level_moves, pan_moves = level_moves or fixed(level_db), pan_moves or fixed(pan_lr)
    gains, pans = gain_envelope(level_moves, pan_moves, tempo, channels), balance_envelope(pan_moves, tempo, channels)
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
