"""The parts of a document outside its routes: range, options, markers, and what our own writer stored."""

from typing import Any

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.numbers import parse_integer, parse_number
from dawbridge.formats.ardour.terms import EXTRA
from dawbridge.formats.loss import Losses

_SESSION = "IsSessionRange"
_NO_MARKERS = (_SESSION, "IsAutoLoop", "IsAutoPunch", "IsAutoPunch,IsHidden", "IsAutoLoop,IsHidden")


def add_extra_losses(root: etree._Element, losses: Losses) -> None:
    """Adds a loss for each thing outside the routes that a session cannot hold."""
    markers = [row for row in root.iterfind("Locations/Location") if not _is_own(row)]
    if markers:
        losses.add("foreign.markers", "session", f"its markers and ranges ({len(markers)})")
    for row in root.iterfind("IOPlugins/*"):
        losses.add("foreign.processor", "session", f"the plugin {row.get('name', '')!r} between devices and routes")


def session_range(root: etree._Element) -> etree._Element | None:
    """The location with the session's start and end; None if there is none."""
    for row in root.iterfind("Locations/Location"):
        if _SESSION in row.get("flags", "").split(","):
            return row
    return None


def option(root: etree._Element, name: str, default: str) -> str:
    """The value of an option of the session."""
    for row in root.iterfind("Config/Option"):
        if row.get("name") == name:
            return row.get("value", default)
    return default


def written_fields(root: etree._Element, end: int, where: str) -> dict[str, Any]:
    """The fields that our own writer stored in `Extra`, if the range still ends where it was written; else nothing.

    end: the end of the range, in samples. Raises InputError if the fields are broken.
    """
    row = root.find(f"Extra/{EXTRA}")
    if row is None or parse_integer(row.get("end-samples", ""), f"{where}: end-samples") != end:
        return {}
    try:
        name = bytes.fromhex(row.get("name-utf8", "")).decode("utf-8")
    except ValueError:
        raise InputError(f"{where}: name-utf8 is not UTF-8 text; save the session again") from None
    tail = row.get("tail-s", "0")
    return {
        "name": name,
        "length_samples": parse_integer(row.get("length-samples", ""), f"{where}: length-samples"),
        "tail_s": "auto" if tail == "auto" else parse_number(tail, f"{where}: tail-s", most=1e6),
    }


def _is_own(row: etree._Element) -> bool:
    flags = row.get("flags", "")
    return _SESSION in flags.split(",") or flags in _NO_MARKERS
