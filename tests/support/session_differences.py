"""In what two sessions differ as mixes: field by field, as `losses.toml` names the fields.

Compared is what sounds, not how it is told: audio by its samples, notes by their beats, automation by its curve,
absent values by their defaults, one audio file by the clip it is.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dawbridge.audio import read_audio
from dawbridge.midi_notes import read_notes
from dawbridge.session import Automation, Device, Point, Session, spec_of
from dawbridge.session.automation import curve_of
from dawbridge.session.model import Fader, Track

Difference = tuple[str, str]  # kind, where
LEVEL_DB = 0.01
_NEAR_SAMPLES = 2


def differences(before: Session, before_folder: Path, after: Session, after_folder: Path) -> list[Difference]:
    """(kind, where) of each field that came back changed, each once."""
    return list(dict.fromkeys(_Comparison(before, before_folder, after, after_folder).session()))


class _Comparison:
    def __init__(self, before, before_folder, after, after_folder):
        self.before, self.before_folder = before, before_folder
        self.after, self.after_folder = after, after_folder
        # The order of channels names them: names may change.
        self.renamed = dict(zip((c.name for c in before.channels), (c.name for c in after.channels), strict=False))

    def session(self) -> Iterator[Difference]:
        for name in ("name", "sample_rate", "length_samples", "pre_roll_samples", "tail_s"):
            yield from _if(getattr(self.before, name) != getattr(self.after, name), f"session.{name}", "session")
        yield from _if(not self._same_tempo(), "session.tempo", "session")
        signatures = [
            [(s.beat, s.numerator, s.denominator) for s in x.tempo.signatures] for x in (self.before, self.after)
        ]
        yield from _if(not _close(*signatures), "session.signatures", "session")
        for kind in ("tracks", "buses"):
            rows = getattr(self.before, kind), getattr(self.after, kind)
            yield from _if(len(rows[0]) != len(rows[1]), f"session.{kind}", f"{len(rows[0])} and {len(rows[1])} {kind}")
            for one, other in zip(*rows):
                yield from self.channel(one, other)
        yield from self.fader(self.before.master, self.after.master, "master", "master")

    def _same_tempo(self) -> bool:
        beats = np.linspace(0.0, 400.0, 801)
        return np.allclose(self.before.tempo.seconds(beats), self.after.tempo.seconds(beats), rtol=1e-5, atol=1e-4)

    def channel(self, one, other) -> Iterator[Difference]:
        where = f"channel {one.name!r}"
        yield from _if(one.name != other.name, "channel.name", where)
        yield from _if(abs(one.trim_db - other.trim_db) > LEVEL_DB, "channel.trim_db", where)
        for name in ("is_inverted", "is_muted", "is_soloed"):
            yield from _if(getattr(one, name) != getattr(other, name), f"channel.{name}", where)
        yield from _if(self.renamed.get(one.output, one.output) != other.output, "channel.output", where)
        yield from self.sends(one, other, where)
        if isinstance(one, Track):
            yield from self.track(one, other, where)
        yield from self.fader(one, other, "channel", where)

    def sends(self, one, other, where: str) -> Iterator[Difference]:
        yield from _if(len(one.sends) != len(other.sends), "channel.sends", where)
        # Those before the fader first: their order among the others does not sound.
        rows = (sorted(channel.sends, key=lambda send: not send.is_pre_fader) for channel in (one, other))
        for number, (send, back) in enumerate(zip(*rows), start=1):
            place = f"{where} send {number}"
            yield from _if(self.renamed.get(send.to, send.to) != back.to, "send.to", place)
            for name in ("is_pre_fader", "is_muted"):
                yield from _if(getattr(send, name) != getattr(back, name), f"send.{name}", place)
            stands = {name for name in ("gain_db", "pan_lr") if name not in send.automation}
            if not send.is_pre_fader and _reaches_a_side(one):  # how a send pans what is silent does not sound
                continue
            moved_db = abs(send.gain_db - back.gain_db)
            yield from _if(moved_db > LEVEL_DB and "gain_db" in stands, "send.gain_db", place)
            yield from _if(abs(send.pan_lr - back.pan_lr) > 1e-4 and "pan_lr" in stands, "send.pan_lr", place)
            for name in ("gain_db", "pan_lr"):
                fixed = getattr(send, name), getattr(back, name)
                curves = send.automation.get(name), back.automation.get(name)
                yield from _if(not self._same_curve(*curves, *fixed, 24.0), "send.automation", f"{place} {name}")

    def track(self, one: Track, other: Track, where: str) -> Iterator[Difference]:
        yield from _if(one.channels != other.channels, "track.channels", where)
        yield from _if((one.instrument is None) != (other.instrument is None), "track.instrument", where)
        if one.instrument is not None and other.instrument is not None:
            yield from self.device(one.instrument, other.instrument, f"{where} instrument")
        yield from _if(not self._same_notes(one, other), "track.notes", where)
        clips = sorted(one.all_clips, key=_clip_key), sorted(other.all_clips, key=_clip_key)
        yield from _if(len(clips[0]) != len(clips[1]), "track.clips", where)
        for number, (clip, back) in enumerate(zip(*clips), start=1):
            yield from self.clip(clip, back, f"{where} clip {number}")

    def clip(self, clip, back, where: str) -> Iterator[Difference]:
        for name in ("start_samples", "offset_samples", "fade_in_samples", "fade_out_samples"):
            yield from _if(abs(getattr(clip, name) - getattr(back, name)) > 1, f"clip.{name}", where)
        yield from _if(abs(clip.gain_db - back.gain_db) > LEVEL_DB, "clip.gain_db", where)
        has_fade = clip.fade_in_samples or clip.fade_out_samples
        yield from _if(has_fade and clip.fade_shape != back.fade_shape, "clip.fade_shape", where)
        sounds = [
            _sound(folder / row.audio, session.sample_rate)
            for folder, row, session in (
                (self.before_folder, clip, self.before),
                (self.after_folder, back, self.after),
            )
        ]
        lengths = [_length(row, sound) for row, sound in zip((clip, back), sounds)]
        yield from _if(abs(lengths[0] - lengths[1]) > 1, "clip.length_samples", where)
        heard = [s[:, row.offset_samples :][:, : min(lengths)] for s, row in zip(sounds, (clip, back))]
        is_same = heard[0].shape == heard[1].shape and np.allclose(*heard, atol=1e-6)
        yield from _if(not is_same, "clip.audio", where)

    def fader(self, one: Fader, other: Fader, kind: str, where: str) -> Iterator[Difference]:
        stands = {name for name in ("fader_db", "pan_lr") if name not in one.automation}
        moved_db = abs(one.fader_db - other.fader_db)
        yield from _if(moved_db > LEVEL_DB and "fader_db" in stands, f"{kind}.fader_db", where)
        yield from _if(abs(one.pan_lr - other.pan_lr) > 1e-4 and "pan_lr" in stands, f"{kind}.pan_lr", where)
        for name, span in (("fader_db", 24.0), ("pan_lr", 1.0)):
            fixed = getattr(one, name), getattr(other, name)
            curves = one.automation.get(name), other.automation.get(name)
            yield from _if(not self._same_curve(*curves, *fixed, span), f"{kind}.automation", f"{where} {name}")
        yield from _if(len(one.devices) != len(other.devices), f"{kind}.devices", where)
        for number, (device, back) in enumerate(zip(one.devices, other.devices), start=1):
            yield from self.device(device, back, f"{where} device {number}")

    def device(self, device: Device, back: Device, where: str) -> Iterator[Difference]:
        is_same = (device.device, device.plugin) == (back.device, back.plugin)
        yield from _if(not is_same, "device.device", where)
        if not is_same:
            return
        spec = spec_of(device)
        yield from _if(device.is_bypassed != back.is_bypassed, "device.is_bypassed", where)
        yield from _if(device.state is not None and device.state != back.state, "device.state", where)
        if device.state is None and back.state is None:
            yield from _if(not _same_values(spec, device, back), "device.values", where)
        is_steered = device.sidechain == back.sidechain or self._same_sidechain(device, back)
        yield from _if(not is_steered, "device.sidechain", where)
        for name in sorted({*device.automation, *back.automation}):
            curves = device.automation.get(name), back.automation.get(name)
            span = _span(spec, name)
            is_curve = None not in curves and self._same_curve(*curves, 0.0, 0.0, span, _steps(spec, name))
            yield from _if(not is_curve, "device.automation", f"{where} {name}")

    def _same_sidechain(self, device: Device, back: Device) -> bool:
        if device.sidechain is None or back.sidechain is None:
            return False
        source = self.renamed.get(device.sidechain.source, device.sidechain.source)
        moved = device.sidechain.model_copy(update={"source": source, "gain_db": back.sidechain.gain_db})
        return moved == back.sidechain and abs(device.sidechain.gain_db - back.sidechain.gain_db) < LEVEL_DB

    def _same_curve(self, one, other, fixed: float, back: float, span: float, steps=()) -> bool:
        """The same to 0.2 % of `span`, or as the curve is within two samples: points lie on samples.

        Of a parameter of steps the nearest step counts; it may change a little earlier or later on the way.
        """
        if one is None and other is None:
            return True
        one, other = (Automation(points=(Point(time=0.0, value=value),)) if row is None else row
                      for row, value in ((one, fixed), (other, back)))  # fmt: skip
        rate = self.before.sample_rate
        curves = curve_of(one, self.before.tempo, rate), curve_of(other, self.after.tempo, rate)
        edges = np.array(sorted({*curves[0].samples, *curves[1].samples}))
        inside = np.concatenate([edges[:-1] + np.diff(edges) * share for share in (0.1, 0.5, 0.9)] or [edges])
        at = np.unique(np.concatenate([[0.0], inside, edges[:1] - 3, edges[-1:] + 3]))
        at = at[at >= 0.0]
        near = [curves[0].at(at + shift) for shift in (-_NEAR_SAMPLES, 0, _NEAR_SAMPLES)]
        back = curves[1].at(at)
        slack = (0.02 if len(steps) else 0.002) * span
        low, high = np.min(near, axis=0) - slack, np.max(near, axis=0) + slack
        low, high, back = (_nearest(steps, row) for row in (low, high, back))
        return bool(np.all((back >= low) & (back <= high)))

    def _same_notes(self, one: Track, other: Track) -> bool:
        rows = []
        for track, folder in ((one, self.before_folder), (other, self.after_folder)):
            notes = [
                (clip.start_beats + note.start_beats, note.pitch, note.length_beats, note.velocity)
                for clip in track.midi_clips
                for note in read_notes(folder / clip.midi, clip.channel)
            ]
            rows.append(sorted((round(start, 2), pitch, round(length, 2), v) for start, pitch, length, v in notes))
        return len(rows[0]) == len(rows[1]) and _close(*rows)


def _reaches_a_side(channel: Fader) -> bool:
    """Whether its pan silences a side."""
    row = channel.automation.get("pan_lr")
    values = [channel.pan_lr] if row is None else [point.value for point in row.points]
    return any(abs(value) > 0.999 for value in values)


def _if(is_different: bool, kind: str, where: str) -> Iterator[Difference]:
    if is_different:
        yield kind, where


def _close(one, other) -> bool:
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    return one.shape == other.shape and np.allclose(one, other, atol=0.011)


def _clip_key(clip):
    return clip.start_samples, clip.offset_samples, round(clip.gain_db, 2)


def _sound(path: Path, rate: int) -> np.ndarray:
    samples = read_audio(path, rate).samples
    return np.repeat(samples, 2, axis=0) if len(samples) == 1 else samples


def _length(clip, sound: np.ndarray) -> int:
    rest = max(sound.shape[1] - clip.offset_samples, 0)
    return rest if clip.length_samples is None else min(clip.length_samples, rest)


def _span(spec, name: str) -> float:
    found = [parameter for parameter in spec.parameters if parameter.name == name]
    return found[0].maximum - found[0].minimum if found else 1.0


def _steps(spec, name: str) -> np.ndarray | tuple:
    return next((np.sort(parameter.legal_steps) for parameter in spec.parameters if parameter.name == name), ())


def _nearest(steps, values: np.ndarray) -> np.ndarray:
    return steps[np.abs(values[:, None] - steps).argmin(axis=1)] if len(steps) else values


def _same_values(spec, device: Device, back: Device) -> bool:
    rows = [spec.defaults | row.values for row in (device, back)]
    return rows[0].keys() == rows[1].keys() and all(
        abs(rows[0][name] - rows[1][name]) <= 1e-5 * max(_span(spec, name), 1.0) for name in rows[0]
    )
