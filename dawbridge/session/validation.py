"""Checks of a session that its data model cannot make: names, routing, paths, devices, ranges, automation."""

import base64
import binascii
from collections.abc import Mapping
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.devices.states import host_state
from dawbridge.errors import InputError
from dawbridge.params import ParameterSpec
from dawbridge.session.automation import LARGEST_RATIO, LEAST_TEMPO_BEATS, Automation, TempoMap
from dawbridge.session.device_spec import spec_of
from dawbridge.session.model import FOREIGN, MASTER, Channel, Clip, Device, Fader, Session, Track
from dawbridge.session.routing import channel_order

FADER_SPEC = ParameterSpec("fader_db", -120.0, 24.0, 0.0, unit="dB")
PAN_SPEC = ParameterSpec("pan_lr", -1.0, 1.0, 0.0)
CHANNEL_SPECS = {"fader_db": FADER_SPEC, "pan_lr": PAN_SPEC}
SEND_SPECS = {"gain_db": ParameterSpec("gain_db", -120.0, 24.0, 0.0, unit="dB"), "pan_lr": PAN_SPEC}
NO_STATE = "a built-in or neural device has no state, only a hosted plugin has; remove it"


def check_session(session: Session, where: str = "session") -> None:
    """InputError that says where the fault is, what was given, and what is legal."""
    _check_names(session, where)
    _check_tempo(session.tempo, where)
    for track in session.tracks:
        _check_source(track, f"{where}: track {track.name!r}")
        if track.instrument is not None:
            _check_placed(track.instrument, session, f"{where}: track {track.name!r} instrument")
    for channel in session.channels:
        kind = "track" if isinstance(channel, Track) else "bus"
        _check_channel(channel, session, f"{where}: {kind} {channel.name!r}")
    _check_fader(session.master, session, f"{where}: master")
    channel_order(session, where)


def check_device(name: str, values: dict[str, float], where: str) -> None:
    """InputError for an unknown device or parameter, or a value out of range."""
    spec = get_device(name, where)
    for key, value in values.items():
        spec.parameter(key, where).check(value, f"{where} ({name})")


def _check_names(session: Session, where: str) -> None:
    names = [channel.name for channel in session.channels]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        kind = "tracks" if all(twice[0] != bus.name for bus in session.buses) else "channels"
        raise InputError(f"{where}: two {kind} named {twice[0]!r}; rename one")
    if MASTER in names:
        raise InputError(f"{where}: a channel named {MASTER!r}, which is the master's own name; rename it")


def _check_source(track: Track, where: str) -> None:
    sources = {"audio": track.audio, "clips": track.clips, "instrument": track.instrument}
    if len(given := [name for name, value in sources.items() if value]) > 1:
        raise InputError(f"{where}: both {' and '.join(given)}; a track has one of {', '.join(sources)}")
    if track.instrument is None and not track.all_clips:
        raise InputError(f"{where}: audio path is empty; name a file relative to the session")
    if track.start_samples and not track.audio:
        raise InputError(f"{where}: start_samples without audio; its clips have starts of their own")
    if track.midi_clips and track.instrument is None:
        raise InputError(f"{where}: MIDI clips but no instrument; name one")
    for clip in track.all_clips:
        _check_path(clip.audio, "audio", where)
        _check_clip(clip, where)
    for midi_clip in track.midi_clips:
        _check_path(midi_clip.midi, "MIDI", where)
    if track.instrument is not None and not (track.instrument.plugin or spec_of(track.instrument, where).is_instrument):
        raise InputError(f"{where}: {track.instrument.device} is no instrument; put it among the devices")


def _check_path(path: str, kind: str, where: str) -> None:
    if "\0" in path:
        raise InputError(f"{where}: {kind} path {path!r} holds a NUL character")
    if not path or PurePosixPath(path) == PurePosixPath("."):
        raise InputError(f"{where}: {kind} path is empty; name a file relative to the session")


def _check_clip(clip: Clip, where: str) -> None:
    fades = clip.fade_in_samples + clip.fade_out_samples
    if clip.length_samples is not None and fades > clip.length_samples:
        raise InputError(f"{where}: fades of {fades} samples on a clip of {clip.length_samples}; shorten them")


def _check_channel(channel: Channel, session: Session, where: str) -> None:
    buses = {bus.name for bus in session.buses}
    legal = ", ".join([*sorted(buses), MASTER])
    if channel.output not in buses | {MASTER}:
        raise InputError(f"{where}: output {channel.output!r} is no bus; it can be one of {legal}")
    for number, send in enumerate(channel.sends, start=1):
        if send.to not in buses:
            names = ", ".join(sorted(buses)) or "no bus is there"
            raise InputError(f"{where} send {number}: no bus {send.to!r}; it can be one of: {names}")
        _check_automations(send.automation, SEND_SPECS, f"{where} send {number}")
    _check_fader(channel, session, where)


