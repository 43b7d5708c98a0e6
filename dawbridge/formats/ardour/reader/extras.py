"""What of a session document has no place in ours but may sound, or that a person would miss."""

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.numbers import parsed_number, whole
from dawbridge.formats.ardour.terms import EXTRA
from dawbridge.formats.loss import Losses

_SESSION = "IsSessionRange"
_NO_MARKERS = (_SESSION, "IsAutoLoop", "IsAutoPunch", "IsAutoPunch,IsHidden", "IsAutoLoop,IsHidden")


def tell_of_extras(root: etree._Element, losses: Losses) -> None:
    """A loss for each thing outside the routes that a session cannot hold."""
    markers = [row for row in root.iterfind("Locations/Location") if not _is_own(row)]
    if markers:
        losses.add("foreign.markers", "session", f"its markers and ranges ({len(markers)})")
    for row in root.iterfind("IOPlugins/*"):
        losses.add("foreign.processor", "session", f"the plugin {row.get('name', '')!r} between devices and routes")


def session_range(root: etree._Element) -> etree._Element | None:
    """The location that says where the session begins and ends."""
    for row in root.iterfind("Locations/Location"):
        if _SESSION in row.get("flags", "").split(","):
            return row
    return None


def option(root: etree._Element, name: str, default: str) -> str:
    """What the session's own settings say."""
    for row in root.iterfind("Config/Option"):
        if row.get("name") == name:
            return row.get("value", default)
    return default


def own_frame(root: etree._Element, end: int, where: str) -> dict:
    """What our own writer noted of the session's frame, while the range still ends where it set it; else nothing.

    Raises InputError for notes that are none.
    """
    row = root.find(f"Extra/{EXTRA}")
    if row is None or whole(row.get("end-samples", ""), f"{where}: end-samples") != end:
        return {}
    try:
        name = bytes.fromhex(row.get("name-utf8", "")).decode("utf-8")
    except ValueError:
        raise InputError(f"{where}: name-utf8 is no text; save the session again") from None
    tail = row.get("tail-s", "0")
    return {
        "name": name,
        "length_samples": whole(row.get("length-samples", ""), f"{where}: length-samples"),
        "tail_s": "auto" if tail == "auto" else parsed_number(tail, f"{where}: tail-s", most=1e6),
    }


def _is_own(row: etree._Element) -> bool:
    flags = row.get("flags", "")
    return _SESSION in flags.split(",") or flags in _NO_MARKERS
