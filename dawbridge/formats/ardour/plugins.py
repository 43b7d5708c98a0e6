"""A track's hosted plugins as Ardour writes them: type, id, state.

A VST3's state is the very bytes of a .vstpreset; a VST2's is its raw chunk, or its parameters where it has
none. A plugin that did not run has the state the session holds, else a VST2 its values; a VST3 then has
nothing, since Ardour wants values as the plugin itself counts them, which only the plugin knows.
"""

import base64
import sys
from dataclasses import dataclass

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.devices.states import host_state
from dawbridge.devices.states.fxp import decode_fxp
from dawbridge.errors import InputError
from dawbridge.formats.loss import Loss
from dawbridge.session import Device, Rendered, Track

_VST2_TYPE = {"win32": "windows-vst", "darwin": "mac-vst"}.get(sys.platform, "lxvst")


@dataclass(frozen=True)
class ArdourPlugin:
    """A plugin of a track.

    type:       Ardour's: vst3, lxvst, ...
    chunk:      VST3: a .vstpreset's bytes; VST2: the plugin's raw chunk; None where it has none
    values:     of a VST2 without a chunk: position → value in 0..1
    instances:  how many stand side by side on the stereo track
    """

    type: str
    label: str
    unique_id: str
    instances: int
    is_active: bool
    chunk: bytes | None
    values: tuple[tuple[int, float], ...]


def make_plugins(track: Track, rendered: Rendered, losses: list[Loss]) -> tuple[ArdourPlugin, ...]:
    """The track's devices, all hosted, in order. Appends to `losses` what a plugin that did not run lacks."""
    plugins = []
    for position, device in enumerate(track.devices):
        spec = get_device(device.device)
        where = f"track {track.name!r} device {position + 1} ({spec.label})"
        state = rendered.states.get((track.name, position))
        if state is None:
            state = _session_state(device, spec, where)
            losses.append(_stateless_loss(device, spec, state is not None, where))
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


def _stateless_loss(device: Device, spec: DeviceSpec, has_state: bool, where: str) -> Loss:
    if has_state:
        written = "the state that the session holds was written, untried"
    elif spec.kind == "vst2":
        written = "its values were written, untried"
    else:
        written = "it opens at its defaults; its values stand in session.json"
    if device.is_bypassed:
        return Loss(where, "its running state", f"it is bypassed, there as here; {written}")
    return Loss(where, "its sound", f"the plugin is missing here, so the mix is without it; {written}")


def _plugin(device: Device, spec: DeviceSpec, state: bytes | None, where: str) -> ArdourPlugin:
    is_vst3 = spec.kind == "vst3"
    chunk, values = (state, ()) if is_vst3 else _vst2_state(device, spec, state, where)
    if not spec.class_id:
        raise InputError(f"{where}: the table of {spec.name} has no class id; scan the plugin again")
    return ArdourPlugin(
        type="vst3" if is_vst3 else _VST2_TYPE,
        label=spec.label,
        unique_id=spec.class_id,
        instances=2 // spec.channels,
        is_active=not device.is_bypassed,
        chunk=chunk,
        values=values,
    )


def _vst2_state(
    device: Device, spec: DeviceSpec, state: bytes | None, where: str
) -> tuple[bytes | None, tuple[tuple[int, float], ...]]:
    """(chunk or None, position → value in 0..1)."""
    if state is not None:
        program = decode_fxp(state, where)
        return program.chunk, tuple(enumerate(program.parameters or ()))
    values = spec.defaults | device.values
    placed = [parameter for parameter in spec.parameters if parameter.index is not None]
    return None, tuple((p.index, float(p.to_0to1(values[p.name]))) for p in placed)
