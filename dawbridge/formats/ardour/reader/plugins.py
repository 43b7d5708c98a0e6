"""Plugin processors → devices: which plugin it is, its state or values, its automation."""

import base64
import binascii
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from lxml import etree

from dawbridge.devices import DeviceSpec, all_devices, find_plugin
from dawbridge.devices.states.fxp import Fxp, decode_fxp, encode_fxp
from dawbridge.devices.states.vstpreset import decode_vstpreset
from dawbridge.errors import InputError
from dawbridge.formats.ardour.parameter_values import ardour_parameters
from dawbridge.formats.ardour.processor_state import encode_processor
from dawbridge.formats.ardour.reader.automation import AutomationLane, lane_of_list, playing_list
from dawbridge.formats.ardour.reader.numbers import is_on, parsed_number
from dawbridge.formats.ardour.reader.stereo_gains import fitted_automation
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.ardour.terms import VST2_TYPES, parameter_id, parameter_index
from dawbridge.formats.loss import Losses
from dawbridge.formats.lv2 import lv2_device
from dawbridge.formats.lv2.ports import URI_PREFIX
from dawbridge.params import ParameterSpec
from dawbridge.session import Automation, Device, ForeignPlugin, Point
from dawbridge.session.model import FOREIGN

_KINDS = {"vst3": "vst3", "lv2": "lv2", "audiounit": "au", "ladspa": "ladspa", "luaproc": "ardour"}
_KINDS |= dict.fromkeys(VST2_TYPES, "vst2")


def is_plugin(node: etree._Element) -> bool:
    """Whether the processor is a plugin."""
    return node.get("type") in _KINDS


def is_instrument(node: etree._Element) -> bool:
    """Whether it makes audio of notes alone."""
    spec = known_spec(node)
    if spec is not None:
        return spec.is_instrument
    counts = [_channel_count(node, tag) for tag in ("ConfiguredInput", "ConfiguredOutput")]
    return counts[0]["audio"] == 0 and counts[1]["audio"] > 0


def width_after(node: etree._Element, width: int) -> int:
    """The channels of audio after the processor."""
    found = node.find("ConfiguredOutput")
    return width if found is None else _channel_count(node, "ConfiguredOutput")["audio"]


def known_spec(node: etree._Element) -> DeviceSpec | None:
    """The device that the plugin is here; None for one that nothing here knows."""
    return _known(_KINDS[node.get("type", "")], node.get("unique-id", "").upper())


def read_device(node: etree._Element, clock: Clock, losses: Losses, where: str) -> Device:
    """The plugin as a device, without what steers it. Raises InputError for absurd numbers."""
    label = node.get("name", "")
    place = f"{where} plugin {label!r}"
    kind, spec = _KINDS[node.get("type", "")], known_spec(node)
    is_bypassed = not is_on(node, "active", True)
    if is_on(node, "custom") and (spec is None or not spec.sidechain_channels):
        losses.add("foreign.pin_map", place, "which of its pins get which signal")
    if spec is None:
        return _foreign(node, kind, is_bypassed, clock, losses, place)
    state = _state(node, kind, spec.class_id, losses, place) if spec.is_hosted else None
    values = _values(node, spec, losses, place) if state is None else _listed(spec, state)
    moves = _automation(node, spec, clock, losses, place)
    return Device(device=spec.name, values=values, is_bypassed=is_bypassed, state=_text(state), automation=moves)


def _known(kind: str, unique_id: str) -> DeviceSpec | None:
    if kind in ("vst3", "vst2"):
        return find_plugin(kind, unique_id)
    if kind != "lv2":
        return None
    builtin = (spec for spec in all_devices().values() if spec.kind == "faust")
    return next((spec for spec in builtin if f"{URI_PREFIX}{spec.name}".upper() == unique_id), None)


def _channel_count(node: etree._Element, tag: str) -> dict[str, int]:
    found = {"audio": 0, "midi": 0}
    for row in node.iterfind(f"{tag}/Channels"):
        digits = row.get("count", "0")
        found[row.get("type", "audio")] = int(digits) if digits.isdecimal() and len(digits) < 5 else 0
    return found


def _text(state: bytes | None) -> str | None:
    return None if state is None else base64.b64encode(state).decode()


def _foreign(node: etree._Element, kind: str, is_bypassed: bool, clock: Clock, losses: Losses, where: str) -> Device:
    unique_id, label = node.get("unique-id", "")[:1000], node.get("name", "")[:1000]
    if kind in ("vst3", "vst2"):
        state = _text(_state(node, kind, unique_id, losses, where))
    else:
        state = encode_processor(node)
    moves = {}
    for row in node.iterfind("Automation/AutomationList"):
        name = row.get("automation-id", "")
        if parameter_index(name) is not None and playing_list(node, name) is row:
            lane = lane_of_list(row, clock, f"{where} {name}")
            moves[name] = fitted_automation(lane, clock.rate)
    plugin = ForeignPlugin(kind=kind, id=unique_id, label=label)
    return Device(device=FOREIGN, plugin=plugin, is_bypassed=is_bypassed, state=state, automation=moves)


