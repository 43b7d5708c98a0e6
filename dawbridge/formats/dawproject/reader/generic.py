"""The format's Equalizer and Compressor → our `eq`, `gain`, `compressor`, where they say no more than those can."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from lxml import etree

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.errors import InputError
from dawbridge.formats.dawproject.generic_devices import GENERIC, OURS, SHELF_Q, UNIT_OF
from dawbridge.formats.dawproject.reader.project import Project
from dawbridge.session import Device

_SLOTS = {"lowShelf": [0], "bell": [1, 2, 3], "highShelf": [4]}
_SHELF_Q_SLACK = 0.01
_A4_KEY, _A4_HZ = 69.0, 440.0


class Unfit(Exception):
    """The device says what ours cannot."""


@dataclass(frozen=True)
class Setting:
    """An element that sets our parameter `name`, which counts in `unit`; `offset` is added to what it says."""

    element: etree._Element
    name: str
    unit: str
    offset: float = 0.0


def converter(element: etree._Element, lane_unit: str, wanted: str) -> Callable:
    """Values in an element's unit, or its automation's, → in the wanted one. Raises Unfit where there is no way."""
    unit = lane_unit or element.get("unit", wanted)
    ways = {
        ("semitones", "hertz"): lambda keys: _A4_HZ * 2.0 ** ((np.clip(keys, -200, 200) - _A4_KEY) / 12.0),
        ("percent", "linear"): lambda shares: 1.0 / np.maximum(1.0 - np.asarray(shares) / 100.0, 1e-9),
        ("linear", "decibel"): lambda gains: 20.0 * np.log10(np.maximum(gains, 1e-6)),
    }
    if unit == wanted:
        return lambda values: values
    if (unit, wanted) not in ways:
        raise Unfit
    return ways[unit, wanted]


def read_generic(project: Project, element: etree._Element) -> list[Device]:
    """The devices that do the same, in order. Raises Unfit."""
    if element.tag == "Compressor":
        return [_compressor(project, element)]
    if element.tag != "Equalizer":
        raise Unfit
    bands = _bands(project, element)
    gains = [row for name in ("InputGain", "OutputGain") if (row := element.find(name)) is not None]
    devices = []
    if bands or not gains:
        devices.append(_device(project, "eq", bands, element))
    if not bands or any(_value(project, row, "decibel") or project.laid.lanes.get(row.get("id")) for row in gains):
        devices += [_device(project, "gain", [Setting(row, "gain_db", "decibel")], element) for row in gains]
    return devices


def read_builtin(project: Project, element: etree._Element) -> Device:
    """A device of ours that the format has not. Raises Unfit where there is none of that name now."""
    name = element.get("deviceID", "").removeprefix(OURS)
    try:
        spec = get_device(name)
    except InputError:
        raise Unfit from None
    rows = [row for row in element.iterfind("Parameters/RealParameter") if row.get("name") in spec.defaults]
    units = {parameter.name: UNIT_OF.get(parameter.unit, "linear") for parameter in spec.parameters}
    settings = [Setting(row, row.get("name"), units[row.get("name")]) for row in rows]
    return _device(project, name, settings, element)


def is_ours(element: etree._Element) -> bool:
    return element.get("deviceID", "").startswith(OURS)


def _bands(project: Project, element: etree._Element) -> list[Setting]:
    free, settings = {kind: list(slots) for kind, slots in _SLOTS.items()}, []
    for band in element.iterfind("Band"):
        if not project.document.flag(band.find("Enabled"), "value", True) and not is_ours(element):
            continue
        slots = free.get(band.get("type"))
        if not slots or band.get("order", "2") not in ("1", "2"):
            raise Unfit
        settings += _band(project, band, slots.pop(0))
    return settings


def _band(project: Project, band: etree._Element, slot: int) -> list[Setting]:
    if band.find("Freq") is None or band.find("Gain") is None:
        raise Unfit
    rows, start = GENERIC["eq"].settings, f"Band {slot}/"
    places = {path.removeprefix(start): row for path, row in rows.items() if path.startswith(start)}
    shelf_q = band.find("Q")
    if "Q" not in places and shelf_q is not None and abs(_value(project, shelf_q, "linear") - SHELF_Q) > _SHELF_Q_SLACK:
        raise Unfit
    found = [(band.find(place), row) for place, row in places.items()]
    return [Setting(element, *row) for element, row in found if element is not None]


def _compressor(project: Project, element: etree._Element) -> Device:
    if project.document.flag(element.find("AutoMakeup"), "value", False):
        raise Unfit
    own = element.get("deviceID", "").removeprefix(OURS)
    name = own if own in ("compressor", "sidechain_compressor") else "compressor"
    drive_db, settings = 0.0, []
    if (drive := element.find("InputGain")) is not None:
        drive_db = _value(project, drive, "decibel")
        if project.laid.lanes.get(drive.get("id")):
            raise Unfit
    offsets = {"Threshold": -drive_db, "OutputGain": drive_db}
    for place, (parameter, unit) in GENERIC["compressor"].settings.items():
        row = element.find(place)
        if row is not None:
            settings.append(Setting(row, parameter, unit, offsets.get(place, 0.0)))
        elif place != "OutputGain":
            raise Unfit
    device = _device(project, name, settings, element)
    if drive_db and "makeup_db" not in device.values:
        added = {"makeup_db": _legal(get_device(name), "makeup_db", drive_db)}
        return device.model_copy(update={"values": device.values | added})
    return device


def _value(project: Project, element: etree._Element, unit: str) -> float:
    return float(converter(element, "", unit)(project.document.number(element, "value", 0.0)))


def _device(project: Project, name: str, settings: list[Setting], element: etree._Element) -> Device:
    spec, values, moves = get_device(name), {}, {}
    for setting in settings:
        lanes = project.laid.lanes.get(setting.element.get("id"), [])
        value = _value(project, setting.element, setting.unit) + setting.offset
        if lanes:
            convert = converter(setting.element, lanes[0].unit, setting.unit)
            _check(spec, setting.name, np.array([value for _, value in lanes[0].points]), convert, setting.offset)
            parameter = spec.parameter(setting.name)
            found = project.automation(
                setting.element, lambda rows, c=convert, o=setting.offset: c(rows) + o, parameter
            )
            moves |= {setting.name: found} if found else {}
        values[setting.name] = _legal(spec, setting.name, value)
    is_on = project.document.flag(element.find("Enabled"), "value", True)
    return Device(device=name, values=values, automation=moves, is_bypassed=not is_on)


def _check(spec: DeviceSpec, name: str, values: np.ndarray, convert: Callable, offset: float) -> None:
    for value in convert(values) + offset:
        _legal(spec, name, float(value))


def _legal(spec: DeviceSpec, name: str, value: float) -> float:
    parameter = spec.parameter(name)
    near = 1e-6 * (parameter.maximum - parameter.minimum)
    if parameter.legal_steps:
        return min(parameter.legal_steps, key=lambda step: abs(step - value))
    if not parameter.minimum - near <= value <= parameter.maximum + near:
        raise Unfit
    return min(max(value, parameter.minimum), parameter.maximum)
