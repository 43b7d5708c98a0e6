"""Automation of a session as points for Ardour: times on whole samples, as the render has them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dawbridge.formats.balance import fixed, to_balance
from dawbridge.formats.envelope import EnvelopePoint, envelope, joint_envelope
from dawbridge.pan import pan_gains
from dawbridge.session import Automation, TempoMap
from dawbridge.session.automation import LATEST_TIME, Point
from dawbridge.session.model import Fader, Send
from dawbridge.units import Numeric, db_to_gain

AtRest = float
Level = AtRest | list[EnvelopePoint]


class Envelopes:
    """Makes them for one session's tempo map and sample rate."""

    def __init__(self, tempo: TempoMap, sample_rate: int):
        self._tempo, self._sample_rate = tempo, sample_rate

    def fader(self, channel: Fader, channels: int) -> tuple[Level, Level]:
        """(gain, azimuth 0…1) of a fader and its pan, each a number or points."""
        db, pan = self._of(channel, "fader_db", channel.fader_db), self._of(channel, "pan_lr", channel.pan_lr)
        gain = self._joint([db, pan], lambda db, pan: to_balance(db, pan, channels)[0])
        return gain, self._joint([pan], lambda pan: azimuth(to_balance(0.0, pan, channels)[1]))

    def send(self, send: Send, channel: Fader, channels: int) -> tuple[Level, Level]:
        """(gain, azimuth) of a send. One after the fader has the channel's pan in it: Ardour's leaves before that."""
        db, pan = self._of(send, "gain_db", send.gain_db), self._of(send, "pan_lr", send.pan_lr)
        place = fixed(0.0) if send.is_pre_fader else self._of(channel, "pan_lr", channel.pan_lr)
        law = 2 if send.is_pre_fader else channels
        gain = self._joint([db, pan, place], lambda db, pan, place: db_to_gain(db) * _both(pan, place, law)[0])
        return gain, self._joint([pan, place], lambda pan, place: azimuth(_both(pan, place, law)[1]))

    def parameter(self, row: Automation, convert: Callable[[np.ndarray], np.ndarray]) -> list[EnvelopePoint]:
        """The points of a parameter, its values as `convert` makes them."""
        return envelope(self._on_samples(row), self._tempo, convert)

    def _of(self, owner: Fader | Send, name: str, value: float) -> Automation:
        moves: Mapping[Any, Automation] = owner.automation
        row = moves.get(name)
        return fixed(value) if row is None else self._on_samples(row)

    def _on_samples(self, row: Automation) -> Automation:
        times = np.array([point.time for point in row.points], dtype=np.float64)
        seconds = self._tempo.seconds(times) if row.unit == "beats" else times
        seconds = np.minimum(np.rint(seconds * self._sample_rate) / self._sample_rate, LATEST_TIME)
        points = [Point(time=time, value=p.value, shape=p.shape) for time, p in zip(seconds.tolist(), row.points)]
        return Automation(points=tuple(points))

    def _joint(self, rows: list[Automation], convert: Callable[..., np.ndarray]) -> Level:
        points = joint_envelope(rows, self._tempo, convert)
        is_at_rest = all(len(row.points) == 1 for row in rows)
        return points[0][1] if is_at_rest else points


def azimuth(balance: Numeric) -> Numeric:
    """A balance of -1…1 as Ardour counts it, 0…1."""
    return (np.asarray(balance) + 1.0) / 2.0


def _both(send_pan: Numeric, channel_pan: Numeric, law: int) -> tuple[Numeric, Numeric]:
    """(gain, balance) of a channel's pan, less the gain that its fader carries, and a send's pan after it."""
    _, balance = to_balance(0.0, channel_pan, law)
    left, right = (np.multiply(*pair) for pair in zip(pan_gains(balance, 2), pan_gains(send_pan, 2)))
    far = np.maximum(left, right)
    safe = np.where(far > 0.0, far, 1.0)
    return far, np.where(left > right, right / safe - 1.0, 1.0 - left / safe)
