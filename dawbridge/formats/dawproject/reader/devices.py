"""Reads a channel's chain: its instrument, trim and devices. Plugins without a table here become foreign devices."""

import base64
import re
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from lxml import etree
from pydantic import ValidationError

from dawbridge.devices import DeviceSpec, find_plugin
from dawbridge.devices.states import host_state
from dawbridge.devices.states.fxp import fxp_from_fxb
from dawbridge.errors import InputError
from dawbridge.formats.dawproject.generic_devices import OURS
from dawbridge.formats.dawproject.reader.foreign import read_foreign, read_own
from dawbridge.formats.dawproject.reader.generic import Unfit, is_ours, read_builtin, read_generic
from dawbridge.formats.dawproject.reader.project import Project
from dawbridge.formats.dawproject.writer.foreign import TAG_OF_KIND
from dawbridge.params import ParameterSpec
from dawbridge.session import Automation, Device, ForeignPlugin, Sidechain, spec_of
from dawbridge.session.rendered import INSTRUMENT

_KIND_OF_TAG = {tag: kind for kind, tag in TAG_OF_KIND.items()}
_DEVICES = {*_KIND_OF_TAG, "Device", "BuiltinDevice", "Equalizer", "Compressor", "NoiseGate", "Limiter"}
_VST2_ID = re.compile(r"[+-]?\d{1,12}")


@dataclass
class Chain:
    """A channel's devices. `sidechains`: position → the device's sidechain, whose source is still a channel's id."""

    instrument: Device | None = None
    trim_db: float = 0.0
    devices: list[Device] = field(default_factory=list)
    sidechains: dict[int, Sidechain] = field(default_factory=dict)


def read_chain(project: Project, channel: etree._Element | None, where: str) -> Chain:
    """The channel's chain. What cannot be read of it is a Loss."""
    chain = Chain()
    holder = None if channel is None else channel.find("Devices")
    rows = [] if holder is None else [row for row in holder if row.tag in _DEVICES]
    for number, element in enumerate(rows, start=1):
        device_where = f"{where} device {number} ({element.get('deviceName', '')})"
        if element.get("deviceID") == f"{OURS}trim" and not chain.devices and not chain.trim_db:
            chain.trim_db = _trim_db(project, element)
            continue
        for device in _read(project, element, device_where):
            _add(project, chain, device, element, device_where)
    return chain


def _add(project: Project, chain: Chain, device: Device, element: etree._Element, where: str) -> None:
    role = element.get("deviceRole", "audioFX")
    plays = role == "instrument" if device.plugin is not None else spec_of(device).is_instrument
    if role == "noteFX" and not plays:
        project.document.losses.add("foreign.note_fx", where, "an effect on notes")
    elif plays and chain.instrument is not None:
        project.document.losses.add("foreign.instrument", where, "a second instrument on the track")
    elif plays:
        chain.instrument = device
        _add_sidechain(project, chain, INSTRUMENT, element)
    else:
        chain.devices.append(device)
        _add_sidechain(project, chain, len(chain.devices) - 1, element)


def _add_sidechain(project: Project, chain: Chain, position: int, element: etree._Element) -> None:
    sidechain = project.document.facts(element).get("sidechain")
    if sidechain is None:
        return
    try:
        chain.sidechains[position] = Sidechain.model_validate(sidechain)
    except ValidationError:
        raise project.document.fault(element, "comment", "what dawbridge wrote there") from None


def _trim_db(project: Project, element: etree._Element) -> float:
    gain = element.find("OutputGain")
    value = 0.0 if gain is None else project.document.number(gain, "value", 0.0)
    return min(max(value, -120.0), 24.0)


def _read(project: Project, element: etree._Element, where: str) -> list[Device]:
    if element.tag in _KIND_OF_TAG:
        return [_read_plugin(project, element, _KIND_OF_TAG[element.tag], where)]
    plugin = project.document.facts(element).get("plugin")
    if plugin is not None:
        return [_read_carried(project, element, plugin, where)]
    try:
        if element.tag == "BuiltinDevice" and is_ours(element):
            return [read_builtin(project, element)]
        devices = read_generic(project, element)
    except Unfit:
        project.document.losses.add("foreign.device", where, "its sound: no device here can do what it is set to")
        return [read_own(project, element, where)]
    if not is_ours(element):
        project.document.losses.add("foreign.generic_device", where, "its exact sound: ours plays at its settings")
    return devices


