"""Elements of project.xml as they are written: parameters, identities, and facts that have no element of their own.

Facts stand as JSON in the `comment` that every named element may have: `{"dawbridge": 1, ...}`.
"""

import json
import re

from lxml import etree

# What XML 1.0 cannot hold, whatever its escape.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FACTS_VERSION = 1


def xml_text(text: str) -> str:
    """`text` with a replacement character for each that XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def sub(parent: etree._Element, tag: str, **attributes) -> etree._Element:
    """A new last child. An attribute of None is left out; floats are written so that they read back equal."""
    element = etree.SubElement(parent, tag)
    for name, value in attributes.items():
        if value is not None:
            element.set(name, _text(value))
    return element


def _text(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(float(value))  # numpy's floats tell their type too
    return xml_text(str(value))


class Ids:
    """Identities, unique in one document."""

    def __init__(self):
        self._count = 0

    def next(self) -> str:
        self._count += 1
        return f"id{self._count}"


def real(parent, tag: str, value: float, unit: str, ids: Ids, **attributes) -> str:
    """A RealParameter as a child named `tag`; its identity."""
    identity = ids.next()
    sub(parent, tag, **attributes, value=float(value), unit=unit, id=identity)
    return identity


def boolean(parent, tag: str, value: bool, ids: Ids) -> None:
    """A BoolParameter as a child named `tag`."""
    sub(parent, tag, value=value, id=ids.next())


def set_facts(element: etree._Element, facts: dict) -> None:
    """Put `facts` into the element's comment; nothing where there are none."""
    if facts:
        element.set("comment", json.dumps({"dawbridge": FACTS_VERSION} | facts))
