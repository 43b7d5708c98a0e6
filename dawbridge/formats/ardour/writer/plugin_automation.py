"""The automation of a device's parameters as lists of a plugin processor."""

from itertools import pairwise
from typing import Any

from lxml import etree
from lxml.builder import E

from dawbridge.devices import DeviceSpec
from dawbridge.formats.ardour.parameter_values import ardour_parameters
from dawbridge.formats.ardour.terms import parameter_id, parameter_index
from dawbridge.formats.ardour.writer.context import DeviceLocation, ExportContext
from dawbridge.formats.ardour.writer.elements import automation
from dawbridge.formats.ardour.writer.ramps import subdivide_ramps
from dawbridge.params import ParameterSpec
from dawbridge.session import Automation, Device


def plugin_automation(
    device: Device, spec: DeviceSpec, context: ExportContext, location: DeviceLocation
) -> etree._Element | None:
    """The `Automation` element; None if no parameter moves.

    Adds a loss for parameters whose index in Ardour is unknown, for ramps of stepped parameters, and for plugins that
    get new values at the start of a block only.
    """
    known = {row.spec.name: row for row in ardour_parameters(spec)} if device.plugin is None else {}
    losses, where = context.losses, location.description
    lists = []
    for name, row in device.automation.items():
        if name in known:
            index, convert = known[name].index, known[name].to_ardour
            _check_ramps(row, known[name].spec, context, location)
        elif device.plugin is not None and (found := parameter_index(name)) is not None:
            index, convert = found, _unchanged
        else:
            losses.add("device.automation", where, f"the automation of {name}")
            continue
        if late_kind := _moved_at_blocks(spec):
            why = f"Ardour moves the parameters of {late_kind} at the start of its own blocks of audio only"
            losses.add("device.automation", where, f"the exact time of the automation of {name}", why)
        points = context.envelopes.parameter(row, convert)
        if name in known and not late_kind and not known[name].spec.legal_steps:
            parameter = known[name].spec
            bounds = float(convert(parameter.minimum)), float(convert(parameter.maximum))
            points = subdivide_ramps(points, bounds, context.sample_rate)
        lists.append(automation(parameter_id(index), points, context.ids))
    return E.Automation(*lists) if lists else None


def _moved_at_blocks(spec: DeviceSpec) -> str:
    """The kind of plugin, if Ardour gives that kind new values between blocks only; else empty."""
    if spec.kind == "vst3":
        return "a VST3"
    return "an LV2 instrument" if spec.kind == "faust" and spec.is_instrument else ""


def _check_ramps(row: Automation, parameter: ParameterSpec, context: ExportContext, location: DeviceLocation) -> None:
    ramps = [a for a, b in pairwise(row.points) if a.shape != "hold" and a.value != b.value and a.time < b.time]
    if parameter.legal_steps and ramps:
        what, why = f"ramps of {parameter.name}", "the parameter has steps, so it jumps instead"
        context.losses.add("device.automation", location.description, what, why)


def _unchanged(values: Any) -> Any:
    """A foreign plugin's values are Ardour's own."""
    return values
