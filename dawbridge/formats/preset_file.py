"""Reads one preset file as a Device: a .vstpreset, an .fxp, or the .json of a built-in device (see `presets`).

The class id in a plugin's preset says for which plugin it is. A plugin table must have it.
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
    """The fields of a preset's JSON that are read; the others are for people."""

    model_config = ConfigDict(extra="ignore")
    device: str
    values: dict[str, float] = Field(default_factory=dict)


def read_preset(path: Path) -> Device:
    """The device with the file's settings. Raises InputError if it is no preset, or of a plugin without a table."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: no preset; give a file that ends in {', '.join(SUFFIXES)}")
    data = _read(path)
    if suffix == ".json":
        return _from_json(data, str(path))
    if suffix == ".fxp":
        spec = _spec_of_class("vst2", str(decode_fxp(data, str(path)).plugin_id), path)
    else:
        spec = _spec_of_class("vst3", decode_vstpreset(data, str(path)).class_id, path)
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


def _spec_of_class(kind: str, class_id: str, path: Path) -> DeviceSpec:
    for _, spec in sorted(all_devices().items()):
        if spec.kind == kind and spec.class_id.upper() == class_id.upper():
            return spec
    cure = "where the plugin is installed, scan it; else give the sound before and after it"
    raise InputError(f"{path}: made for the {kind} class id {class_id}, which no table knows; {cure}")
