"""Devices as plugin processors: type, id, state, automation, and sidechain input.

A VST3's state is a whole .vstpreset file. A VST2's is its raw chunk, or its parameters if it has no chunk. An LV2's is
the values of its ports. A plugin that only Ardour knows keeps its whole element as its state.
"""

import base64

from lxml import etree
from lxml.builder import E

from dawbridge.devices import DeviceSpec
from dawbridge.devices.states.fxp import Fxp, decode_fxp, encode_fxp
from dawbridge.errors import InputError
from dawbridge.formats.ardour.parameter_values import ardour_parameters
from dawbridge.formats.ardour.processor_state import decode_processor
from dawbridge.formats.ardour.terms import VST2_TYPE
from dawbridge.formats.ardour.writer.context import DeviceLocation, ExportContext
from dawbridge.formats.ardour.writer.elements import number_text, processor
from dawbridge.formats.ardour.writer.names import legal_text
from dawbridge.formats.ardour.writer.pin_mapping import has_custom_pins, sidechain_elements
from dawbridge.formats.ardour.writer.plugin_automation import plugin_automation
from dawbridge.formats.lv2 import lv2_device
from dawbridge.session import Device, spec_of


def plugin_processor(device: Device, context: ExportContext, location: DeviceLocation) -> etree._Element:
    """The processor of a device that Ardour can host; what Ardour cannot carry of it is added to the losses."""
    spec = spec_of(device)
    if device.plugin is not None and not spec.is_hosted:
        node = decode_processor(device, context.ids)
    elif spec.kind == "faust":
        node = _processor(spec, "lv2", lv2_device(spec).uri, context)
        node.append(_lv2_state(device, spec))
    else:
        node = _hosted(device, spec, context, location)
    node.set("active", str(int(not device.is_bypassed)))
    if (lists := plugin_automation(device, spec, context, location)) is not None:
        node.insert(0, lists)
    if spec.sidechain_channels:
        node.extend(sidechain_elements(device, spec, context, location))
    return node


def _processor(spec: DeviceSpec, kind: str, unique_id: str, context: ExportContext) -> etree._Element:
    count = str(2 // spec.channels)
    custom = str(int(has_custom_pins(spec)))
    return processor(legal_text(spec.label), kind, context.ids, unique_id=unique_id, count=count, custom=custom)


def _lv2_state(device: Device, spec: DeviceSpec) -> etree._Element:
    values = spec.defaults | device.values
    ports = lv2_device(spec).ports
    return E.lv2(*[E.Port(symbol=port.symbol, value=number_text(values[port.parameter])) for port in ports])


def _hosted(device: Device, spec: DeviceSpec, context: ExportContext, location: DeviceLocation) -> etree._Element:
    if not spec.class_id:
        raise InputError(f"{location.description}: the table of {spec.name} has no class id; scan the plugin again")
    state = context.state(location)
    if state is None and not device.is_bypassed and context.is_missing(spec, location):
        context.losses.add("session.mix", location.description, "its part in the mix")
    if state is None and device.state is not None:
        state = base64.b64decode(device.state)
    kind = "vst3" if spec.kind == "vst3" else VST2_TYPE
    node = _processor(spec, kind, spec.class_id, context)
    fill = _vst3_state if kind == "vst3" else _vst2_state
    node.append(fill(etree.Element(kind), device, spec, state, context, location))
    return node


def _vst3_state(
    node: etree._Element,
    device: Device,
    spec: DeviceSpec,
    state: bytes | None,
    context: ExportContext,
    location: DeviceLocation,
) -> etree._Element:
    """`node`, filled with the state; without one, with the values as Ardour has them."""
    if state is not None:
        node.append(E.chunk(base64.b64encode(state).decode()))
        return node
    values = spec.defaults | device.values
    known = ardour_parameters(spec)
    for row in known:
        value = number_text(row.to_ardour(values[row.spec.name]))
        node.append(E.Port(id=str(row.spec.param_id), value=value))
    if device.values and not known:
        names = ", ".join(sorted(device.values))
        context.losses.add("device.values", location.description, f"its values ({names})")
    return node


def _vst2_state(
    node: etree._Element,
    device: Device,
    spec: DeviceSpec,
    state: bytes | None,
    context: ExportContext,
    location: DeviceLocation,
) -> etree._Element:
    """`node`, filled with the chunk or the parameters of the state; without one, with the values."""
    if state is not None:
        program = decode_fxp(state, location.description)
        bare = encode_fxp(Fxp(program.plugin_id, parameters=program.parameters, chunk=program.chunk))
        if device.state is not None and bare != state:
            what = "the preset file around its state"
            context.losses.add("device.state", location.description, what)
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
