"""A session's sound in plain numpy, double precision, sample by sample as its data says: what renders are held against.

It knows files at the session's own rate, the devices `gain` and `polarity`, and automation of faders, pans and sends.
Solo it leaves to the caller. Nothing of it comes from the package but the data classes.
"""

from pathlib import Path

import numpy as np
import soundfile

from dawbridge.session import Session, Track

WITHIN = 1e-6  # of a render in single precision


def db(level) -> np.ndarray:
    return 10.0 ** (np.asarray(level, np.float64) / 20)


class PlainMix:
    """Every signal of a session [2, n]; n counts the pre-roll, which `mix`, `stem` and `wet` cut off."""

    def __init__(self, session: Session, folder: Path, tail_samples: int = 0):
        self.session, self.folder = session, folder
        self.pre_roll = session.pre_roll_samples
        self.length = self.pre_roll + session.length_samples + tail_samples
        self.channels = {channel.name: channel for channel in session.channels}
        self.after_devices: dict[str, np.ndarray] = {}

    def mix(self) -> np.ndarray:
        total = self._sum_into("master")
        return self._cut(self._fader(self.session.master, self._devices(self.session.master, total), 2))

    def wet(self, name: str) -> np.ndarray:
        return self._cut(self._wet(name))

    def stem(self, name: str) -> np.ndarray:
        return self._cut(self._out(name))

    def _cut(self, samples: np.ndarray) -> np.ndarray:
        return samples[:, self.pre_roll :]

    def _wet(self, name: str) -> np.ndarray:
        if name not in self.after_devices:
            channel = self.channels[name]
            source = self._placed(channel) if isinstance(channel, Track) else self._sum_into(name)
            sign = -1 if channel.is_inverted else 1
            self.after_devices[name] = self._devices(channel, source * db(channel.trim_db) * sign)
        return self.after_devices[name]

    def _out(self, name: str) -> np.ndarray:
        channel = self.channels[name]
        sides = channel.channels if isinstance(channel, Track) else 2
        return self._fader(channel, self._wet(name), sides) * (not channel.is_muted)

    def _sum_into(self, name: str) -> np.ndarray:
        total = np.zeros((2, self.length))
        for channel in self.session.channels:
            if channel.output == name:
                total += self._out(channel.name)
            for send in channel.sends:
                if send.to == name and not send.is_muted and not channel.is_muted:
                    sent = self._wet(channel.name) if send.is_pre_fader else self._out(channel.name)
                    total += self._moved(send, "gain_db", sent, 2)
        return total

    def _devices(self, channel, samples: np.ndarray) -> np.ndarray:
        for device in channel.devices:
            if not device.is_bypassed:
                level = device.values.get("gain_db", 0.0) if device.device == "gain" else 0.0
                inverts = device.device == "polarity" and device.values["inverted"] >= 0.5
                samples = samples * db(level) * (-1 if inverts else 1)
        return samples

    def _fader(self, channel, samples: np.ndarray, sides: int) -> np.ndarray:
        return self._moved(channel, "fader_db", samples, sides)

    def _moved(self, owner, level: str, samples: np.ndarray, sides: int) -> np.ndarray:
        gain, pan = db(self._values(owner, level)), self._values(owner, "pan_lr")
        if sides == 1:
            left, right = np.cos((pan + 1) * np.pi / 4), np.sin((pan + 1) * np.pi / 4)
        else:
            left, right = np.where(pan > 0, 1 - pan, 1), np.where(pan < 0, 1 + pan, 1)
        return samples * np.stack([gain * left, gain * right])

    def _values(self, owner, name: str) -> np.ndarray:
        """[n]: straight lines and steps alone."""
        samples = np.arange(self.length)
        if name not in owner.automation:
            return np.full(self.length, getattr(owner, name))
        automation = owner.automation[name]
        beat_s = 60 / self.session.tempo.tempos[0].bpm if automation.unit == "beats" else 1.0
        points = automation.points
        places = [round(point.time * beat_s * self.session.sample_rate) + self.pre_roll for point in points]
        values = np.full(self.length, points[0].value)
        for n, (place, point) in enumerate(zip(places, points)):
            values[max(place, 0) :] = point.value
            if point.shape == "linear" and n + 1 < len(points):
                inside = (samples >= place) & (samples < places[n + 1])
                share = (samples - place) / max(places[n + 1] - place, 1)
                values[inside] = (point.value + share * (points[n + 1].value - point.value))[inside]
        return values

    def _placed(self, track: Track) -> np.ndarray:
        placed = np.zeros((2, self.length))
        for clip in track.all_clips:
            samples = soundfile.read(self.folder / clip.audio, always_2d=True)[0].T
            for n in range(samples.shape[1]):
                in_clip, at = n - clip.offset_samples, clip.start_samples + n - clip.offset_samples + self.pre_roll
                length = clip.length_samples
                length = samples.shape[1] - clip.offset_samples if length is None else length
                if 0 <= in_clip < length and 0 <= at < self.length:
                    placed[:, at] += samples[:, n] * db(clip.gain_db) * self._fade(clip, in_clip, length)
        return placed

    @staticmethod
    def _fade(clip, n: int, length: int) -> float:
        shares = [min(n / clip.fade_in_samples, 1) if clip.fade_in_samples else 1]
        shares += [min((length - 1 - n) / clip.fade_out_samples, 1) if clip.fade_out_samples else 1]
        return np.prod(shares if clip.fade_shape == "linear" else np.sin(np.array(shares) * np.pi / 2))
