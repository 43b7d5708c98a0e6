"""Reads the envelopes of an effect's parameters as automation."""

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.formats.envelope import automation_from
from dawbridge.formats.reaper.parameters import parameter_named, parameter_scale
from dawbridge.formats.reaper.reader.chain import Entry
from dawbridge.formats.reaper.reader.context import ImportContext
from dawbridge.formats.reaper.reader.levels import read_envelope
from dawbridge.formats.reaper.text import tokens
from dawbridge.session import Automation, Device


def effect_automation(device: Device, entry: Entry, context: ImportContext, where: str) -> dict[str, Automation]:
    """Parameter → automation. Those of a foreign plugin are named by the head of REAPER's envelope."""
    moves: dict[str, Automation] = {}
    for block in entry.envelopes:
        points = read_envelope(block, where, context)
        if not points:
            continue
        head = block.head.removeprefix("PARMENV").strip()
        if device.plugin is not None:
            moves[head] = automation_from(points, lambda values: values)
            continue
        spec = get_device(device.device)
        is_reaeq = device.device == "eq" and entry.block.name == "VST"  # its parameters are not the built-in eq's
        name = None if is_reaeq else _parameter(spec, head)
        if name is None:
            context.losses.add("foreign.automation", where, f"the automation of its parameter {head[:40]!r}")
            continue
        moves[name] = _on_steps(spec, name, automation_from(points, parameter_scale(spec, name)[1]))
    return moves


def _parameter(spec: DeviceSpec, head: str) -> str | None:
    row = tokens(head)
    return parameter_named(spec, row[0]) if row else None


def _on_steps(spec: DeviceSpec, name: str, automation: Automation) -> Automation:
    """The automation, with each point of a stepped parameter at the nearest step."""
    steps = spec.parameter(name).legal_steps
    if not steps:
        return automation
    rows = []
    for point in automation.points:
        value = min(steps, key=lambda step: abs(step - point.value))
        rows.append(point.model_copy(update={"value": value}))
    return Automation(points=tuple(rows), unit=automation.unit)
