"""Foreign devices → elements: a plugin of any DAW with its state, or what another DAWproject held."""

import base64
import re

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.dawproject.generic_devices import OURS
from dawbridge.formats.dawproject.writer.context import Draft, Lane, Place
from dawbridge.formats.dawproject.writer.elements import boolean, real, set_facts, sub
from dawbridge.formats.envelope import envelope
from dawbridge.formats.safe_xml import parse_xml
from dawbridge.names import safe_file_name
from dawbridge.session import Device

TAG_OF_KIND = {"vst3": "Vst3Plugin", "vst2": "Vst2Plugin", "clap": "ClapPlugin", "au": "AuPlugin"}
_SUFFIX_OF_KIND = {"vst3": ".vstpreset", "vst2": ".fxp", "clap": ".clap-preset", "au": ".aupreset"}
# How a parameter of a foreign plugin is named in a session: its number and its unit in the format.
PARAMETER = re.compile(r"parameterID=(-?\d{1,10}) unit=([a-z]+)")
INLINE = "data:;base64,"  # how a state's path begins where the state itself follows


def write_foreign(parent: etree._Element, device: Device, place: Place, draft: Draft) -> None:
    """Append a foreign device; report what is not carried of it."""
    if device.plugin.kind == "dawproject":
        return _write_own(parent, device, place, draft)
    plugin = device.plugin
    is_known = plugin.kind in TAG_OF_KIND
    names = {"deviceID": plugin.id if is_known else f"{OURS}foreign", "deviceName": plugin.label or plugin.id}
    tag = TAG_OF_KIND.get(plugin.kind, "BuiltinDevice")
    element = sub(parent, tag, **names, deviceRole=place.role, name=plugin.label, id=draft.ids.next())
    if not is_known:
        set_facts(element, {"plugin": plugin.model_dump()})
        draft.losses.add("device.device", place.where, f"the {plugin.kind} plugin {plugin.label or plugin.id!r}")
    _write_parameters(element, device, place, draft)
    boolean(element, "Enabled", not device.is_bypassed, draft.ids)
    if device.state is not None:
        stem, suffix = safe_file_name(plugin.label)[:60], _SUFFIX_OF_KIND.get(plugin.kind, ".state")
        sub(element, "State", path=draft.add_state(stem, suffix, base64.b64decode(device.state)))


def _write_parameters(element: etree._Element, device: Device, place: Place, draft: Draft) -> None:
    """Those that a DAWproject gave; the names and scales of another DAW mean nothing here."""
    names = list(dict.fromkeys([*device.values, *device.automation]))
    rows = [(name, match) for name in names if (match := PARAMETER.fullmatch(name))]
    if strangers := sorted(set(device.automation) - {name for name, _ in rows}):
        draft.losses.add("device.automation", place.where, f"the automation of {', '.join(strangers)}")
    if not rows:
        return
    parameters = sub(element, "Parameters")
    for name, match in rows:
        number, unit = int(match[1]), match[2]
        moves = device.automation.get(name)
        value = device.values.get(name, moves.points[0].value if moves else 0.0)
        identity = real(parameters, "RealParameter", value, unit, draft.ids, parameterID=number)
        if moves is not None:
            points = envelope(moves, draft.session.tempo, lambda values: values)
            draft.add_lane(place.channel, Lane(identity, unit, points))


def _write_own(parent: etree._Element, device: Device, place: Place, draft: Draft) -> None:
    """What a DAWproject held, as it was: its element, with new identities."""
    try:
        element = parse_xml(base64.b64decode(device.state or ""), place.where)
    except InputError:
        what = f"the device {device.plugin.label!r}, whose XML is broken"
        return draft.losses.add("device.device", place.where, what)
    renamed = {}
    for row in element.iter():
        if "id" in row.attrib:
            renamed[row.get("id")] = draft.ids.next()
            row.set("id", renamed[row.get("id")])
    parent.append(element)
    for state in element.iter("State"):
        data = base64.b64decode(state.get("path", "").removeprefix(INLINE))
        state.set("path", draft.add_state("device", ".state", data))
    for enabled in element.findall("Enabled"):
        enabled.set("value", "false" if device.is_bypassed else "true")
    for name, moves in device.automation.items():
        old, _, unit = name.partition(" unit=")
        if old in renamed:
            points = envelope(moves, draft.session.tempo, lambda values: values)
            draft.add_lane(place.channel, Lane(renamed[old], unit or "linear", points))
