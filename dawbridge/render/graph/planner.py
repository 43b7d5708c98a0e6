"""From a session to its Plan: files, plugins and values are resolved for this machine."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from dawbridge.curve import Curve
from dawbridge.errors import InputError, PluginError, reason_of
from dawbridge.files import check_is_file
from dawbridge.render.farm.job import AUTOMATED_BLOCK_SIZE, BLOCK_SIZE, JobDevice
from dawbridge.render.graph.file_warnings import audio_notes
from dawbridge.render.graph.gain_path import GainPath, Stage
from dawbridge.render.graph.midi import clip_notes, on_samples
from dawbridge.render.graph.nodes import Node, NodeMaker, Signal
from dawbridge.render.graph.plan import Plan, StripPlan
from dawbridge.render.graph.resolve import resolve_curves, resolve_device
from dawbridge.render.graph.sources import Clips, Notes, Piece, Source, Sum
from dawbridge.session.automation import Automation, TempoMap, curve_of
from dawbridge.session.model import MASTER, Bus, Channel, Clip, Device, Fader, Send, Session, Track
from dawbridge.session.routing import channel_order, heard_edges
from dawbridge.units import db_to_gain

TEMPO_PPQN = 24


def quick_digest(path: Path) -> str:
    """A text that identifies a file's content within one run: path, size and time. Raises InputError for no file."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({reason_of(error)}); check the path") from None
    return f"{path}:{status.st_size}:{status.st_mtime_ns}"


def make_plan(
    session: Session,
    folder: Path,
    allows_missing: bool = False,
    digest: Callable[[Path], str] = quick_digest,
    tail_samples: int = 0,
    block_size: int = BLOCK_SIZE,
) -> Plan:
    """The plan of a session whose audio paths are relative to `folder`. `digest` identifies an audio file's content.

    Raises PluginError for a plugin that is quarantined or not installed. With `allows_missing` it is left out instead,
    and the plan names it. Raises InputError for routing in a loop, and for audio and MIDI files that cannot be read.
    """
    return _Planner(session, folder, allows_missing, digest, tail_samples, block_size).plan()


