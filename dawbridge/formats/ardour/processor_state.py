"""The state of a plugin that only Ardour can host or describe (LV2, AU, LADSPA, Lua): its XML element as text.

`encode_processor` takes the `Processor` element of a session that is read; `decode_processor` makes the element for a
session that is written. So such a plugin survives the way from Ardour to a Session and back to Ardour.
"""

import base64
from collections.abc import Callable

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.safe_xml import parse_xml
from dawbridge.session import Device

# Children that are left out of the state. Automation is stored in the device; the inner processor is the sidechain
# input, whose ports and connections belong to the document.
_NOT_STATE = {"Automation", "Processor"}


def is_processor_state(device: Device) -> bool:
    """Whether the device's state is the element of an Ardour processor."""
    return _parsed(device) is not None


def encode_processor(node: etree._Element) -> str:
    """The state of a `Processor` element: base64 of its XML, without automation and sidechain input."""
    copy = etree.fromstring(etree.tostring(node, with_tail=False))
    _remove_other_children(copy)
    return base64.b64encode(etree.tostring(copy)).decode()


def decode_processor(device: Device, new_id: Callable[[], str]) -> etree._Element:
    """The `Processor` element of the device's state, with new ids. Raises InputError if it has no such state."""
    node = _parsed(device)
    if node is None:
        label = device.device if device.plugin is None else device.plugin.label
        raise InputError(f"{label}: its state is not an Ardour processor")
    _remove_other_children(node)
    for part in node.iter():
        if part.get("id") is not None and part.tag in ("Processor", "Controllable"):
            part.set("id", new_id())
    return node


def _remove_other_children(node: etree._Element) -> None:
    for child in [child for child in node if child.tag in _NOT_STATE]:
        node.remove(child)


def _parsed(device: Device) -> etree._Element | None:
    try:
        node = parse_xml(base64.b64decode(device.state or "", validate=True), device.device)
    except (InputError, ValueError):
        return None
    return node if node.tag == "Processor" and node.get("unique-id") else None
