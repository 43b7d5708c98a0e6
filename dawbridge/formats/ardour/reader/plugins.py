"""Plugin processors as devices: which plugin it is, its state or values, and its automation."""

import base64

from lxml import etree

from dawbridge.devices import DeviceSpec, all_devices, find_plugin
from dawbridge.formats.ardour.processor_state import encode_processor
from dawbridge.formats.ardour.reader.numbers import is_on
from dawbridge.formats.ardour.reader.plugin_automation import foreign_automation, read_automation
from dawbridge.formats.ardour.reader.plugin_state import read_state, values_of_ports, values_of_state
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.ardour.terms import VST2_TYPES
from dawbridge.formats.loss import Losses
from dawbridge.formats.lv2.ports import URI_PREFIX
from dawbridge.session import Device, ForeignPlugin
from dawbridge.session.model import FOREIGN

# Type of an Ardour processor → kind of a plugin here.
_KINDS = {"vst3": "vst3", "lv2": "lv2", "audiounit": "au", "ladspa": "ladspa", "luaproc": "ardour"}
_KINDS |= dict.fromkeys(VST2_TYPES, "vst2")


def is_plugin(node: etree._Element) -> bool:
    """Whether the processor is a plugin."""
    return node.get("type") in _KINDS


def is_instrument(node: etree._Element) -> bool:
    """Whether the plugin makes audio from notes only."""
    spec = known_spec(node)
    if spec is not None:
        return spec.is_instrument
    inputs, outputs = (_audio_channels(node, tag) for tag in ("ConfiguredInput", "ConfiguredOutput"))
    return inputs == 0 and outputs > 0


def width_after(node: etree._Element, width: int) -> int:
    """The channels of audio after the plugin; `width`: those before it."""
    return width if node.find("ConfiguredOutput") is None else _audio_channels(node, "ConfiguredOutput")


def known_spec(node: etree._Element) -> DeviceSpec | None:
    """The device of the plugin; None if no table here describes it."""
    return _known(_kind(node), node.get("unique-id", "").upper())


def read_device(node: etree._Element, clock: Clock, losses: Losses, where: str) -> Device:
    """The plugin as a device, without its sidechain. Raises InputError for absurd numbers."""
    where = f"{where} plugin {node.get('name', '')!r}"
    kind, spec = _kind(node), known_spec(node)
    is_bypassed = not is_on(node, "active", True)
    if is_on(node, "custom") and (spec is None or not spec.sidechain_channels):
        losses.add("foreign.pin_map", where, "which of its pins get which signal")
    if spec is None:
        return _foreign(node, kind, is_bypassed, clock, losses, where)
    state = read_state(node, kind, spec.class_id, losses, where) if spec.is_hosted else None
    values = values_of_ports(node, spec, losses, where) if state is None else values_of_state(spec, state)
    automation = read_automation(node, spec, clock, losses, where)
    return Device(
        device=spec.name, values=values, is_bypassed=is_bypassed, state=_encoded(state), automation=automation
    )


def _kind(node: etree._Element) -> str:
    return _KINDS[node.get("type", "")]


def _known(kind: str, unique_id: str) -> DeviceSpec | None:
    if kind in ("vst3", "vst2"):
        return find_plugin(kind, unique_id)
    if kind != "lv2":
        return None
    builtin = (spec for spec in all_devices().values() if spec.kind == "faust")
    return next((spec for spec in builtin if f"{URI_PREFIX}{spec.name}".upper() == unique_id), None)


def _audio_channels(node: etree._Element, tag: str) -> int:
    """The audio channels that the child `tag` counts."""
    found = 0
    for row in node.iterfind(f"{tag}/Channels"):
        if row.get("type", "audio") == "audio":
            digits = row.get("count", "0")
            found = int(digits) if digits.isdecimal() and len(digits) < 5 else 0
    return found


def _encoded(state: bytes | None) -> str | None:
    return None if state is None else base64.b64encode(state).decode()


def _foreign(node: etree._Element, kind: str, is_bypassed: bool, clock: Clock, losses: Losses, where: str) -> Device:
    """A plugin without a table: a VST keeps its preset, any other its whole element."""
    unique_id, label = node.get("unique-id", "")[:1000], node.get("name", "")[:1000]
    if kind in ("vst3", "vst2"):
        state = _encoded(read_state(node, kind, unique_id, losses, where))
    else:
        state = encode_processor(node)
    automation = foreign_automation(node, clock, where)
    plugin = ForeignPlugin(kind=kind, id=unique_id, label=label)
    return Device(device=FOREIGN, plugin=plugin, is_bypassed=is_bypassed, state=state, automation=automation)
