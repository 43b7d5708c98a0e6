"""Writes elements of project.xml: parameters, ids, and facts for which the format has no element.

Facts are written as JSON into the `comment` that every named element may have: `{"dawbridge": 1, ...}`.
"""

import json
import re

from lxml import etree

# Characters that XML 1.0 cannot hold, not even escaped.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FACTS_VERSION = 1
Value = str | float | bool | None  # of an attribute; numpy's floats are floats


def xml_text(text: str) -> str:
    """`text` with U+FFFD for each character that XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def sub(parent: etree._Element, tag: str, **attributes: Value) -> etree._Element:
    """Append a new child. Attributes of None are left out; floats are written so that they read back equal."""
    element = etree.SubElement(parent, tag)
    for name, value in attributes.items():
        if value is not None:
            element.set(name, _text(value))
    return element


def _text(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(float(value))  # the repr of numpy's floats contains their type
    return xml_text(str(value))


class Ids:
    """Ids that are unique in one document."""

    def __init__(self) -> None:
        self._count = 0

    def next(self) -> str:
        self._count += 1
        return f"id{self._count}"


def real(parent: etree._Element, tag: str, value: float, unit: str, ids: Ids, **attributes: Value) -> str:
    """Append a RealParameter with the tag `tag`; return its id."""
    identity = ids.next()
    sub(parent, tag, **attributes, value=float(value), unit=unit, id=identity)
    return identity


def boolean(parent: etree._Element, tag: str, value: bool, ids: Ids) -> None:
    """Append a BoolParameter with the tag `tag`."""
    sub(parent, tag, value=value, id=ids.next())


def set_facts(element: etree._Element, facts: dict) -> None:
    """Write `facts` into the element's comment, unless they are empty."""
    if facts:
        element.set("comment", json.dumps({"dawbridge": FACTS_VERSION} | facts))