def _read_carried(project: Project, element: etree._Element, plugin: object, where: str) -> Device:
    """A plugin of another DAW that dawbridge wrote into this project."""
    try:
        found = ForeignPlugin.model_validate(plugin)
    except ValidationError:
        raise project.document.fault(element, "comment", "what dawbridge wrote there") from None
    return read_foreign(project, element, found, where)


def _read_plugin(project: Project, element: etree._Element, kind: str, where: str) -> Device:
    identity = _identity(element.get("deviceID", ""), kind)
    plugin = ForeignPlugin(kind=kind, id=identity[:1000], label=element.get("deviceName", "")[:1000])
    spec = find_plugin(kind, identity) if identity else None
    if spec is None:
        return read_foreign(project, element, plugin, where)
    values, moves = _parameters(project, element, spec)
    is_on = project.document.flag(element.find("Enabled"), "value", True)
    state = read_state(project, element, spec, where)
    return Device(device=spec.name, values=values, automation=moves, state=state, is_bypassed=not is_on)


def _identity(text: str, kind: str) -> str:
    """The plugin's id as tables have it: 32 capital hex digits of a VST3, the signed decimal number of a VST2."""
    if kind == "vst3":
        return re.sub(r"[-{}]", "", text).upper()
    if kind == "vst2" and _VST2_ID.fullmatch(text):
        number = int(text)
        return str(number - 2**32 if 2**31 <= number < 2**32 else number)
    return text


def read_state(project: Project, element: etree._Element, spec: DeviceSpec, where: str) -> str | None:
    """The preset of a VST in base64; None, and a Loss, if it is missing, broken, or another plugin's."""
    file = element.find("State")
    if file is None:
        return None
    try:
        data = project.archive.read(file.get("path", "").replace("\\", "/"))
        if spec.kind == "vst2":
            data = fxp_from_fxb(data, f"{where} state")
        host_state(spec, data)
    except InputError as error:
        project.document.losses.add("foreign.state", where, f"its state ({error})")
        return None
    return base64.b64encode(data).decode()


def _parameters(
    project: Project, element: etree._Element, spec: DeviceSpec
) -> tuple[dict[str, float], dict[str, Automation]]:
    """(values, automation) of a plugin with a table, whose parameters are named by number."""
    numbers = {row.param_id if row.param_id is not None else row.index: row for row in spec.parameters}
    values: dict[str, float] = {}
    moves: dict[str, Automation] = {}
    for row in element.iterfind("Parameters/RealParameter"):
        if row.get("parameterID") is None:
            continue
        number = project.document.whole(row, "parameterID", -(2**31), 2**31 - 1)
        parameter = numbers.get(number, numbers.get(number % 2**32))
        ends = _ends(project, row)
        if parameter is None or ends is None:
            continue
        found = project.automation(row, partial(_physical, parameter, ends), parameter)
        if found is not None:
            moves[parameter.name] = found
        elif row.get("value") is not None:
            values[parameter.name] = _legal(parameter, project.document.number(row, "value"), ends)
    return values, moves


def _ends(project: Project, row: etree._Element) -> tuple[float, float] | None:
    """The values that mean 0 and 1, the ends of the range; None for a scale that only the plugin knows."""
    if row.get("unit") == "normalized":
        return 0.0, 1.0
    lowest, highest = project.document.number(row, "min", 0.0), project.document.number(row, "max", 0.0)
    return (lowest, highest) if (lowest, highest) == (0.0, 1.0) else None


def _physical(parameter: ParameterSpec, ends: tuple[float, float], values: np.ndarray) -> np.ndarray:
    values_0to1 = np.clip((np.asarray(values) - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0)
    steps = parameter.legal_steps
    if steps:
        return np.interp(values_0to1, np.linspace(0.0, 1.0, len(steps)), steps)
    return parameter.from_0to1(values_0to1)


def _legal(parameter: ParameterSpec, value: float, ends: tuple[float, float]) -> float:
    physical = float(_physical(parameter, ends, np.array(value)))
    if parameter.legal_steps:
        return min(parameter.legal_steps, key=lambda step: abs(step - physical))
    return min(max(physical, parameter.minimum), parameter.maximum)
