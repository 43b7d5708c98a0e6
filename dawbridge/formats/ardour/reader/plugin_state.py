"""The state and the parameter values of a plugin processor.

A VST3's chunk is a whole .vstpreset file. A VST2 has a raw chunk or a list of parameters; either becomes an .fxp file.
A plugin without a state, and every LV2, has its values as ports.
"""

import base64
import binascii

import numpy as np
from lxml import etree

from dawbridge.devices import DeviceSpec
from dawbridge.devices.states.fxp import Fxp, decode_fxp, encode_fxp
from dawbridge.devices.states.vstpreset import decode_vstpreset
from dawbridge.errors import InputError
from dawbridge.formats.ardour.parameter_values import Convert, ardour_parameters
from dawbridge.formats.ardour.reader.numbers import parse_number
from dawbridge.formats.loss import Losses
from dawbridge.formats.lv2 import lv2_device
from dawbridge.params import ParameterSpec


def read_state(node: etree._Element, kind: str, class_id: str, losses: Losses, where: str) -> bytes | None:
    """The preset file of a VST; None if it has no state, or one of another plugin (which is a loss)."""
    found = node.find(node.get("type", ""))
    if found is None:
        return None
    try:
        return _vst3_state(found, class_id) if kind == "vst3" else _vst2_state(found, class_id)
    except InputError as error:
        losses.add("foreign.wrong_state", where, str(error))
        return None


def values_of_state(spec: DeviceSpec, state: bytes) -> dict[str, float]:
    """The values in a VST2's list of parameters; empty for any other state.

    They are kept beside the state because some plugins ignore a listed parameter until those before it are set.
    """
    if spec.kind != "vst2" or (listed := decode_fxp(state).parameters) is None:
        return {}
    rows = [row for row in ardour_parameters(spec) if row.index < len(listed)]
    return {row.spec.name: float(row.from_ardour(listed[row.index])) for row in rows}


def values_of_ports(node: etree._Element, spec: DeviceSpec, losses: Losses, where: str) -> dict[str, float]:
    """The values of the plugin's ports, used if it has no state. Raises InputError."""
    found = node.find(node.get("type", ""))
    rows = [] if found is None else found.findall("Port")
    texts = {row.get("symbol") or row.get("id") or "": row.get("value") for row in rows}
    known: dict[str, tuple[ParameterSpec, Convert]]
    if spec.kind == "faust":
        known = {port.symbol: (spec.parameter(port.parameter), np.asarray) for port in lv2_device(spec).ports}
    else:
        known = {str(row.spec.param_id): (row.spec, row.from_ardour) for row in ardour_parameters(spec)}
    values = {}
    for name, text in texts.items():
        if name in known:
            parameter, convert = known[name]
            value = float(convert(parse_number(text, f"{where} port {name!r}", most=1e12)))
            values[parameter.name] = legal_value(parameter, value, losses, where)
    if texts and not known and spec.is_hosted:
        losses.add("foreign.plugin_state", where, "its values, which the document has without a state")
    return values


def legal_value(parameter: ParameterSpec, value: float, losses: Losses, where: str) -> float:
    """The value, or the nearest legal one; a loss if they differ noticeably."""
    if parameter.legal_steps:
        legal = min(parameter.legal_steps, key=lambda step: abs(step - value))
    else:
        legal = min(max(value, parameter.minimum), parameter.maximum)
    if abs(legal - value) > 1e-4 * (parameter.maximum - parameter.minimum):
        losses.add("foreign.parameter", where, f"{parameter.name}={value:g}; it is {legal:g} here")
    return legal


def _vst3_state(found: etree._Element, class_id: str) -> bytes | None:
    if (chunk := found.findtext("chunk")) is None:
        return None
    state = _decoded(chunk)
    preset = decode_vstpreset(state, "its state")
    if preset.class_id.upper() != class_id.upper():
        raise InputError(f"its state is of class {preset.class_id}, the plugin is {class_id}")
    return state


def _vst2_state(found: etree._Element, class_id: str) -> bytes | None:
    digits = class_id.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 11 and -(2**31) <= int(class_id) < 2**31):
        raise InputError(f"{class_id!r} is no id of a VST2")
    if (chunk := found.findtext("chunk")) is not None:
        return encode_fxp(Fxp(int(class_id), chunk=_decoded(chunk)))
    parameters = found.find("parameters")
    if parameters is None or not parameters.attrib:
        return None
    rows: dict[int, float] = {}
    for name, text in parameters.items():
        digits = name.removeprefix("param-")
        if not digits.isdecimal() or len(digits) > 5:
            raise InputError(f"{name!r} is no parameter of a VST2")
        rows[int(digits)] = parse_number(text, f"its {name}", most=1e6)
    values = tuple(min(max(rows.get(index, 0.0), 0.0), 1.0) for index in range(max(rows) + 1))
    return encode_fxp(Fxp(int(class_id), parameters=values, parameter_count=len(values)))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(f"its state is not base64 ({error})") from None
