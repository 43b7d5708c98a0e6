"""Plugins as processors: type, id, state, automation, and the input that steers them from the side.

A VST3's state is the very bytes of a .vstpreset; a VST2's is its raw chunk, or its parameters where it has none; an
LV2's is its ports' values. What only Ardour knows goes back as it came: its whole element is its state.
"""

import base64
from itertools import pairwise

import numpy as np
from lxml import etree
from lxml.builder import E

from dawbridge.devices import DeviceSpec
from dawbridge.devices.states.fxp import Fxp, decode_fxp, encode_fxp
from dawbridge.errors import InputError
from dawbridge.formats.ardour.own_processor import own_processor
from dawbridge.formats.ardour.parameter_values import ardour_parameters
from dawbridge.formats.ardour.terms import VST2_TYPE, parameter_id, parameter_index
from dawbridge.formats.ardour.writer.context import DeviceSlot, ExportContext
from dawbridge.formats.ardour.writer.elements import automation, number_text, processor
from dawbridge.formats.ardour.writer.input_pins import is_custom, pins
from dawbridge.formats.ardour.writer.names import legal_text
from dawbridge.formats.ardour.writer.stepped_ramps import in_steps
from dawbridge.formats.lv2 import lv2_device
from dawbridge.params import ParameterSpec
from dawbridge.session import Automation, Device, spec_of


def plugin(device: Device, context: ExportContext, place: DeviceSlot) -> etree._Element:
    """The processor of a device that can live in Ardour; what it cannot have there becomes a loss of the scene's."""
    spec = spec_of(device)
    if device.plugin is not None and not spec.is_hosted:
        node = own_processor(device, context.ids)
    elif spec.kind == "faust":
        node = _processor(spec, "lv2", lv2_device(spec).uri, context)
        node.append(_lv2_state(device, spec))
    else:
        node = _hosted(device, spec, context, place)
    node.set("active", str(int(not device.is_bypassed)))
    _add_automation(node, device, spec, context, place)
    if spec.sidechain_channels:
        node.extend(pins(device, spec, context, place))
    return node


def _processor(spec: DeviceSpec, kind: str, unique_id: str, context: ExportContext) -> etree._Element:
    count = str(2 // spec.channels)
    custom = str(int(is_custom(spec)))
    return processor(legal_text(spec.label), kind, context.ids, unique_id=unique_id, count=count, custom=custom)


def _lv2_state(device: Device, spec: DeviceSpec) -> etree._Element:
    values = spec.defaults | device.values
    ports = lv2_device(spec).ports
    return E.lv2(*[E.Port(symbol=port.symbol, value=number_text(values[port.parameter])) for port in ports])


def _hosted(device: Device, spec: DeviceSpec, context: ExportContext, place: DeviceSlot) -> etree._Element:
    if not spec.class_id:
        raise InputError(f"{place.text}: the table of {spec.name} has no class id; scan the plugin again")
    state = context.state(place)
    if state is None and device.state is not None:
        state = base64.b64decode(device.state)
    _note_absence(device, spec, context, place)
    kind = "vst3" if spec.kind == "vst3" else VST2_TYPE
    node = _processor(spec, kind, spec.class_id, context)
    fill = _vst3_state if kind == "vst3" else _vst2_state
    node.append(fill(etree.Element(kind), device, spec, state, context, place))
    return node


def _note_absence(device: Device, spec: DeviceSpec, context: ExportContext, place: DeviceSlot) -> None:
    if context.state(place) is None and not device.is_bypassed and context.is_missing(spec, place):
        context.losses.add("session.mix", place.text, "its part in the mix")


def _vst3_state(
    node: etree._Element,
    device: Device,
    spec: DeviceSpec,
    state: bytes | None,
    context: ExportContext,
    place: DeviceSlot,
) -> etree._Element:
    if state is not None:
        node.append(E.chunk(base64.b64encode(state).decode()))
        return node
    values = spec.defaults | device.values
    known = ardour_parameters(spec)
    for row in known:
        value = number_text(row.to_ardour(values[row.spec.name]))
        node.append(E.Port(id=str(row.spec.param_id), value=value))
    if device.values and not known:
        context.losses.add("device.values", place.text, f"its values ({', '.join(sorted(device.values))})")
    return node


def _vst2_state(
    node: etree._Element,
    device: Device,
    spec: DeviceSpec,
    state: bytes | None,
    context: ExportContext,
    place: DeviceSlot,
) -> etree._Element:
    if state is not None:
        program = decode_fxp(state, place.text)
        bare = encode_fxp(Fxp(program.plugin_id, parameters=program.parameters, chunk=program.chunk))
        if device.state is not None and bare != state:
            context.losses.add("device.state", place.text, "what surrounds the state in its preset file")
        if program.chunk is not None:
            node.append(E.chunk({"program": "0"}, base64.b64encode(program.chunk).decode()))
            return node
        values = dict(enumerate(program.parameters or ()))
    else:
        given = spec.defaults | device.values
        values = {row.index: float(row.to_ardour(given[row.spec.name])) for row in ardour_parameters(spec)}
    if values:
        node.append(E.parameters({f"param-{index}": number_text(value) for index, value in values.items()}))
    return node


def _add_automation(
    node: etree._Element, device: Device, spec: DeviceSpec, context: ExportContext, place: DeviceSlot
) -> None:
    known = {row.spec.name: row for row in ardour_parameters(spec)} if device.plugin is None else {}
    lists = []
    for name, row in device.automation.items():
        if name in known:
            index: int = known[name].index
            convert = known[name].to_ardour
            _note_steps(row, known[name].spec, context, place)
        elif device.plugin is not None and (foreign_index := parameter_index(name)) is not None:
            index, convert = foreign_index, float_values
        else:
            context.losses.add("device.automation", place.text, f"the automation of {name}")
            continue
        if whose := _moves_at_blocks(spec):
            late = f"Ardour moves {whose}'s parameters at its own blocks of audio alone"
            context.losses.add("device.automation", place.text, f"the exact time of the automation of {name}", late)
        points = context.envelopes.parameter(row, convert)
        if name in known and not whose and not known[name].spec.legal_steps:
            points = in_steps(points, [float(convert(end)) for end in _ends(known[name].spec)], context.sample_rate)
        lists.append(automation(parameter_id(index), points, context.sample_rate, context.ids))
    if lists:
        node.insert(0, E.Automation(*lists))


def _moves_at_blocks(spec: DeviceSpec) -> str:
    """What the plugin is, if Ardour gives such new values between blocks alone; else empty."""
    if spec.kind == "vst3":
        return "a VST3"
    return "an LV2 instrument" if spec.kind == "faust" and spec.is_instrument else ""


def _note_steps(row: Automation, parameter: ParameterSpec, context: ExportContext, place: DeviceSlot) -> None:
    ramps = [a for a, b in pairwise(row.points) if a.shape != "hold" and a.value != b.value and a.time < b.time]
    if parameter.legal_steps and ramps:
        context.losses.add(
            "device.automation", place.text, f"ramps of {parameter.name}", "it has steps: it jumps there"
        )


def _ends(parameter: ParameterSpec) -> tuple[float, float]:
    return parameter.minimum, parameter.maximum


def float_values(values: np.ndarray) -> np.ndarray:
    """A foreign plugin's values are Ardour's own."""
    return values
