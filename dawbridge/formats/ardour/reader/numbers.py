"""Attributes of an untrusted document as numbers: finite and within bounds, else an InputError that says where."""

import math

from lxml import etree

from dawbridge.errors import InputError

_YES = {"1", "yes", "y", "true", "on"}
LARGEST = 1e15


def number(
    element: etree._Element, name: str, where: str, default: float | None = None, most: float = LARGEST
) -> float:
    """The attribute as a number within ±`most`; `default` if it is absent. Raises InputError."""
    text = element.get(name)
    if text is None and default is not None:
        return default
    return parse_number(text, f"{where}: {element.tag!s} {name}", most)


def parse_number(text: str | None, where: str, most: float = LARGEST) -> float:
    """`text` as a number. Raises InputError if it is none, NaN, or beyond ±`most`."""
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not abs(value) <= most:
        raise InputError(f"{where}={_short(text)} is no number within ±{most:g}; save the session again in Ardour")
    return value


def parse_integer(text: str | None, where: str, most: int = 2**62) -> int:
    """`text` as an integer within ±`most`. Raises InputError."""
    digits = text or ""
    if not digits.removeprefix("-").isascii() or not digits.removeprefix("-").isdigit() or len(digits) > 20:
        raise InputError(f"{where}={_short(text)} is no whole number; save the session again in Ardour")
    if abs(value := int(digits)) > most:
        raise InputError(f"{where}={value} lies beyond ±{most}; save the session again in Ardour")
    return value


def is_on(element: etree._Element, name: str, default: bool = False) -> bool:
    """The attribute as a boolean, in any of Ardour's spellings."""
    text = element.get(name)
    return default if text is None else text.strip().lower() in _YES


def controllable(element: etree._Element, name: str) -> etree._Element | None:
    """The control of that name among the element's children; None if there is none."""
    for child in element.iterfind("Controllable"):
        if child.get("name") == name:
            return child
    return None


def control_value(element: etree._Element, name: str, where: str, default: float) -> float:
    """The value of the control of that name; `default` if there is none. Raises InputError."""
    found = controllable(element, name)
    return default if found is None else number(found, "value", f"{where} {name}", default, most=1e6)


def _short(text: str | None) -> str:
    return repr(text) if text is None or len(text) < 40 else repr(text[:40]) + "…"
