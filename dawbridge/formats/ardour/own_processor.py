"""A plugin that only Ardour knows (LV2, AU, LADSPA, Lua): its state is its `Processor` element, as text."""

import base64
from collections.abc import Callable

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.safe_xml import parse_xml
from dawbridge.session import Device

# Written anew: automation is the device's; ports and other ids are the document's.
_WRITTEN_ANEW = {"Automation", "Processor"}


def is_own(device: Device) -> bool:
    """Whether the device's state is what Ardour once wrote of it."""
    return _parsed(device) is not None


def state_of_own(node: etree._Element) -> str:
    """The state of a processor that is read: base64 of its element, less what is written anew."""
    kept = etree.fromstring(etree.tostring(node, with_tail=False))
    _strip(kept)
    return base64.b64encode(etree.tostring(kept)).decode()


def own_processor(device: Device, ids: Callable[[], str]) -> etree._Element:
    """The element again, with new ids. InputError where the state is none (see `is_own`)."""
    node = _parsed(device)
    if node is None:
        raise InputError(
            f"{device.plugin.label if device.plugin else device.device}: its state is no processor of Ardour's"
        )
    _strip(node)
    for part in node.iter():
        if part.get("id") is not None and part.tag in ("Processor", "Controllable"):
            part.set("id", ids())
    return node


def _strip(node: etree._Element) -> None:
    for child in [child for child in node if child.tag in _WRITTEN_ANEW]:
        node.remove(child)


def _parsed(device: Device) -> etree._Element | None:
    try:
        node = parse_xml(base64.b64decode(device.state or "", validate=True), device.device)
    except (InputError, ValueError):
        return None
    return node if node.tag == "Processor" and node.get("unique-id") else None
