"""Writes foreign devices: a plugin of any DAW with its state, or a device that was read from a DAWproject."""

import base64
import re

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.dawproject.generic_devices import OURS
from dawbridge.formats.dawproject.writer.context import DeviceSlot, Export, Lane
from dawbridge.formats.dawproject.writer.elements import boolean, real, set_facts, sub
from dawbridge.formats.envelope import envelope
from dawbridge.formats.safe_xml import parse_xml
from dawbridge.names import safe_file_name
from dawbridge.session import Device, ForeignPlugin

TAG_OF_KIND = {"vst3": "Vst3Plugin", "vst2": "Vst2Plugin", "clap": "ClapPlugin", "au": "AuPlugin"}
_SUFFIX_OF_KIND = {"vst3": ".vstpreset", "vst2": ".fxp", "clap": ".clap-preset", "au": ".aupreset"}
# A parameter of a foreign plugin is named like this in a session: its number, and its unit in the format.
PARAMETER = re.compile(r"parameterID=(-?\d{1,10}) unit=([a-z]+)")
INLINE = "data:;base64,"  # begins the path of a state that is inside the path itself


def write_foreign(
    parent: etree._Element, device: Device, plugin: ForeignPlugin, slot: DeviceSlot, export: Export
) -> None:
    """Append the foreign device, which is `plugin`. What is not carried of it is a Loss."""
    if plugin.kind == "dawproject":
        return _write_own(parent, device, plugin, slot, export)
    is_known = plugin.kind in TAG_OF_KIND
    names = {"deviceID": plugin.id if is_known else f"{OURS}foreign", "deviceName": plugin.label or plugin.id}
    tag = TAG_OF_KIND.get(plugin.kind, "BuiltinDevice")
    element = sub(parent, tag, **names, deviceRole=slot.role, name=plugin.label, id=export.ids.next())
    if not is_known:
        set_facts(element, {"plugin": plugin.model_dump()})
        export.losses.add("device.device", slot.where, f"the {plugin.kind} plugin {plugin.label or plugin.id!r}")
    _write_parameters(element, device, slot, export)
    boolean(element, "Enabled", not device.is_bypassed, export.ids)
    if device.state is not None:
        stem, suffix = safe_file_name(plugin.label)[:60], _SUFFIX_OF_KIND.get(plugin.kind, ".state")
        sub(element, "State", path=export.add_state(stem, suffix, base64.b64decode(device.state)))


def _write_parameters(element: etree._Element, device: Device, slot: DeviceSlot, export: Export) -> None:
    """Append the parameters that a DAWproject gave. The names and scales of other DAWs cannot be written."""
    names = list(dict.fromkeys([*device.values, *device.automation]))
    rows = [(name, match) for name in names if (match := PARAMETER.fullmatch(name))]
    if unknown := sorted(set(device.automation) - {name for name, _ in rows}):
        export.losses.add("device.automation", slot.where, f"the automation of {', '.join(unknown)}")
    if not rows:
        return
    parameters = sub(element, "Parameters")
    for name, match in rows:
        number, unit = int(match[1]), match[2]
        moves = device.automation.get(name)
        value = device.values.get(name, moves.points[0].value if moves else 0.0)
        identity = real(parameters, "RealParameter", value, unit, export.ids, parameterID=number)
        if moves is not None:
            points = envelope(moves, export.session.tempo, lambda values: values)
            export.add_lane(slot.channel, Lane(identity, unit, points))


def _write_own(parent: etree._Element, device: Device, plugin: ForeignPlugin, slot: DeviceSlot, export: Export) -> None:
    """Append a DAWproject's own device: the element that was read, with new ids."""
    try:
        element = parse_xml(base64.b64decode(device.state or ""), slot.where)
    except InputError:
        what = f"the device {plugin.label!r}, whose XML is broken"
        return export.losses.add("device.device", slot.where, what)
    renamed: dict[str, str] = {}  # old id → new id
    for row in element.iter():
        if (old := row.get("id")) is not None:
            renamed[old] = export.ids.next()
            row.set("id", renamed[old])
    parent.append(element)
    for state in element.iter("State"):
        data = base64.b64decode(state.get("path", "").removeprefix(INLINE))
        state.set("path", export.add_state("device", ".state", data))
    for enabled in element.findall("Enabled"):
        enabled.set("value", "false" if device.is_bypassed else "true")
    for name, moves in device.automation.items():
        old, _, unit = name.partition(" unit=")
        if old in renamed:
            points = envelope(moves, export.session.tempo, lambda values: values)
            export.add_lane(slot.channel, Lane(renamed[old], unit or "linear", points))
