"""Attributes of a stranger's XML as numbers: finite, within bounds, else an InputError that names the place."""

import math

from lxml import etree

from dawbridge.errors import InputError

_YES = {"1", "yes", "y", "true", "on"}
LARGEST = 1e15


def number(
    element: etree._Element, name: str, where: str, default: float | None = None, most: float = LARGEST
) -> float:
    """The attribute as a number within ±`most`; `default` where it is absent. Raises InputError."""
    text = element.get(name)
    if text is None and default is not None:
        return default
    return parsed_number(text, f"{where}: {element.tag!s} {name}", most)


def parsed_number(text: str | None, where: str, most: float = LARGEST) -> float:
    """The number that `text` says. Raises InputError for none, NaN, and what lies beyond ±`most`."""
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not abs(value) <= most:
        raise InputError(f"{where}={_short(text)} is no number within ±{most:g}; save the session again in Ardour")
    return value


def whole(text: str | None, where: str, most: int = 2**62) -> int:
    """The whole number that `text` says. Raises InputError."""
    digits = text or ""
    if not digits.removeprefix("-").isascii() or not digits.removeprefix("-").isdigit() or len(digits) > 20:
        raise InputError(f"{where}={_short(text)} is no whole number; save the session again in Ardour")
    if abs(value := int(digits)) > most:
        raise InputError(f"{where}={value} lies beyond ±{most}; save the session again in Ardour")
    return value


def is_on(element: etree._Element, name: str, default: bool = False) -> bool:
    """The attribute as a switch."""
    text = element.get(name)
    return default if text is None else text.strip().lower() in _YES


def controllable(element: etree._Element, name: str) -> etree._Element | None:
    """The control of that name among the element's children."""
    for child in element.iterfind("Controllable"):
        if child.get("name") == name:
            return child
    return None


def control_value(element: etree._Element, name: str, where: str, default: float) -> float:
    """What the control of that name stands at; `default` where there is none."""
    found = controllable(element, name)
    return default if found is None else number(found, "value", f"{where} {name}", default, most=1e6)


def _short(text: str | None) -> str:
    return repr(text) if text is None or len(text) < 40 else repr(text[:40]) + "…"
