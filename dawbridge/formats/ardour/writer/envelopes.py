"""A session's automation as points for Ardour, with times rounded to whole samples as in the render."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from dawbridge.formats.balance import fixed, to_balance
from dawbridge.formats.envelope import envelope, joint_envelope
from dawbridge.formats.few_points import EnvelopePoint
from dawbridge.pan import pan_gains
from dawbridge.session import Automation, TempoMap
from dawbridge.session.automation import LATEST_TIME, Point
from dawbridge.session.model import Fader, Send
from dawbridge.units import db_to_gain

ControlValue = float | list[EnvelopePoint]  # a constant, or points (seconds, value)


class Envelopes:
    """Makes the points of one session, from its tempo map and sample rate."""

    def __init__(self, tempo: TempoMap, sample_rate: int) -> None:
        self._tempo, self._sample_rate = tempo, sample_rate

    def fader(self, channel: Fader, channels: int) -> tuple[ControlValue, ControlValue]:
        """(linear gain, azimuth 0…1) of a channel's fader and pan; `channels` of audio at the pan."""
        db = self._on_samples(channel.automation.get("fader_db"), channel.fader_db)
        pan = self._on_samples(channel.automation.get("pan_lr"), channel.pan_lr)
        gain = self._joint([db, pan], lambda db, pan: to_balance(db, pan, channels)[0])
        return gain, self._joint([pan], lambda pan: azimuth(to_balance(0.0, pan, channels)[1]))

    def send(self, send: Send, channel: Fader, channels: int) -> tuple[ControlValue, ControlValue]:
        """(linear gain, azimuth 0…1) of a send.

        A session's post-fader send comes after the channel's pan, but Ardour's leaves before it. So the channel's pan
        is part of such a send's values.
        """
        db = self._on_samples(send.automation.get("gain_db"), send.gain_db)
        pan = self._on_samples(send.automation.get("pan_lr"), send.pan_lr)
        own, width = self._on_samples(channel.automation.get("pan_lr"), channel.pan_lr), channels
        if send.is_pre_fader:
            own, width = fixed(0.0), 2
        gain = self._joint([db, pan, own], lambda db, pan, own: db_to_gain(db) * _both_pans(pan, own, width)[0])
        return gain, self._joint([pan, own], lambda pan, own: azimuth(_both_pans(pan, own, width)[1]))

    def parameter(self, row: Automation, convert: Callable[[np.ndarray], np.ndarray]) -> list[EnvelopePoint]:
        """The points of a device parameter, with its values converted by `convert`."""
        return envelope(self._on_samples(row, 0.0), self._tempo, convert)

    def _on_samples(self, row: Automation | None, value: float) -> Automation:
        """The automation with its times on samples; without any, a constant `value`."""
        if row is None:
            return fixed(value)
        times = np.array([point.time for point in row.points], dtype=np.float64)
        seconds = self._tempo.seconds(times) if row.unit == "beats" else times
        seconds = np.minimum(np.rint(seconds * self._sample_rate) / self._sample_rate, LATEST_TIME)
        points = [Point(time=time, value=p.value, shape=p.shape) for time, p in zip(seconds.tolist(), row.points)]
        return Automation(points=tuple(points))

    def _joint(self, rows: list[Automation], convert: Callable[..., np.ndarray]) -> ControlValue:
        points = joint_envelope(rows, self._tempo, convert)
        is_constant = all(len(row.points) == 1 for row in rows)
        return points[0][1] if is_constant else points


def azimuth(balance: ArrayLike) -> np.ndarray:
    """A balance of -1…1 in Ardour's range 0…1."""
    return (np.asarray(balance) + 1.0) / 2.0


def _both_pans(send_pan: ArrayLike, channel_pan: ArrayLike, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """(linear gain, balance) of a channel's pan followed by a send's pan, without the gain that the fader carries."""
    _, balance = to_balance(0.0, channel_pan, channels)
    left, right = (np.multiply(*pair) for pair in zip(pan_gains(balance, 2), pan_gains(send_pan, 2)))
    louder = np.maximum(left, right)
    safe = np.where(louder > 0.0, louder, 1.0)
    return louder, np.where(left > right, right / safe - 1.0, 1.0 - left / safe)