class _Planner:
    """Plans the channels one by one, each after those that feed it."""

    def __init__(
        self,
        session: Session,
        folder: Path,
        allows_missing: bool,
        digest: Callable[[Path], str],
        tail_samples: int,
        block_size: int,
    ):
        self.session, self.folder, self.allows_missing, self.digest = session, folder, allows_missing, digest
        self.tail_samples, self.block_size = tail_samples, block_size
        self.length = session.pre_roll_samples + session.length_samples + tail_samples
        pre_roll_s = session.pre_roll_samples / session.sample_rate
        bpm = _bpm(session.tempo, pre_roll_s, self.length / session.sample_rate - pre_roll_s)
        self.maker = NodeMaker(session.sample_rate, self.length, bpm)
        self.heard = heard_edges(session)
        self.strips: dict[str, StripPlan] = {}
        self.bypassed: list[str] = []

    def plan(self) -> Plan:
        session, channels = self.session, {channel.name: channel for channel in self.session.channels}
        for name in channel_order(session):
            self.strips[name] = self._strip(name, channels.get(name, session.master))
        return Plan(
            session.sample_rate,
            session.length_samples,
            session.pre_roll_samples,
            self.tail_samples,
            tuple(self.strips[name] for name in (*channels, MASTER)),
            self.maker.nodes,
            tuple(self.bypassed),
            tuple(note for track in session.tracks for note in audio_notes(track, self.folder, session.sample_rate)),
        )

    def _strip(self, name: str, channel: Fader) -> StripPlan:
        where = _where(name, channel)
        devices, positions = self._devices(channel, where)
        block_size = self._block(devices)
        dry = self._source(name, channel)
        source = self.maker.sum("", [Signal(dry)], _trim_gain(channel), block_size) if isinstance(dry, Node) else dry
        node = self.maker.strip(name, source, devices, block_size)
        gains = GainPath((self._stage(channel, channel.fader_db, "fader_db", _channels(channel)),))
        is_heard = not isinstance(channel, Channel) or self._is_heard(channel, channel.output)
        return StripPlan(channel, name, dry, node, devices, positions, gains, is_heard)

    def _devices(self, channel: Fader, where: str) -> tuple[tuple[JobDevice, ...], tuple[int, ...]]:
        """The channel's devices as they are hosted, and their positions in its chain, from 0."""
        rows = [(index, self._device(d, f"{where} device {index + 1}")) for index, d in enumerate(channel.devices)]
        hosted = {index: device for index, device in rows if device is not None}
        return tuple(hosted.values()), tuple(hosted)

    def _device(self, device: Device, where: str) -> JobDevice | None:
        """The device as it is hosted. None where it is bypassed, or missing and `allows_missing`."""
        if device.is_bypassed:
            return None
        session = self.session
        curves = resolve_curves(device, session.tempo, session.sample_rate, session.pre_roll_samples)
        starts = {row.parameter: float(row.curve.at(np.zeros(1))[0]) for row in curves}
        try:
            resolved = resolve_device(device.model_copy(update={"values": device.values | starts}), where)
        except PluginError as missing:
            if not self.allows_missing:
                raise
            self.bypassed.append(f"{missing.plugin} on {where.rpartition(' device ')[0] or where}")
            return None
        return replace(resolved, curves=curves, sidechain=self._sidechain(device))

    def _sidechain(self, device: Device) -> Sum | None:
        if device.sidechain is None:
            return None
        source = self.strips[device.sidechain.source]
        gains = GainPath() if device.sidechain.is_pre_fader else source.gains
        return self.maker.sum("", [Signal(source.node, gains)], db_to_gain(device.sidechain.gain_db), self.block_size)

    def _source(self, name: str, channel: Fader) -> Source | Node:
        if not isinstance(channel, Track):
            return self.maker.sum(name, self._inputs(name), _trim_gain(channel), self.block_size)
        if channel.instrument is not None:
            return self._played(channel, channel.instrument)
        pieces = tuple(self._piece(clip, name) for clip in channel.all_clips)
        return Clips(self.length, self.session.sample_rate, pieces, _trim_gain(channel))

    def _played(self, track: Track, device: Device) -> Node:
        """The node of a track's instrument. It is silent where the instrument is bypassed or missing."""
        instrument = self._device(device, f"track {track.name!r} instrument")
        session = self.session
        notes = [note for clip in track.midi_clips for note in clip_notes(clip, self.folder, session.tempo)]
        rows = on_samples(notes, session.sample_rate, session.pre_roll_samples, self.length)
        source = Notes(self.length, rows if instrument else ())
        players = (instrument,) if instrument else ()
        return self.maker.strip(f"{track.name}, instrument", source, players, self._block(players))

    def _block(self, devices: tuple[JobDevice, ...]) -> int:
        return AUTOMATED_BLOCK_SIZE if any(device.curves for device in devices) else self.block_size

    def _piece(self, clip: Clip, track: str) -> Piece:
        path = self.folder / clip.audio
        try:
            check_is_file(path)
            digest = self.digest(path)
        except InputError as error:
            raise InputError(f"track {track!r}: {error}") from None
        return Piece(
            path=str(path.absolute()),
            digest=digest,
            start_samples=clip.start_samples + self.session.pre_roll_samples,
            offset_samples=clip.offset_samples,
            length_samples=clip.length_samples,
            gain=db_to_gain(clip.gain_db),
            fade_in_samples=clip.fade_in_samples,
            fade_out_samples=clip.fade_out_samples,
            fade_shape=clip.fade_shape,
        )

    def _inputs(self, name: str) -> list[Signal]:
        """The signals that go into a bus or the master, in the channels' order."""
        signals = []
        for channel in self.session.channels:
            if not self._is_heard(channel, name):
                continue
            strip = self.strips[channel.name]
            if channel.output == name:
                signals.append(Signal(strip.node, strip.gains))
            signals += [self._sent(strip, send) for send in channel.sends if send.to == name and not send.is_muted]
        return signals

    def _is_heard(self, channel: Channel, target: str) -> bool:
        """Whether the channel's signal to `target` is heard: it is not muted, and no solo excludes it."""
        return not channel.is_muted and (channel.name, target) in self.heard

    def _sent(self, strip: StripPlan, send: Send) -> Signal:
        stage = self._stage(send, send.gain_db, "gain_db", 2)
        before = () if send.is_pre_fader else strip.gains.stages
        return Signal(strip.node, GainPath((*before, stage)))

    def _stage(self, owner: Fader | Send, level_db: float, level_name: str, channels: int) -> Stage:
        moves: Mapping[str, Automation] = dict(owner.automation.items())
        level = self._curve(moves.get(level_name), level_db)
        return Stage(level, self._curve(moves.get("pan_lr"), owner.pan_lr), channels)

    def _curve(self, automation: Automation | None, fixed: float) -> float | Curve:
        if automation is None:
            return fixed
        session = self.session
        return curve_of(automation, session.tempo, session.sample_rate, session.pre_roll_samples)


def _channels(channel: Fader) -> int:
    return channel.channels if isinstance(channel, Track) and channel.instrument is None else 2


def _trim_gain(channel: Fader) -> float:
    """The linear gain before the devices, negative where the polarity is inverted. The master has none."""
    if not isinstance(channel, Channel):
        return 1.0
    return db_to_gain(channel.trim_db) * (-1.0 if channel.is_inverted else 1.0)


def _where(name: str, channel: Fader) -> str:
    if isinstance(channel, Track):
        return f"track {name!r}"
    return f"bus {name!r}" if isinstance(channel, Bus) else name


def _bpm(tempo: TempoMap, pre_roll_s: float, length_s: float) -> tuple[float, ...]:
    """The tempo as the host takes it: one value, or one for each 24th of a beat until the end."""
    first = tempo.tempos[0].bpm
    if len(tempo.tempos) == 1:
        return (first,)
    before = pre_roll_s * first / 60.0
    most = int((before + max(row.bpm for row in tempo.tempos) / 60.0 * length_s + 1) * TEMPO_PPQN)
    beats = np.maximum(np.arange(most) / TEMPO_PPQN - before, 0.0)
    return tuple(tempo.bpm_at(beats[tempo.seconds(beats) <= length_s]).tolist())
