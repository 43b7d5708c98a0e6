"""The automation lists of a plugin processor as automation of a device's parameters."""

from functools import partial

import numpy as np
from lxml import etree

from dawbridge.devices import DeviceSpec
from dawbridge.formats.ardour.parameter_values import Convert, ardour_parameters
from dawbridge.formats.ardour.reader.automation import AutomationLane, parse_lane, playing_list
from dawbridge.formats.ardour.reader.curve_fitting import fit_automation
from dawbridge.formats.ardour.reader.plugin_state import legal_value
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.ardour.terms import parameter_id, parameter_index
from dawbridge.formats.loss import Losses
from dawbridge.session import Automation, Point


def read_automation(
    node: etree._Element, spec: DeviceSpec, clock: Clock, losses: Losses, where: str
) -> dict[str, Automation]:
    """Parameter → automation; a loss for a parameter whose index in Ardour is unknown. Raises InputError."""
    known = {parameter_id(row.index): row for row in ardour_parameters(spec)}
    found = {}
    for name, row in _playing_lists(node):
        if name not in known:
            losses.add("foreign.parameter", where, f"the automation of {name}")
            continue
        parameter, convert = known[name].spec, known[name].from_ardour
        lane = parse_lane(row, clock, f"{where} {name}")
        values = [legal_value(parameter, float(convert(value)), losses, where) for value in lane.values]
        if parameter.legal_steps:
            found[parameter.name] = _stepped(lane, values)
            continue
        bounded = partial(_bounded, convert, min(values), max(values))
        found[parameter.name] = fit_automation(lane, clock.rate, bounded)
    return found


def foreign_automation(node: etree._Element, clock: Clock, where: str) -> dict[str, Automation]:
    """Ardour's automation id → automation, in Ardour's own values, for a plugin without a table. Raises InputError."""
    found = {}
    for name, row in _playing_lists(node):
        if parameter_index(name) is not None:
            found[name] = fit_automation(parse_lane(row, clock, f"{where} {name}"), clock.rate)
    return found


def _playing_lists(node: etree._Element) -> list[tuple[str, etree._Element]]:
    """(automation id, list) of each list that plays; of several with one id, the first that plays."""
    rows = [(row.get("automation-id", ""), row) for row in node.iterfind("Automation/AutomationList")]
    return [(name, row) for name, row in rows if playing_list(node, name) is row]


def _bounded(convert: Convert, low: float, high: float, values: np.ndarray) -> np.ndarray:
    return np.clip(convert(values), low, high)


def _stepped(lane: AutomationLane, values: list[float]) -> Automation:
    """The automation of a stepped parameter; `values`: a legal one at each point of the lane."""
    shape = "hold" if lane.style == "Discrete" else "linear"
    rows = zip(lane.times, values)
    return Automation(points=tuple(Point(time=max(time, 0.0), value=value, shape=shape) for time, value in rows))