def _check_fader(fader: Fader, session: Session, where: str) -> None:
    _check_automations(fader.automation, CHANNEL_SPECS, where)
    for number, device in enumerate(fader.devices, start=1):
        if spec_of(device, f"{where} device {number}").is_instrument:
            raise InputError(f"{where} device {number}: {device.device} is an instrument; give it to a track as such")
        _check_placed(device, session, f"{where} device {number}")


def _check_placed(device: Device, session: Session, where: str) -> None:
    if (device.device == FOREIGN) != (device.plugin is not None):
        raise InputError(f"{where}: device {device.device!r}; one that is {FOREIGN!r}, and no other, names its plugin")
    if device.plugin is not None:
        return _check_foreign(device, where)
    check_device(device.device, device.values, where)
    spec, location = get_device(device.device, where), f"{where} ({device.device})"
    _check_state(spec, device, where)
    _check_sidechain(device, session, location)
    automated = {name: spec.parameter(name, where) for name in device.automation}
    _check_automations(device.automation, automated, location)


def _check_foreign(device: Device, where: str) -> None:
    """Its values mean something to its DAW alone; its state must be data, and a VST's its own preset."""
    spec = spec_of(device)
    if spec.is_hosted:
        return _check_state(spec, device, where)
    try:
        base64.b64decode(device.state or "", validate=True)
    except ValueError as error:
        raise InputError(f"{where} ({spec.label}): state is not base64 ({error}); remove it") from None


def _check_state(spec: DeviceSpec, device: Device, where: str) -> None:
    """InputError for a state that is no preset of this plugin, before a plugin is fed with it."""
    if device.state is None:
        return
    location = f"{where} ({device.device})"
    if not spec.is_hosted:
        raise InputError(f"{location}: {NO_STATE}")
    try:
        host_state(spec, base64.b64decode(device.state, validate=True))
    except binascii.Error as error:
        raise InputError(f"{location}: state is not base64 ({error}); remove it") from None
    except InputError as error:
        raise InputError(f"{location}: {error}") from None


def _check_sidechain(device: Device, session: Session, where: str) -> None:
    if device.sidechain is None:
        return
    if not spec_of(device).sidechain_channels:
        raise InputError(f"{where}: takes no sidechain; remove it")
    names = [channel.name for channel in session.channels]
    if device.sidechain.source not in names:
        legal = ", ".join(names)
        raise InputError(f"{where}: sidechain {device.sidechain.source!r} is no channel; it can be one of {legal}")


def _check_automations(automations: Mapping[Any, Automation], specs: dict[str, ParameterSpec], where: str) -> None:
    for name, automation in automations.items():
        _check_automation(automation, specs[name], f"{where} automation of {name}")


def _check_automation(automation: Automation, spec: ParameterSpec, where: str) -> None:
    for point in automation.points:
        spec.check(point.value, f"{where} at {point.time:g} {automation.unit}")
    for point, following in pairwise(automation.points):
        if following.time < point.time:
            unit = automation.unit
            raise InputError(f"{where}: {following.time:g} {unit} stands after {point.time:g} {unit}; sort the points")
        if point.shape == "exponential" and not _can_be_exponential(point.value, following.value):
            ends = f"{point.value:g} to {following.value:g}"
            raise InputError(f"{where}: no exponential leads from {ends}; give both ends one sign, or use linear")


def _can_be_exponential(first: float, last: float) -> bool:
    """Whether the two ends have one sign, and a ratio that a float holds with room to spare."""
    low, high = sorted((abs(first), abs(last)))
    return first * last > 0 and high <= low * LARGEST_RATIO


def _check_tempo(tempo: TempoMap, where: str) -> None:
    for kind, rows in (("tempo", tempo.tempos), ("time signature", tempo.signatures)):
        beats = [row.beat for row in rows]
        if beats[0] != 0.0:
            raise InputError(f"{where}: the first {kind} stands at beat {beats[0]:g}; it stands at 0")
        if any(later <= earlier for earlier, later in pairwise(beats)):
            raise InputError(f"{where}: {kind}s at beats {beats}; sort them, one a beat")
        if any(later - earlier < LEAST_TEMPO_BEATS for earlier, later in pairwise(beats)):
            raise InputError(f"{where}: {kind}s at beats {beats}; keep {LEAST_TEMPO_BEATS:g} of a beat between them")
