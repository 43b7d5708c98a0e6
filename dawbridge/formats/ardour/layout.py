"""What of a Session stands where in an Ardour session: tracks, their audio, plugins, fader and balance.

A chain of hosted plugins stays a chain: dry audio, the plugins with their states, fader, balance. A chain
with a built-in device becomes two tracks: the dry audio (muted), and the chain's output as audio ("printed").

Both of our pan laws become Ardour's stereo balance, which turns the far side down linearly: with L >= R the
fader is L and the azimuth R / 2L, else the fader is R and the azimuth 1 - L / 2R. So every pair of gains is
met exactly, for mono files too (they stand in both channels).
"""

import base64
import sys
from dataclasses import dataclass, replace

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.devices.states import host_state
from dawbridge.devices.states.fxp import decode_fxp
from dawbridge.errors import InputError
from dawbridge.formats.ardour.names import free_name
from dawbridge.formats.loss import Loss
from dawbridge.session import Device, Rendered, Session, Track, channel_gains

_VST2_TYPE = {"win32": "windows-vst", "darwin": "mac-vst"}.get(sys.platform, "lxvst")


@dataclass(frozen=True)
class ArdourPlugin:
    """A plugin of a track.

    type:       Ardour's: vst3, lxvst, ...
    preset:     VST3: a .vstpreset's bytes; VST2: the plugin's raw chunk; None: see `values`
    values:     without a preset: VST3 ParamID → plain value; VST2: position → value in 0..1
    instances:  how many stand side by side on the stereo track
    """

    type: str
    label: str
    unique_id: str
    instances: int
    is_active: bool
    preset: bytes | None
    values: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class ArdourTrack:
    """A stereo track.

    track:   the session track's name
    is_wet:  its audio is the chain's output, else the dry audio
    fader:   linear gain; one beyond the +6 dB where Ardour's faders end plays as written until it is touched
    azimuth: of the balance, 0 left, 1 right
    """

    name: str
    track: str
    is_wet: bool
    fader: float
    azimuth: float
    is_muted: bool
    plugins: tuple[ArdourPlugin, ...] = ()


def make_layout(session: Session, rendered: Rendered) -> tuple[list[ArdourTrack], list[Loss]]:
    """The Ardour session's tracks in order, and what could not be carried."""
    tracks, losses, taken = [], [], set()
    for track in session.tracks:
        fader, azimuth = fader_and_azimuth(*channel_gains(track, session.pan_law))
        name = free_name(track.name, taken)
        if name != track.name:
            losses.append(Loss(_place(track), "its name", f"Ardour cannot take it; it is {name!r} there"))
        built_in = [spec.label for spec in _specs(track) if not spec.is_hosted]
        plugins = () if built_in else _plugins(track, rendered, losses)
        tracks.append(ArdourTrack(name, track.name, False, fader, azimuth, track.is_muted, plugins))
        if built_in:
            printed = free_name(f"{name} (printed)", taken)
            tracks[-1] = replace(tracks[-1], is_muted=True)
            tracks.append(ArdourTrack(printed, track.name, True, fader, azimuth, track.is_muted))
            losses.append(_printed_loss(track, built_in, printed, name))
    return tracks, losses


def fader_and_azimuth(left: float, right: float) -> tuple[float, float]:
    """(linear fader, azimuth 0..1) of a stereo balance that gives the gains `left` and `right`."""
    if left == right:
        return left, 0.5
    return (left, right / left / 2.0) if left > right else (right, 1.0 - left / right / 2.0)


def _place(track: Track) -> str:
    return f"track {track.name!r}"


def _specs(track: Track) -> list[DeviceSpec]:
    return [get_device(device.device, _place(track)) for device in track.devices]


def _printed_loss(track: Track, built_in: list[str], printed: str, dry: str) -> Loss:
    return Loss(
        _place(track),
        f"its chain as devices ({', '.join(spec.label for spec in _specs(track))})",
        f"Ardour has no dawbridge {', '.join(built_in)}; the chain's output stands as audio in {printed!r}, "
        f"the dry audio in {dry!r}, muted",
    )


def _plugins(track: Track, rendered: Rendered, losses: list[Loss]) -> tuple[ArdourPlugin, ...]:
    plugins = []
    for position, (device, spec) in enumerate(zip(track.devices, _specs(track), strict=True)):
        where = f"{_place(track)} device {position + 1} ({spec.label})"
        state = rendered.states.get((track.name, position))
        if state is None:
            losses.append(_stateless_loss(device, where))
            state = _session_state(device, spec, where)
        plugins.append(_plugin(device, spec, state, where))
    return tuple(plugins)


def _session_state(device: Device, spec: DeviceSpec, where: str) -> bytes | None:
    """The preset that the session itself holds, once it is known to be this plugin's."""
    if device.state is None:
        return None
    try:
        preset = base64.b64decode(device.state, validate=True)
    except ValueError:
        raise InputError(f"{where}: its state is no base64; remove it or save the session again") from None
    host_state(spec, preset)
    return preset


def _stateless_loss(device: Device, where: str) -> Loss:
    if device.is_bypassed:
        return Loss(where, "its running state", "it is bypassed; the session's values stand there, untried")
    why = "the plugin is missing here, so the render is without it; the session's values stand there, untried"
    return Loss(where, "its sound", why)


def _plugin(device: Device, spec: DeviceSpec, state: bytes | None, where: str) -> ArdourPlugin:
    is_vst3 = spec.kind == "vst3"
    if state is None:
        values = _vst3_values(device, spec) if is_vst3 else _vst2_values(device, spec)
    elif is_vst3:
        values = ()
    else:
        program = decode_fxp(state, where)
        state, values = program.chunk, tuple(enumerate(program.parameters or ()))
    if not spec.class_id:
        raise InputError(f"{where}: the table of {spec.name} has no class id; scan the plugin again")
    return ArdourPlugin(
        type="vst3" if is_vst3 else _VST2_TYPE,
        label=spec.label,
        unique_id=spec.class_id,
        instances=2 // spec.channels,
        is_active=not device.is_bypassed,
        preset=state,
        values=values,
    )


def _vst3_values(device: Device, spec: DeviceSpec) -> tuple[tuple[int, float], ...]:
    values = spec.defaults | device.values
    return tuple((p.param_id, values[p.name]) for p in spec.parameters if p.param_id is not None)


def _vst2_values(device: Device, spec: DeviceSpec) -> tuple[tuple[int, float], ...]:
    values = spec.defaults | device.values
    return tuple((p.index, float(p.to_0to1(values[p.name]))) for p in spec.parameters if p.index is not None)
