"""Devices → elements of a channel's chain.

An `eq`, a `compressor` and a `gain` are the format's generic devices (a gain is an Equalizer without bands); the other
built-in ones are a BuiltinDevice with named parameters, which no DAW has. Hosted plugins carry their preset file.
"""

import base64

import numpy as np
from lxml import etree

from dawbridge.devices import DeviceSpec
from dawbridge.devices.states import preset_of_values, preset_suffix
from dawbridge.formats.dawproject.generic_devices import BANDS, GENERIC, OURS, SHELF_Q, UNIT_OF
from dawbridge.formats.dawproject.writer.context import Draft, Lane, Place
from dawbridge.formats.dawproject.writer.elements import boolean, real, set_facts, sub
from dawbridge.formats.dawproject.writer.foreign import write_foreign
from dawbridge.formats.envelope import envelope
from dawbridge.names import safe_file_name
from dawbridge.params import ParameterSpec
from dawbridge.session import Device, spec_of

_HOSTED = {"vst3": "Vst3Plugin", "vst2": "Vst2Plugin"}


def write_device(parent: etree._Element, device: Device, place: Place, draft: Draft) -> None:
    """Append the device, its automation, its state; report what a DAW will not play of it."""
    spec = spec_of(device)
    if device.plugin is not None:
        return write_foreign(parent, device, place, draft)
    if spec.is_hosted:
        element = _write_hosted(parent, device, spec, place, draft)
    elif device.device in GENERIC:
        element = _write_generic(parent, device, spec, place, draft)
    else:
        element = _write_builtin(parent, device, spec, place, draft)
    _write_sidechain(element, device, place, draft)


def write_trim(parent: etree._Element, trim_db: float, draft: Draft) -> None:
    """A channel's gain before its devices."""
    names = {"deviceID": f"{OURS}trim", "deviceName": "Trim", "deviceRole": "audioFX"}
    element = sub(parent, "Equalizer", **names, id=draft.ids.next())
    real(element, "OutputGain", trim_db, "decibel", draft.ids)


def _write_sidechain(element: etree._Element, device: Device, place: Place, draft: Draft) -> None:
    if device.sidechain is None:
        return
    side = device.sidechain.model_dump() | {"source": draft.channel_id(device.sidechain.source)}
    set_facts(element, {"sidechain": side})
    draft.losses.add("device.sidechain", place.where, f"its sidechain from {device.sidechain.source!r}")


def _write_generic(parent, device: Device, spec: DeviceSpec, place: Place, draft: Draft) -> etree._Element:
    generic, values = GENERIC[device.device], spec.defaults | device.values
    element = _ours(parent, generic.tag, spec, place, draft)
    boolean(element, "Enabled", not device.is_bypassed, draft.ids)
    bands = {}
    for path, (name, unit) in generic.settings.items():
        holder, tag = element, path
        if path.startswith("Band "):
            band, tag = path.split("/")
            holder = bands.get(band)
            if holder is None:
                holder = bands[band] = sub(element, "Band", type=BANDS[int(band.removeprefix("Band "))])
        _write_setting(holder, tag, spec.parameter(name), values[name], unit, device, place, draft)
    for band in bands.values():
        if band.get("type") != "bell":
            real(band, "Q", SHELF_Q, "linear", draft.ids)
        boolean(band, "Enabled", True, draft.ids)
    if device.device != "gain":
        why = "the DAW plays it with an equalizer or compressor of its own, at these settings"
        draft.losses.add("device.device", place.where, "its exact sound", why)
    return element


def _write_builtin(parent, device: Device, spec: DeviceSpec, place: Place, draft: Draft) -> etree._Element:
    element, values = _ours(parent, "BuiltinDevice", spec, place, draft), spec.defaults | device.values
    parameters = sub(element, "Parameters")
    for parameter in spec.parameters:
        unit = UNIT_OF.get(parameter.unit, "linear")
        value = values[parameter.name]
        row = {"name": parameter.name, "min": parameter.minimum, "max": parameter.maximum}
        _write_setting(parameters, "RealParameter", parameter, value, unit, device, place, draft, **row)
    boolean(element, "Enabled", not device.is_bypassed, draft.ids)
    what = f"what the built-in {spec.label} does to the sound: the DAW plays as if it were not there"
    why = "DAWproject has no such device; its settings stand in the project, where dawbridge alone finds them"
    draft.losses.add("device.device", place.where, what, why)
    return element


