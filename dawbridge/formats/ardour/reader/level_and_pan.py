"""Gains of left and right as a session states them: a level in decibels and a pan, each constant or automated."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dawbridge.formats.ardour.reader.curve_fitting import fit_points
from dawbridge.formats.ardour.reader.stereo_gains import Pair, StereoGains
from dawbridge.formats.balance import from_balance
from dawbridge.formats.few_points import EnvelopePoint, Tolerance, few_points, level_tolerance, pan_tolerance
from dawbridge.formats.loss import Losses
from dawbridge.session import Automation
from dawbridge.units import db_to_gain

_MOST_GAIN = db_to_gain(24.0)
_SILENT_GAIN = 1e-6  # -120 dB: gains below count as silence


@dataclass(frozen=True)
class LevelAndPan:
    """A session's level and pan at the start, and their automation if they move."""

    level_db: float
    pan_lr: float
    level_automation: Automation | None = None
    pan_automation: Automation | None = None

    def fields(self, level_name: str) -> dict[str, Any]:
        """The fields of a fader or a send, whose level is called `level_name` (`fader_db` or `gain_db`)."""
        moves = {level_name: self.level_automation, "pan_lr": self.pan_automation}
        automation = {name: row for name, row in moves.items() if row is not None}
        return {level_name: self.level_db, "pan_lr": self.pan_lr, "automation": automation}


def level_and_pan(gains: StereoGains, channels: int, rate: int) -> LevelAndPan:
    """The level and pan of a channel of mono (1) or stereo (2) audio; 2 for a send, a bus or the master.

    Points of automation lie on samples of `rate`.
    """
    level, pan = _level_pan(*gains.at(np.zeros(1)), channels)
    if gains.is_constant:
        return LevelAndPan(float(level[0]), float(pan[0]))
    pans = fit_points(gains, lambda left, right: _level_pan(left, right, channels)[1], lambda pan: pan, 1.0, rate)
    levels = fit_points(gains, lambda left, right: _level_pan(left, right, channels)[0], db_to_gain, 1e-3, rate)
    moves = _automation(levels, level_tolerance, rate), _automation(pans, pan_tolerance, rate)
    return LevelAndPan(float(level[0]), float(pan[0]), *moves)


def check_level_range(gains: StereoGains, losses: Losses, where: str) -> StereoGains:
    """`gains` unchanged; adds a loss if they exceed a session's highest level, +24 dB."""
    if gains.peak() > _MOST_GAIN * (1.0 + 1e-9):
        losses.add("foreign.level_range", where, f"a gain of {gains.peak():g}")
    return gains


def _level_pan(left: np.ndarray, right: np.ndarray, channels: int) -> Pair:
    """(level_db, pan_lr) of the gains; where both sides are silent, the pan is centred."""
    gain = np.maximum(left, right)
    safe = np.where(gain > _SILENT_GAIN, gain, 1.0)
    balance = np.where(gain > _SILENT_GAIN, np.where(left > right, right / safe - 1.0, 1.0 - left / safe), 0.0)
    return from_balance(gain, balance, channels)


def _automation(points: list[EnvelopePoint], tolerance: Tolerance, rate: int) -> Automation | None:
    """The automation of the points; None if all have the same value."""
    if max(value for _, value in points) - min(value for _, value in points) < 1e-7:
        return None
    return few_points(points, tolerance, rate)