def _state(node: etree._Element, kind: str, class_id: str, losses: Losses, where: str) -> bytes | None:
    """The preset's bytes; None where there is none, or one that is not this plugin's."""
    found = node.find(node.get("type", ""))
    try:
        return None if found is None else (_vst3_state if kind == "vst3" else _vst2_state)(found, class_id)
    except InputError as error:
        losses.add("foreign.wrong_state", where, str(error))
        return None


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
    rows = {}
    for name, text in parameters.attrib.items():
        digits = name.removeprefix("param-")
        if not digits.isdecimal() or len(digits) > 5:
            raise InputError(f"{name!r} is no parameter of a VST2")
        rows[int(digits)] = parsed_number(text, f"its {name}", most=1e6)
    values = tuple(min(max(rows.get(place, 0.0), 0.0), 1.0) for place in range(max(rows) + 1))
    return encode_fxp(Fxp(int(class_id), parameters=values, parameter_count=len(values)))


def _listed(spec: DeviceSpec, state: bytes) -> dict[str, float]:
    """The values in a VST2's list of parameters. Some plugins are deaf to what a list says of one before the others."""
    if spec.kind != "vst2" or (listed := decode_fxp(state).parameters) is None:
        return {}
    rows = [row for row in ardour_parameters(spec) if row.index < len(listed)]
    return {row.spec.name: float(row.from_ardour(listed[row.index])) for row in rows}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(f"its state is no base64 ({error})") from None


def _values(node: etree._Element, spec: DeviceSpec, losses: Losses, where: str) -> dict[str, float]:
    """What its ports say, where the state says nothing."""
    found = node.find(node.get("type", ""))
    rows = [] if found is None else found.findall("Port")
    told = {row.get("symbol") or row.get("id"): row.get("value") for row in rows}
    known: dict[str, tuple[ParameterSpec, Callable[[Any], Any]]]
    if spec.kind == "faust":
        ports = {port.symbol: port.parameter for port in lv2_device(spec).ports}
        known = {symbol: (spec.parameter(name), np.asarray) for symbol, name in ports.items()}
    else:
        known = {str(row.spec.param_id): (row.spec, row.from_ardour) for row in ardour_parameters(spec)}
    values = {}
    for name, text in told.items():
        if name in known:
            parameter, convert = known[name]
            value = float(convert(parsed_number(text, f"{where} port {name!r}", most=1e12)))
            values[parameter.name] = _within(parameter, value, losses, where)
    if told and not known and spec.is_hosted:
        losses.add("foreign.plugin_state", where, "its values, which stand there without a state")
    return values


def _automation(
    node: etree._Element, spec: DeviceSpec, clock: Clock, losses: Losses, where: str
) -> dict[str, Automation]:
    known = {parameter_id(row.index): row for row in ardour_parameters(spec)}
    moves = {}
    for row in node.iterfind("Automation/AutomationList"):
        name = row.get("automation-id", "")
        if playing_list(node, name) is not row:
            continue
        if name not in known:
            losses.add("foreign.parameter", where, f"the automation of {name}")
            continue
        parameter, convert = known[name].spec, known[name].from_ardour
        lane = lane_of_list(row, clock, f"{where} {name}")
        fits = [_within(parameter, float(convert(value)), losses, where) for value in lane.values]
        if parameter.legal_steps:
            moves[parameter.name] = _in_steps(lane, fits)
            continue
        bounded = partial(_bounded, convert, min(fits), max(fits))
        moves[parameter.name] = fitted_automation(lane, clock.rate, bounded)
    return moves


def _bounded(convert: Callable[[np.ndarray], np.ndarray], low: float, high: float, plain: np.ndarray) -> np.ndarray:
    return np.clip(convert(plain), low, high)


def _in_steps(lane: AutomationLane, values: list[float]) -> Automation:
    """A parameter of steps: a legal value at each point."""
    shape = "hold" if lane.style == "Discrete" else "linear"
    rows = zip(lane.times, values)
    return Automation(points=tuple(Point(time=max(at, 0.0), value=value, shape=shape) for at, value in rows))


def _within(parameter: ParameterSpec, value: float, losses: Losses, where: str) -> float:
    """The value, or the nearest that is legal."""
    if parameter.legal_steps:
        legal = min(parameter.legal_steps, key=lambda step: abs(step - value))
    else:
        legal = min(max(value, parameter.minimum), parameter.maximum)
    if abs(legal - value) > 1e-4 * (parameter.maximum - parameter.minimum):
        losses.add("foreign.parameter", where, f"{parameter.name}={value:g}; it is {legal:g} here")
    return legal
