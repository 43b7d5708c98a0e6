"""One preset file becomes a Device: a .vstpreset, an .fxp, or the .json of a built-in device (`presets`).

Which plugin a preset was made for its class id tells; a table must know it.
"""

import base64
from pathlib import Path

from pydantic import ConfigDict, Field

from dawbridge.devices import DeviceSpec, all_devices
from dawbridge.devices.states.fxp import decode_fxp
from dawbridge.devices.states.vstpreset import decode_vstpreset
from dawbridge.errors import InputError
from dawbridge.files import check_is_file
from dawbridge.session import Device
from dawbridge.session.file import json_object, validated
from dawbridge.session.frozen_model import FrozenModel
from dawbridge.session.validation import check_device

SUFFIXES = (".vstpreset", ".fxp", ".json")
MAX_BYTES = 64 * 2**20
PRESET_VERSION = 1


class _Preset(FrozenModel):
    """What of a preset's JSON counts: the rest is for people."""

    model_config = ConfigDict(extra="ignore")
    device: str
    values: dict[str, float] = Field(default_factory=dict)


def read_preset(path: Path) -> Device:
    """The device that the file sets. Raises InputError where it is no preset, or no table knows its plugin."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: no preset; give a file that ends in {', '.join(SUFFIXES)}")
    data = _read(path)
    if suffix == ".json":
        return _from_json(data, str(path))
    if suffix == ".fxp":
        spec = _known("vst2", str(decode_fxp(data, str(path)).plugin_id), path)
    else:
        spec = _known("vst3", decode_vstpreset(data, str(path)).class_id, path)
    return Device(device=spec.name, state=base64.b64encode(data).decode())


def _read(path: Path) -> bytes:
    check_is_file(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES >> 20} MiB; this is no preset")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error}); check the path") from None


def _from_json(data: bytes, where: str) -> Device:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not JSON ({error})") from None
    preset = validated(_Preset, json_object(text, where, PRESET_VERSION), where)
    check_device(preset.device, preset.values, where)
    return Device(device=preset.device, values=preset.values)


def _known(kind: str, class_id: str, path: Path) -> DeviceSpec:
    for _, spec in sorted(all_devices().items()):
        if spec.kind == kind and spec.class_id.upper() == class_id.upper():
            return spec
    cure = "where the plugin is installed, scan it; else give the sound before and after it"
    raise InputError(f"{path}: made for the {kind} class id {class_id}, which no table knows; {cure}")
