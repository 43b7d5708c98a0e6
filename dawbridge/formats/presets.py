"""Presets: one file per device, `<channel>/<nn>-<device>` a .vstpreset, .fxp, or .json for a built-in one.

A built-in reverb leaves as impulse responses too, for any convolution reverb: what it answers, wet alone, to an impulse
in its left input and in its right. A true-stereo convolution takes both; where the input is the same on both sides, as
on most sends, either one at twice its level will do.
"""

import json
from pathlib import Path

from dawbridge.audio import write_audio
from dawbridge.devices import DeviceSpec
from dawbridge.devices.states import preset_suffix
from dawbridge.files import safe_file_name, write_bytes
from dawbridge.formats.loss import Loss
from dawbridge.session import Device, Rendered, Session, spec_of
from dawbridge.session.model import MASTER

NAME = "presets"
SUFFIX = ""


def write(session: Session, rendered: Rendered, path: Path, sources: Path) -> list[Loss]:
    """Fill the folder `path`. A hosted plugin that did not run has no preset, and a Loss in its place."""
    losses = []
    path.mkdir(parents=True, exist_ok=True)
    for name, devices in [*((row.name, row.devices) for row in session.channels), (MASTER, session.master.devices)]:
        for position, device in enumerate(devices):
            spec = spec_of(device)
            stem = path / safe_file_name(name) / f"{position + 1:02d}-{safe_file_name(device.device)}"
            if not spec.is_hosted:
                write_bytes(stem.with_name(f"{stem.name}.json"), builtin_preset(device, spec))
                if (impulse := rendered.impulses.get((name, position))) is not None:
                    write_audio(stem.with_name(f"{stem.name}-impulse-left.wav"), impulse.left)
                    write_audio(stem.with_name(f"{stem.name}-impulse-right.wav"), impulse.right)
            elif (state := rendered.states.get((name, position))) is not None:
                write_bytes(stem.with_name(stem.name + preset_suffix(spec)), state)
            else:
                losses.append(_loss(name, position, device, spec))
    return losses


def builtin_preset(device: Device, spec: DeviceSpec) -> bytes:
    """A built-in device's settings as JSON: every parameter's value, and its unit where it has one."""
    values = spec.defaults | device.values
    units = {parameter.name: parameter.unit for parameter in spec.parameters if parameter.unit}
    content = {"device": spec.name, "label": spec.label, "values": values, "units": units}
    return (json.dumps(content, indent=1) + "\n").encode()


def _loss(channel: str, position: int, device: Device, spec: DeviceSpec) -> Loss:
    absent = "the plugin is missing here, or saves no presets,"
    reason = "it is bypassed, so it did not run" if device.is_bypassed else absent
    return Loss(
        f"track {channel!r} device {position + 1} ({spec.label})",
        "its preset",
        f"{reason} and gave no state; its values stand in session.json",
    )
