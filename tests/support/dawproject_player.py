"""Plays a DAWproject in plain numpy, as the format's schema and reference describe it, to check the writer.

It reads the archive with the standard library only and imports nothing from dawbridge. It plays what needs no plugin:
clips with fades and automated gain, faders, pans, sends, groups, equalizers without bands, tempo in beats or seconds.
"""

import zipfile
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import soundfile


class Player:
    """An archive to be played at `rate`, `length` samples long."""

    def __init__(self, path, rate: int, length: int):
        self.rate, self.length, self.archive = rate, length, zipfile.ZipFile(path)
        self.root = ElementTree.fromstring(self.archive.read("project.xml"))
        self.channels = {row.get("id"): row for row in self.root.iter("Channel")}
        self.lanes = {row.get("track"): row for row in self.root.find("Arrangement/Lanes")}
        self.tracks = {row.find("Channel").get("id"): row for row in self.root.iter("Track")}
        self.points = {row.find("Target").get("parameter"): row for row in self.root.iter("Points")}
        self._before = {}

    def mix(self) -> np.ndarray:
        """The master's output [2, length]."""
        master = next(identity for identity, row in self.channels.items() if row.get("role") == "master")
        return self._after(master)

    def value(self, element) -> np.ndarray:
        """A parameter's value at every sample, in its own unit."""
        points = self.points.get(element.get("id"))
        if points is None:
            return np.full(self.length, float(element.get("value")))
        assert points.get("timeUnit") == "seconds" and points.get("unit") == element.get("unit")
        return self._curve(points, np.arange(self.length) / self.rate)

    def clips(self, track: str):
        """(time, duration, playStart, content) of the clips of a track."""
        for clip in self.lanes[track].iterfind("Clips/Clip"):
            assert clip.get("contentTimeUnit") == "seconds"
            yield *(float(clip.get(name)) for name in ("time", "duration", "playStart")), clip

    def _curve(self, points, at: np.ndarray) -> np.ndarray:
        rows = [row for row in points if row.tag == "RealPoint"]
        assert all(row.get("interpolation") == "linear" for row in rows)
        times, values = (np.array([float(row.get(name)) for row in rows]) for name in ("time", "value"))
        assert np.all(np.diff(times) >= 0)
        indices = np.clip(np.searchsorted(times, at + 1e-9, side="right") - 1, 0, len(times) - 1)
        following = np.minimum(indices + 1, len(times) - 1)
        share = np.clip((at - times[indices]) / np.maximum(times[following] - times[indices], 1e-12), 0, 1)
        return values[indices] + share * (values[following] - values[indices])

    def _source(self, identity: str) -> np.ndarray:
        total = np.zeros((2, self.length))
        for time, duration, start, clip in self.clips(self.tracks[identity].get("id")):
            content = next(iter(clip))
            file = (content if content.tag == "Audio" else content.find("Audio")).find("File")
            samples, rate = soundfile.read(BytesIO(self.archive.read(file.get("path"))), always_2d=True)
            assert rate == self.rate
            first, count, offset = (round(value * rate) for value in (time, duration, start))
            sound = np.zeros((count, 2))
            piece = samples[offset : offset + count]
            sound[: len(piece)] = piece
            sound *= self._clip_gain(clip, content, count, offset)[:, None]
            end = min(first + count, self.length)
            total[:, first:end] += sound.T[:, : end - first]
        return total

    def _clip_gain(self, clip, content, count: int, offset: int) -> np.ndarray:
        at, gain = np.arange(count), np.ones(count)
        for row in content.iterfind("Points"):
            assert row.find("Target").get("expression") == "gain" and row.get("unit") == "linear"
            gain = gain * self._curve(row, (at + offset) / self.rate)
        assert clip.get("fadeTimeUnit", "seconds") == "seconds"
        rise, fall = (float(clip.get(name, 0)) * self.rate for name in ("fadeInTime", "fadeOutTime"))
        gain = gain * np.clip(at / max(rise, 1e-9), 0, 1) if rise else gain
        return gain * np.clip((count - 1 - at) / fall, 0, 1) if fall else gain

    def _signal(self, identity: str) -> np.ndarray:
        """The channel's signal before its fader [2, length]."""
        if identity not in self._before:
            total = self._source(identity)
            for other, row in self.channels.items():
                if other == identity or _is(row.find("Mute"), "true"):
                    continue
                if row.get("destination") == identity:
                    total = total + self._after(other)
                for send in row.iterfind(f"Sends/Send[@destination='{identity}']"):
                    total = total + self._sent(other, send)
            for device in self.channels[identity].iterfind("Devices/*"):
                total = total * self._gain_of(device)
            self._before[identity] = total
        return self._before[identity]

    def _gain_of(self, device) -> np.ndarray:
        assert device.tag == "Equalizer" and device.find("Band") is None
        is_off = _is(device.find("Enabled"), "false")
        return np.ones(self.length) if is_off else 10.0 ** (self.value(device.find("OutputGain")) / 20)

    def _after(self, identity: str) -> np.ndarray:
        return self._signal(identity) * self._level(self.channels[identity])

    def _sent(self, identity: str, send) -> np.ndarray:
        if _is(send.find("Enable"), "false"):
            return np.zeros((2, self.length))
        signal = self._signal(identity) if send.get("type") == "pre" else self._after(identity)
        return signal * self._level(send)

    def _level(self, row) -> np.ndarray:
        """[2, n]: volume, and pan as a stereo balance."""
        volume, pan = self.value(row.find("Volume")), self.value(row.find("Pan"))
        return volume * np.stack([np.minimum(1, 2 - 2 * pan), np.minimum(1, 2 * pan)])


def _is(element, text: str) -> bool:
    return element is not None and element.get("value") == text
