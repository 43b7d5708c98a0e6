"""Writes devices as elements of a channel's chain.

An `eq`, a `compressor` and a `gain` become generic devices of the format: a gain is an Equalizer without bands. The
other built-in devices become a BuiltinDevice with named parameters, which no DAW plays. Plugins have their preset file.
"""

import base64
from functools import partial

import numpy as np
from lxml import etree

from dawbridge.devices import DeviceSpec
from dawbridge.devices.states import preset_of_values, preset_suffix
from dawbridge.formats.dawproject.generic_devices import BANDS, GENERIC, OURS, SHELF_Q, UNIT_OF
from dawbridge.formats.dawproject.writer.context import DeviceSlot, Export, Lane
from dawbridge.formats.dawproject.writer.elements import Value, boolean, real, set_facts, sub
from dawbridge.formats.dawproject.writer.foreign import write_foreign
from dawbridge.formats.envelope import envelope
from dawbridge.names import safe_file_name
from dawbridge.params import ParameterSpec
from dawbridge.session import Device, spec_of

_HOSTED = {"vst3": "Vst3Plugin", "vst2": "Vst2Plugin"}


def write_device(parent: etree._Element, device: Device, slot: DeviceSlot, export: Export) -> None:
    """Append the device, its automation and its state. What a DAW will not play of it is a Loss."""
    spec = spec_of(device)
    if device.plugin is not None:
        return write_foreign(parent, device, device.plugin, slot, export)
    if spec.is_hosted:
        element = _write_hosted(parent, device, spec, slot, export)
    elif device.device in GENERIC:
        element = _write_generic(parent, device, spec, slot, export)
    else:
        element = _write_builtin(parent, device, spec, slot, export)
    _write_sidechain(element, device, slot, export)


def write_trim(parent: etree._Element, trim_db: float, export: Export) -> None:
    """Append a channel's gain before its devices."""
    names = {"deviceID": f"{OURS}trim", "deviceName": "Trim", "deviceRole": "audioFX"}
    element = sub(parent, "Equalizer", **names, id=export.ids.next())
    real(element, "OutputGain", trim_db, "decibel", export.ids)


def _write_sidechain(element: etree._Element, device: Device, slot: DeviceSlot, export: Export) -> None:
    if device.sidechain is None:
        return
    side = device.sidechain.model_dump() | {"source": export.channel_id(device.sidechain.source)}
    set_facts(element, {"sidechain": side})
    export.losses.add("device.sidechain", slot.where, f"its sidechain from {device.sidechain.source!r}")


def _write_generic(
    parent: etree._Element, device: Device, spec: DeviceSpec, slot: DeviceSlot, export: Export
) -> etree._Element:
    generic, values = GENERIC[device.device], spec.defaults | device.values
    element = _ours(parent, generic.tag, spec, slot, export)
    boolean(element, "Enabled", not device.is_bypassed, export.ids)
    bands: dict[str, etree._Element] = {}
    for path, (name, unit) in generic.settings.items():
        holder, tag = element, path
        if path.startswith("Band "):
            band_name, tag = path.split("/")
            if band_name not in bands:
                bands[band_name] = sub(element, "Band", type=BANDS[int(band_name.removeprefix("Band "))])
            holder = bands[band_name]
        _write_setting(holder, tag, spec.parameter(name), values[name], unit, device, slot, export)
    for band in bands.values():
        if band.get("type") != "bell":
            real(band, "Q", SHELF_Q, "linear", export.ids)
        boolean(band, "Enabled", True, export.ids)
    if device.device != "gain":
        why = "the DAW plays it with an equalizer or compressor of its own, at these settings"
        export.losses.add("device.device", slot.where, "its exact sound", why)
    return element


def _write_builtin(
    parent: etree._Element, device: Device, spec: DeviceSpec, slot: DeviceSlot, export: Export
) -> etree._Element:
    element, values = _ours(parent, "BuiltinDevice", spec, slot, export), spec.defaults | device.values
    parameters = sub(element, "Parameters")
    for parameter in spec.parameters:
        unit = UNIT_OF.get(parameter.unit, "linear")
        value = values[parameter.name]
        row: dict[str, Value] = {"name": parameter.name, "min": parameter.minimum, "max": parameter.maximum}
        _write_setting(parameters, "RealParameter", parameter, value, unit, device, slot, export, **row)
    boolean(element, "Enabled", not device.is_bypassed, export.ids)
    what = f"what the built-in {spec.label} does to the sound: the DAW plays as if it were not there"
    why = "DAWproject has no such device; its settings are in the project, but only dawbridge reads them"
    export.losses.add("device.device", slot.where, what, why)
    return element


