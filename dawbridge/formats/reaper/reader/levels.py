"""Converts REAPER's knobs and envelopes to fader and pan."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dawbridge.formats.balance import LEAST_DB, MOST_DB, from_balance, read_level, read_pan
from dawbridge.formats.envelope import EnvelopePoint
from dawbridge.formats.few_points import on_samples
from dawbridge.formats.loss import Losses
from dawbridge.formats.reaper.points import has_bezier, is_active, read_points
from dawbridge.formats.reaper.reader.context import ImportContext
from dawbridge.formats.reaper.text import Block
from dawbridge.session import Automation
from dawbridge.units import db_to_gain

_STEADY = {"level": 1e-3, "pan_lr": 1e-5}  # a value that moves by no more does not move
TRIM_READ = 0


@dataclass(frozen=True)
class ReadLevels:
    """A level in decibels, a pan, and their automation, by the keys `level` and `pan_lr`."""

    level_db: float
    pan_lr: float
    moves: dict[str, Automation] = field(default_factory=dict)

    def automation(self, level_name: str) -> dict[str, Automation]:
        """The automation, with the level's under `level_name`."""
        return {level_name if name == "level" else name: row for name, row in self.moves.items()}


def read_envelope(block: Block | None, where: str, context: ImportContext) -> list[EnvelopePoint]:
    """The points of an envelope; empty if it is off, empty or absent. What else it has is a Loss."""
    if block is None:
        return []
    losses, where = context.losses, f"{where} envelope {block.name}"
    if block.first("POOLEDENVINST"):
        losses.add("foreign.automation_item", where, "its automation items")
    if not is_active(block):
        if block.first("PT"):
            losses.add("foreign.inactive_envelope", where, "the envelope, which is off")
        return []
    if has_bezier(block):
        losses.add("foreign.envelope_shape", where, "its Bezier curves; they are straight lines")
    if (block.first("VOLTYPE") or ["0"])[0] != "0":
        losses.add("foreign.envelope_shape", where, "that its lines are straight on the fader's scale, not in gain")
    times, values = (np.array(row) for row in zip(*read_points(block, where)))
    times, values = on_samples(times, values, context.sample_rate)
    return list(zip(times.tolist(), values.tolist()))


def join_levels(
    knobs: tuple[float, float],
    gains: Sequence[EnvelopePoint],
    pans: Sequence[EnvelopePoint],
    channels: int,
    is_trim: bool,
    law: float = 1.0,
) -> ReadLevels:
    """The levels that knobs (linear gain, balance) and envelopes give. In `pans` left is 1, as in REAPER.

    is_trim: whether the knobs trim the envelopes; else the envelopes replace them
    law:     gain of REAPER's pan law at the centre
    """
    gain, pan = knobs
    base_gain, base_pan = (gain, pan) if is_trim else (1.0, 0.0)
    gains = [(time, abs(value) * base_gain) for time, value in gains] or [(0.0, gain)]
    balances = [(time, float(np.clip(base_pan - value, -1.0, 1.0))) for time, value in pans]
    gains = [(time, value * law) for time, value in gains]
    balance = balances or float(np.clip(pan, -1.0, 1.0))
    level = read_level(gains, balance, channels)
    pan_lr = read_pan(balances or [(0.0, float(np.clip(pan, -1.0, 1.0)))], channels)
    moves = {name: row for name, row in (("level", level), ("pan_lr", pan_lr)) if _moves(name, row)}
    return ReadLevels(level.points[0].value, pan_lr.points[0].value, moves)


def _moves(name: str, automation: Automation) -> bool:
    values = [point.value for point in automation.points]
    return max(values) - min(values) > _STEADY[name]


def gain_db(gain: float, where: str, losses: Losses) -> float:
    """A linear gain in decibels, clipped to the range of a session's faders with a Loss."""
    if gain > db_to_gain(MOST_DB) * 1.000001 or 0.0 <= gain < db_to_gain(LEAST_DB) * 0.999:
        losses.add("foreign.level", where, f"a gain of {gain:g}; levels go from {LEAST_DB:g} to {MOST_DB:g} dB")
    return float(from_balance(gain, 0.0, 2)[0])
