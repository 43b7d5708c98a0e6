"""Presets: one file per device, `<channel>/<nn>-<device>`: a .vstpreset, an .fxp, or a .json for a built-in device.

A built-in reverb is also written as an impulse response, for a convolution reverb: its wet output for an impulse on
both channels. The reverb processes the mean of its two inputs, so the impulse response reproduces it exactly wherever
both inputs are equal, as on most sends.
"""

import base64
import json
from pathlib import Path

from dawbridge.audio import write_audio
from dawbridge.devices import DeviceSpec
from dawbridge.devices.states import preset_of_values, preset_suffix
from dawbridge.files import write_bytes
from dawbridge.formats.loss import Loss
from dawbridge.names import file_names, safe_file_name
from dawbridge.session import Device, Rendered, Session, spec_of
from dawbridge.session.model import MASTER, Fader
from dawbridge.session.rendered import INSTRUMENT

NAME = "presets"
SUFFIX = ""


def write(session: Session, rendered: Rendered, path: Path, sources: Path) -> list[Loss]:
    """Fill the folder `path` and return what was lost.

    A plugin's preset is its captured state, else the session's, else one made of its values, else a Loss.
    """
    losses = []
    path.mkdir(parents=True, exist_ok=True)
    faders = {row.name: row for row in session.channels} | {MASTER: session.master}
    folders = file_names(name for name, fader in faders.items() if _positioned(fader))
    for name, fader in faders.items():
        for position, device in _positioned(fader):
            losses += _write_device(path / folders[name], name, position, device, rendered)
    return losses


def _positioned(fader: Fader) -> list[tuple[int, Device]]:
    """The channel's devices by position, its instrument first."""
    instrument = getattr(fader, "instrument", None)
    return [*([(INSTRUMENT, instrument)] if instrument is not None else []), *enumerate(fader.devices)]


def _write_device(folder: Path, channel: str, position: int, device: Device, rendered: Rendered) -> list[Loss]:
    spec, key = spec_of(device), (channel, position)
    name = device.device if device.plugin is None else spec.label
    stem = f"{position + 1:02d}-{safe_file_name(name)}"
    where = f"channel {channel!r} device {position + 1} ({spec.label})"
    losses = [
        Loss(where, f"the automation of {moved}", "a preset holds fixed values", "device.automation")
        for moved in device.automation
    ]
    if device.sidechain is not None:
        what = f"that {device.sidechain.source!r} steers it"
        losses.append(Loss(where, what, "a preset has no sidechain", "device.sidechain"))
    if spec.kind in ("faust", "neural"):
        write_bytes(folder / f"{stem}.json", builtin_preset(device, spec))
        if (impulse := rendered.impulses.get(key)) is not None:
            write_audio(folder / f"{stem}-impulse.wav", impulse)
        return losses
    held = preset_of_values(spec, device.values) if device.state is None else base64.b64decode(device.state)
    if spec.is_hosted and (state := rendered.states.get(key, held)) is not None:
        write_bytes(folder / f"{stem}{preset_suffix(spec)}", state)
        return losses
    return [*losses, _loss(where, device, spec)]


def builtin_preset(device: Device, spec: DeviceSpec) -> bytes:
    """A built-in device's settings as JSON: the value of every parameter, and its unit if it has one."""
    values = spec.defaults | device.values
    units = {parameter.name: parameter.unit for parameter in spec.parameters if parameter.unit}
    content = {"device": spec.name, "label": spec.label, "values": values, "units": units}
    return (json.dumps(content, indent=1) + "\n").encode()


def _loss(where: str, device: Device, spec: DeviceSpec) -> Loss:
    reason = f"it is a {spec.kind} plugin; its state is in session.json"
    if spec.is_hosted:
        reason = "the plugin is not installed here, or saves no presets; its values are in session.json"
    return Loss(where, "its preset", reason, "device.state")
