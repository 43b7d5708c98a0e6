"""A session's fader and pan ↔ a DAW's: a linear gain and a stereo balance, which turns the far side down linearly.

Every pair of gains (left, right) is one gain and one balance, so both of a session's pan laws are met exactly. That
holds for mono files too, which play in both channels. Read back, the pan of a mono channel follows the constant-power
law and that of a stereo channel is the balance; the sound is the same.

Numbers and arrays: levels in decibels, gains linear, pans and balances from -1 (left) to 1 (right). `channels` is 1 for
the pan law of a mono file, 2 for that of a stereo one.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from dawbridge.formats.envelope import EnvelopePoint, automation_from, bent, curve_of_envelope, joint_envelope
from dawbridge.formats.few_points import few_points, level_tolerance, pan_tolerance
from dawbridge.pan import pan_gains
from dawbridge.session import Automation, TempoMap
from dawbridge.session.automation import Point
from dawbridge.units import db_to_gain

LEAST_DB, MOST_DB = -120.0, 24.0


def to_balance(level_db: ArrayLike, pan_lr: ArrayLike, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """(gain, balance) of a fader or send."""
    left, right = pan_gains(pan_lr, channels)
    far = np.maximum(left, right)
    balance = np.where(left > right, right / far - 1.0, 1.0 - left / far)
    return db_to_gain(level_db) * far, balance


def from_balance(gain: ArrayLike, balance: ArrayLike, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """(level_db, pan_lr) that sound like a gain and a balance; the inverse of `to_balance`."""
    gain, balance = np.asarray(gain, dtype=np.float64), np.clip(balance, -1.0, 1.0)
    if channels == 2:
        return to_db(gain), balance
    left, right = np.minimum(1.0, 1.0 - balance), np.minimum(1.0, 1.0 + balance)
    pan_lr = np.arctan2(right, left) * 4.0 / math.pi - 1.0
    return to_db(gain * np.hypot(left, right)), np.clip(pan_lr, -1.0, 1.0)


def to_db(gain: ArrayLike) -> np.ndarray:
    """Linear gain → decibels, clipped to the range of a session's faders, LEAST_DB…MOST_DB."""
    least = db_to_gain(LEAST_DB)
    return np.clip(20.0 * np.log10(np.maximum(np.abs(gain), least)), LEAST_DB, MOST_DB)


def gain_envelope(level: Automation, pan_lr: Automation, tempo: TempoMap, channels: int) -> list[EnvelopePoint]:
    """(seconds, gain) of a level and a pan that move. For one that does not move, pass `fixed(value)`."""
    return joint_envelope([level, pan_lr], tempo, lambda db, pan: to_balance(db, pan, channels)[0])


def balance_envelope(pan_lr: Automation, tempo: TempoMap, channels: int) -> list[EnvelopePoint]:
    """(seconds, balance) of a pan that moves."""
    # The balance is heard as gains. An envelope's tolerance is relative to its value, so + 2 keeps values off zero:
    # without it the tolerance would vanish at the centre.
    points = joint_envelope([pan_lr], tempo, lambda pan: to_balance(0.0, pan, channels)[1] + 2.0)
    return [(time, value - 2.0) for time, value in points]


def fixed(value: float) -> Automation:
    """A value that does not move, as an automation of one point."""
    return Automation(points=(Point(time=0.0, value=value),))


def read_level(
    gains: list[EnvelopePoint], balance: float | list[EnvelopePoint], channels: int, rate: int | None = None
) -> Automation:
    """The automation of a level in decibels, from an envelope of gain and a balance: fixed, or an envelope too.

    rate: samples per second, if the envelopes' points do not lie on samples yet
    """
    return _read(gains, balance, lambda gain, balance: from_balance(gain, balance, channels)[0], rate)


def read_pan(balances: list[EnvelopePoint], channels: int, rate: int | None = None) -> Automation:
    """The automation of a pan from an envelope of balance; `rate` as for `read_level`."""
    return automation_from(balances, lambda balance: from_balance(1.0, balance, channels)[1], rate, pan_tolerance)


def _read(
    gains: list[EnvelopePoint],
    balance: float | list[EnvelopePoint],
    convert: Callable[[np.ndarray, ArrayLike], np.ndarray],
    rate: int | None,
) -> Automation:
    if not isinstance(balance, list):
        return automation_from(gains, lambda values: convert(values, balance), rate, level_tolerance)
    gains = bent(gains, to_db)
    balances = bent(balance, lambda values: from_balance(1.0, values, 1)[1])
    gain_at, balance_at = curve_of_envelope(gains), curve_of_envelope(balances)
    times = np.array(sorted({time for time, _ in (*gains, *balances)}))
    levels = [convert(gain_at(at), balance_at(at)) for at in (np.nextafter(times, -1.0), times)]
    pairs = zip(times.tolist(), *(row.tolist() for row in levels))
    points = [(time, value) for time, before, after in pairs for value in (before, after)]
    return few_points(points, level_tolerance, rate)
