"""Fader and pan as DAWs have them: a linear gain and a stereo balance, which turns the far side down linearly.

Every pair of gains (left, right) is one gain and one balance, so both of our pan laws are met exactly, for mono files
too (they stand in both channels). Reading back, a channel of mono audio gets its place under the constant-power law, a
stereo one its balance: the sound is the same.
"""

import math
from collections.abc import Callable

import numpy as np

from dawbridge.formats.envelope import EnvelopePoint, automation_from, bent, curve_of_envelope, joint_envelope
from dawbridge.formats.few_points import few_points, level_tolerance, pan_tolerance
from dawbridge.pan import pan_gains
from dawbridge.session import Automation, TempoMap
from dawbridge.session.automation import Point
from dawbridge.units import db_to_gain

LEAST_DB, MOST_DB = -120.0, 24.0


def to_balance(level_db, pan_lr, channels: int):
    """(gain, balance -1…1) of a fader or send, numbers or arrays. `channels`: 1 for the mono law."""
    left, right = pan_gains(pan_lr, channels)
    far = np.maximum(left, right)
    balance = np.where(left > right, right / far - 1.0, 1.0 - left / far)
    return db_to_gain(level_db) * far, balance


def from_balance(gain, balance, channels: int):
    """(level_db, pan_lr) that sound like a gain and a balance; the inverse of `to_balance`."""
    gain, balance = np.asarray(gain, dtype=np.float64), np.clip(balance, -1.0, 1.0)
    if channels == 2:
        return to_db(gain), balance
    left, right = np.minimum(1.0, 1.0 - balance), np.minimum(1.0, 1.0 + balance)
    pan_lr = np.arctan2(right, left) * 4.0 / math.pi - 1.0
    return to_db(gain * np.hypot(left, right)), np.clip(pan_lr, -1.0, 1.0)


def to_db(gain):
    """Linear gain → decibels, within what a session's faders have."""
    least = db_to_gain(LEAST_DB)
    return np.clip(20.0 * np.log10(np.maximum(np.abs(gain), least)), LEAST_DB, MOST_DB)


def gain_envelope(level: Automation, pan_lr: Automation, tempo: TempoMap, channels: int) -> list[EnvelopePoint]:
    """The gain over time; a fixed level or pan is an automation of one point (`fixed`)."""
    return joint_envelope([level, pan_lr], tempo, lambda db, pan: to_balance(db, pan, channels)[0])


def balance_envelope(pan_lr: Automation, tempo: TempoMap, channels: int) -> list[EnvelopePoint]:
    """The balance (-1…1) over time."""
    # What is heard of it are gains: near the centre a share of the gain counts, not one of the balance.
    points = joint_envelope([pan_lr], tempo, lambda pan: to_balance(0.0, pan, channels)[1] + 2.0)
    return [(time, value - 2.0) for time, value in points]


def fixed(value: float) -> Automation:
    """A value that does not move, as automation."""
    return Automation(points=(Point(time=0.0, value=value),))


def read_level(
    gains: list[EnvelopePoint], balance: float | list[EnvelopePoint], channels: int, rate: int | None = None
) -> Automation:
    """The automation of a level in decibels, from envelopes of gain, and of balance where that moves too.

    rate: samples a second, where the envelopes' points do not lie on samples yet
    """
    return _read(gains, balance, lambda gain, place: from_balance(gain, place, channels)[0], rate)


def read_pan(balances: list[EnvelopePoint], channels: int, rate: int | None = None) -> Automation:
    """The automation of a pan from an envelope of balance; `rate` as above."""
    return automation_from(balances, lambda balance: from_balance(1.0, balance, channels)[1], rate, pan_tolerance)


def _read(gains: list[EnvelopePoint], balance, convert: Callable, rate: int | None) -> Automation:
    if not isinstance(balance, list):
        return automation_from(gains, lambda values: convert(values, balance), rate, level_tolerance)
    gains = bent(gains, to_db)
    balance = bent(balance, lambda place: from_balance(1.0, place, 1)[1])
    gain_at, balance_at = curve_of_envelope(gains), curve_of_envelope(balance)
    times = np.array(sorted({time for time, _ in (*gains, *balance)}))
    sides = [convert(gain_at(at), balance_at(at)) for at in (np.nextafter(times, -1.0), times)]
    pairs = zip(times.tolist(), *(side.tolist() for side in sides))
    points = [(time, value) for time, before, after in pairs for value in (before, after)]
    return few_points(points, level_tolerance, rate)
