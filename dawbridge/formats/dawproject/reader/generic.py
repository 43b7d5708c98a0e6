"""Reads the format's Equalizer and Compressor as `eq`, `gain` and `compressor`, if those can do the same."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from lxml import etree

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.errors import InputError
from dawbridge.formats.dawproject.generic_devices import GENERIC, OURS, SHELF_Q, UNIT_OF
from dawbridge.formats.dawproject.reader.project import Convert, Project
from dawbridge.session import Automation, Device

_SLOTS = {"lowShelf": [0], "bell": [1, 2, 3], "highShelf": [4]}
_SHELF_Q_TOLERANCE = 0.01
_A4_KEY, _A4_HZ = 69.0, 440.0


class Unfit(Exception):
    """No built-in device can do what the device is set to."""


@dataclass(frozen=True)
class Setting:
    """An element that sets our parameter `name`, which is in `unit`; `offset` is added to the element's value."""

    element: etree._Element
    name: str
    unit: str
    offset: float = 0.0


def converter(element: etree._Element, lane_unit: str, wanted: str) -> Convert:
    """The function from an element's unit, or its automation's, to the wanted one. Raises Unfit if there is none."""
    unit = lane_unit or element.get("unit", wanted)
    functions: dict[tuple[str, str], Convert] = {
        ("semitones", "hertz"): lambda keys: _A4_HZ * 2.0 ** ((np.clip(keys, -200, 200) - _A4_KEY) / 12.0),
        ("percent", "linear"): lambda shares: 1.0 / np.maximum(1.0 - np.asarray(shares) / 100.0, 1e-9),
        ("linear", "decibel"): lambda gains: 20.0 * np.log10(np.maximum(gains, 1e-6)),
    }
    if unit == wanted:
        return lambda values: values
    if (unit, wanted) not in functions:
        raise Unfit
    return functions[unit, wanted]


def read_generic(project: Project, element: etree._Element) -> list[Device]:
    """The built-in devices that do the same, in order. Raises Unfit if there are none."""
    if element.tag == "Compressor":
        return [_compressor(project, element)]
    if element.tag != "Equalizer":
        raise Unfit
    bands = _bands(project, element)
    gains = [row for name in ("InputGain", "OutputGain") if (row := element.find(name)) is not None]
    devices = []
    if bands or not gains:
        devices.append(_device(project, "eq", bands, element))
    if not bands or any(_value(project, row, "decibel") or project.arrangement.lanes_of(row) for row in gains):
        devices += [_device(project, "gain", [Setting(row, "gain_db", "decibel")], element) for row in gains]
    return devices


def read_builtin(project: Project, element: etree._Element) -> Device:
    """A built-in device that dawbridge wrote as a BuiltinDevice. Raises Unfit if there is no device of that name."""
    name = element.get("deviceID", "").removeprefix(OURS)
    try:
        spec = get_device(name)
    except InputError:
        raise Unfit from None
    units = {parameter.name: UNIT_OF.get(parameter.unit, "linear") for parameter in spec.parameters}
    rows = ((row, row.get("name", "")) for row in element.iterfind("Parameters/RealParameter"))
    settings = [Setting(row, name, units[name]) for row, name in rows if name in units]
    return _device(project, name, settings, element)


def is_ours(element: etree._Element) -> bool:
    """Whether dawbridge wrote the element."""
    return element.get("deviceID", "").startswith(OURS)


def _bands(project: Project, element: etree._Element) -> list[Setting]:
    free = {kind: list(slots) for kind, slots in _SLOTS.items()}
    settings: list[Setting] = []
    for band in element.iterfind("Band"):
        if not project.document.flag(band.find("Enabled"), "value", True) and not is_ours(element):
            continue
        slots = free.get(band.get("type", ""))
        if not slots or band.get("order", "2") not in ("1", "2"):
            raise Unfit
        settings += _band(project, band, slots.pop(0))
    return settings


def _band(project: Project, band: etree._Element, slot: int) -> list[Setting]:
    if band.find("Freq") is None or band.find("Gain") is None:
        raise Unfit
    rows, start = GENERIC["eq"].settings, f"Band {slot}/"
    tags = {path.removeprefix(start): row for path, row in rows.items() if path.startswith(start)}
    shelf_q = band.find("Q")
    if (
        "Q" not in tags
        and shelf_q is not None
        and abs(_value(project, shelf_q, "linear") - SHELF_Q) > _SHELF_Q_TOLERANCE
    ):
        raise Unfit
    found = [(band.find(tag), row) for tag, row in tags.items()]
    return [Setting(element, *row) for element, row in found if element is not None]


def _compressor(project: Project, element: etree._Element) -> Device:
    if project.document.flag(element.find("AutoMakeup"), "value", False):
        raise Unfit
    own = element.get("deviceID", "").removeprefix(OURS)
    name = own if own in ("compressor", "sidechain_compressor") else "compressor"
    drive_db = 0.0
    settings: list[Setting] = []
    if (drive := element.find("InputGain")) is not None:
        drive_db = _value(project, drive, "decibel")
        if project.arrangement.lanes_of(drive):
            raise Unfit
    offsets = {"Threshold": -drive_db, "OutputGain": drive_db}
    for tag, (parameter, unit) in GENERIC["compressor"].settings.items():
        row = element.find(tag)
        if row is not None:
            settings.append(Setting(row, parameter, unit, offsets.get(tag, 0.0)))
        elif tag != "OutputGain":
            raise Unfit
    device = _device(project, name, settings, element)
    if drive_db and "makeup_db" not in device.values:
        added = {"makeup_db": _legal(get_device(name), "makeup_db", drive_db)}
        return device.model_copy(update={"values": device.values | added})
    return device


def _value(project: Project, element: etree._Element, unit: str) -> float:
    return float(converter(element, "", unit)(np.array(project.document.number(element, "value", 0.0))))


def _device(project: Project, name: str, settings: list[Setting], element: etree._Element) -> Device:
    spec = get_device(name)
    values: dict[str, float] = {}
    moves: dict[str, Automation] = {}
    for setting in settings:
        lanes = project.arrangement.lanes_of(setting.element)
        value = _value(project, setting.element, setting.unit) + setting.offset
        if lanes:
            convert = partial(_converted, converter(setting.element, lanes[0].unit, setting.unit), setting.offset)
            for converted in convert(np.array([value for _, value in lanes[0].points])):
                _legal(spec, setting.name, float(converted))
            found = project.automation(setting.element, convert, spec.parameter(setting.name))
            moves |= {setting.name: found} if found else {}
        values[setting.name] = _legal(spec, setting.name, value)
    is_on = project.document.flag(element.find("Enabled"), "value", True)
    return Device(device=name, values=values, automation=moves, is_bypassed=not is_on)


def _converted(convert: Convert, offset: float, values: np.ndarray) -> np.ndarray:
    return convert(values) + offset


def _legal(spec: DeviceSpec, name: str, value: float) -> float:
    """The legal value nearest to `value`. Raises Unfit if it is outside the parameter's range."""
    parameter = spec.parameter(name)
    slack = 1e-6 * (parameter.maximum - parameter.minimum)
    if parameter.legal_steps:
        return min(parameter.legal_steps, key=lambda step: abs(step - value))
    if not parameter.minimum - slack <= value <= parameter.maximum + slack:
        raise Unfit
    return min(max(value, parameter.minimum), parameter.maximum)
