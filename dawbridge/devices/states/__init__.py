"""Plugin states: conversion between our host's own format and the preset files that other hosts read.

The host's state is what DawDreamer's `save_state` writes: a JUCE blob for VST3, an .fxb bank for VST2. A preset
is a .vstpreset or an .fxp. Bytes go in and bytes come out; no plugin is loaded.
"""

from dawbridge.devices.spec import DeviceSpec
from dawbridge.devices.states.fxp import Fxp, decode_fxp, encode_fxp, fxp_from_fxb, is_empty_bank
from dawbridge.devices.states.juce_state import decode_juce_state, encode_juce_state
from dawbridge.devices.states.vstpreset import VstPreset, decode_vstpreset, encode_vstpreset
from dawbridge.errors import InputError

__all__ = ["host_state", "is_empty_bank", "preset_bytes", "preset_of_values", "preset_suffix"]

_SUFFIX_OF_KIND = {"vst3": ".vstpreset", "vst2": ".fxp"}


def preset_suffix(spec: DeviceSpec) -> str:
    """The file suffix of a hosted plugin's preset: `.vstpreset` or `.fxp`."""
    if spec.kind not in _SUFFIX_OF_KIND:
        raise InputError(f"{spec.name}: a {spec.kind} device has no plugin preset")
    return _SUFFIX_OF_KIND[spec.kind]


def preset_bytes(spec: DeviceSpec, host_state: bytes) -> bytes:
    """The preset file of a state that the host saved. Raises InputError for a foreign or broken state.

    The host must have rendered a block after the last parameter was set, else a VST3 saves the old values.
    """
    where = f"{spec.name} state"
    if preset_suffix(spec) == ".vstpreset":
        component, controller = decode_juce_state(host_state, where)
        return encode_vstpreset(VstPreset(spec.class_id, component, controller))
    return _checked_fxp(spec, fxp_from_fxb(host_state, where), where)


def host_state(spec: DeviceSpec, preset: bytes) -> bytes:
    """What the host's `load_state` takes, from a preset file. Raises InputError for another plugin's preset.

    An .fxp goes in as it is: the host reads programs as well as banks.
    """
    where = f"{spec.name} preset"
    if preset_suffix(spec) == ".fxp":
        return _checked_fxp(spec, preset, where)
    decoded = decode_vstpreset(preset, where)
    _check_class_id(spec, decoded.class_id, where)
    return encode_juce_state(decoded.component, decoded.controller)


def preset_of_values(spec: DeviceSpec, values: dict[str, float]) -> bytes | None:
    """The .fxp of a VST2 with these values. None for every other plugin: only the plugin itself can write its state.

    The table must hold all of the VST2's parameters, else the result is None too. `values` are in physical units;
    parameters without a value get their default.
    """
    indices = [parameter.index for parameter in spec.parameters]
    if spec.kind != "vst2" or not indices or indices != list(range(len(indices))):
        return None
    all_values = spec.defaults | values
    positions = tuple(float(parameter.to_0to1(all_values[parameter.name])) for parameter in spec.parameters)
    return encode_fxp(Fxp(int(spec.class_id), 1, "", parameters=positions))


def _checked_fxp(spec: DeviceSpec, data: bytes, where: str) -> bytes:
    _check_class_id(spec, str(decode_fxp(data, where).plugin_id), where)
    return data


def _check_class_id(spec: DeviceSpec, class_id: str, where: str) -> None:
    if class_id.upper() != spec.class_id.upper():
        raise InputError(
            f"{where}: made for class id {class_id}, {spec.label} is {spec.class_id}; give a preset of this plugin"
        )