def _ours(parent, tag: str, spec: DeviceSpec, place: Place, draft: Draft) -> etree._Element:
    names = {"deviceID": OURS + spec.name, "deviceName": spec.label, "deviceVendor": spec.vendor or None}
    return sub(parent, tag, **names, deviceRole=place.role, id=draft.ids.next())


def _write_setting(
    holder, tag: str, parameter: ParameterSpec, value: float, unit: str, device, place, draft, **attributes
) -> None:
    """A parameter in its own unit, and its automation."""
    moves = device.automation.get(parameter.name)
    identity = real(holder, tag, value, unit, draft.ids, **attributes)
    if moves is not None:
        points = envelope(moves, draft.session.tempo, lambda values: values)
        draft.add_lane(place.channel, Lane(identity, unit, points))


def _write_hosted(parent, device: Device, spec: DeviceSpec, place: Place, draft: Draft) -> etree._Element:
    names = {"deviceID": spec.class_id, "deviceName": spec.label, "deviceVendor": spec.vendor or None}
    names |= {"deviceRole": place.role, "loaded": True, "name": spec.label}
    element = sub(parent, _HOSTED[spec.kind], **names, id=draft.ids.next())
    state, values = _state(device, spec, place, draft)
    _write_parameters(element, values, device, spec, place, draft)
    boolean(element, "Enabled", not device.is_bypassed, draft.ids)
    if state is not None:
        sub(element, "State", path=draft.add_state(safe_file_name(spec.name), preset_suffix(spec), state))
    return element


def _state(device: Device, spec: DeviceSpec, place: Place, draft: Draft) -> tuple[bytes | None, dict[str, float]]:
    """(preset or None, values that stand beside it). A captured state holds all values."""
    captured = draft.rendered.states.get((place.channel, place.position))
    if captured is not None:
        return captured, {}
    if device.state is not None:
        return base64.b64decode(device.state), device.values
    if (made := preset_of_values(spec, device.values)) is not None:
        return made, {}
    what = "its state, since the plugin did not run; its values stand in the project"
    draft.losses.add("device.state", place.where, what)
    return None, spec.defaults | device.values


def _write_parameters(element, values: dict[str, float], device: Device, spec, place: Place, draft: Draft) -> None:
    """Values in 0…1, as plugins count them, and automation."""
    rows = [parameter for parameter in spec.parameters if parameter.name in {*values, *device.automation}]
    if not rows:
        return
    parameters = sub(element, "Parameters")
    for parameter in rows:
        moves = device.automation.get(parameter.name)
        value = values.get(parameter.name, moves.points[0].value if moves else 0.0)
        row = {"name": parameter.label or parameter.name, "min": 0.0, "max": 1.0}
        number = parameter.index if parameter.param_id is None else _signed(parameter.param_id)
        place_0to1 = float(position(parameter, value))
        identity = real(parameters, "RealParameter", place_0to1, "normalized", draft.ids, parameterID=number, **row)
        if moves is not None:
            if parameter.legal_steps and any(point.shape == "exponential" for point in moves.points):
                draft.losses.add("device.automation", place.where, f"the way of {parameter.name} from step to step")
            points = envelope(moves, draft.session.tempo, lambda rows, p=parameter: position(p, rows))
            draft.add_lane(place.channel, Lane(identity, "normalized", points))


def position(parameter: ParameterSpec, values):
    """0…1; between the steps of a stepped parameter, in proportion."""
    steps = parameter.legal_steps
    if not steps:
        return parameter.to_0to1(values)
    return np.interp(values, steps, np.linspace(0.0, 1.0, len(steps)))


def _signed(number: int) -> int:
    """A 32-bit number as the schema's signed one."""
    return number - 2**32 if number >= 2**31 else number