def _ours(parent: etree._Element, tag: str, spec: DeviceSpec, slot: DeviceSlot, export: Export) -> etree._Element:
    names: dict[str, Value] = {"deviceID": OURS + spec.name, "deviceName": spec.label}
    return sub(parent, tag, **names, deviceVendor=spec.vendor or None, deviceRole=slot.role, id=export.ids.next())


def _write_setting(
    holder: etree._Element,
    tag: str,
    parameter: ParameterSpec,
    value: float,
    unit: str,
    device: Device,
    slot: DeviceSlot,
    export: Export,
    **attributes: Value,
) -> None:
    """Append a parameter in its own unit, and its automation."""
    moves = device.automation.get(parameter.name)
    identity = real(holder, tag, value, unit, export.ids, **attributes)
    if moves is not None:
        points = envelope(moves, export.session.tempo, lambda values: values)
        export.add_lane(slot.channel, Lane(identity, unit, points))


def _write_hosted(
    parent: etree._Element, device: Device, spec: DeviceSpec, slot: DeviceSlot, export: Export
) -> etree._Element:
    names: dict[str, Value] = {"deviceID": spec.class_id, "deviceName": spec.label}
    names |= {"deviceVendor": spec.vendor or None}
    names |= {"deviceRole": slot.role, "loaded": True, "name": spec.label}
    element = sub(parent, _HOSTED[spec.kind], **names, id=export.ids.next())
    state, values = _state(device, spec, slot, export)
    _write_parameters(element, values, device, spec, slot, export)
    boolean(element, "Enabled", not device.is_bypassed, export.ids)
    if state is not None:
        sub(element, "State", path=export.add_state(safe_file_name(spec.name), preset_suffix(spec), state))
    return element


def _state(device: Device, spec: DeviceSpec, slot: DeviceSlot, export: Export) -> tuple[bytes | None, dict[str, float]]:
    """(preset or None, values to write beside it). A captured state holds all values."""
    captured = export.rendered.states.get((slot.channel, slot.position))
    if captured is not None:
        return captured, {}
    if device.state is not None:
        return base64.b64decode(device.state), device.values
    if (made := preset_of_values(spec, device.values)) is not None:
        return made, {}
    what = "its state, since the plugin did not run; its values are in the project"
    export.losses.add("device.state", slot.where, what)
    return None, spec.defaults | device.values


def _write_parameters(
    element: etree._Element,
    values: dict[str, float],
    device: Device,
    spec: DeviceSpec,
    slot: DeviceSlot,
    export: Export,
) -> None:
    """Append the parameters' values, normalized to 0…1 as plugins have them, and their automation."""
    rows = [parameter for parameter in spec.parameters if parameter.name in {*values, *device.automation}]
    if not rows:
        return
    parameters = sub(element, "Parameters")
    for parameter in rows:
        moves = device.automation.get(parameter.name)
        value = values.get(parameter.name, moves.points[0].value if moves else 0.0)
        row: dict[str, Value] = {"name": parameter.label or parameter.name, "min": 0.0, "max": 1.0}
        number = parameter.index if parameter.param_id is None else _signed(parameter.param_id)
        value_0to1 = float(position(parameter, value))
        identity = real(parameters, "RealParameter", value_0to1, "normalized", export.ids, parameterID=number, **row)
        if moves is not None:
            if parameter.legal_steps and any(point.shape == "exponential" for point in moves.points):
                export.losses.add("device.automation", slot.where, f"the way of {parameter.name} from step to step")
            points = envelope(moves, export.session.tempo, partial(position, parameter))
            export.add_lane(slot.channel, Lane(identity, "normalized", points))


def position(parameter: ParameterSpec, values: float | np.ndarray) -> np.ndarray:
    """The values normalized to 0…1; those between the steps of a stepped parameter are interpolated."""
    steps = parameter.legal_steps
    if not steps:
        return np.asarray(parameter.to_0to1(values))
    return np.asarray(np.interp(values, steps, np.linspace(0.0, 1.0, len(steps))))


def _signed(number: int) -> int:
    """An unsigned 32-bit number as the signed one that the schema demands."""
    return number - 2**32 if number >= 2**31 else number
