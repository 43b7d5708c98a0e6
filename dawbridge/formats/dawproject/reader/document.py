"""Document: the elements of project.xml, with checked numbers and references."""

import json
import math
from pathlib import Path
from typing import Any

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.loss import Losses

_LARGEST = 1e12
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class Document:
    """A project's elements by id. A fault in one raises InputError with the file, the line and the attribute."""

    def __init__(self, root: etree._Element, path: Path, losses: Losses):
        self.root, self.path, self.losses = root, path, losses
        self._by_id: dict[str, etree._Element] = {}
        for element in root.iter():
            identity = element.get("id")
            if identity is not None and self._by_id.setdefault(identity, element) is not element:
                raise InputError(f"{path}: two elements with the id {identity!r}; save it again")

    def by_id(self, identity: str | None) -> etree._Element | None:
        """The element with that id; None if there is none."""
        return None if identity is None else self._by_id.get(identity)

    def number(self, element: etree._Element, name: str, default: float | None = None) -> float:
        """A finite number of an attribute, or `default`. Raises InputError if neither is there."""
        value = self.any_number(element, name, default)
        if not math.isfinite(value) or abs(value) > _LARGEST:
            raise self.fault(element, name, "a finite number of less than 1e12")
        return value

    def any_number(self, element: etree._Element, name: str, default: float | None = None) -> float:
        """The same, but it may be infinite."""
        text = element.get(name)
        if text is None and default is not None:
            return default
        try:
            value = float(text or "")
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise self.fault(element, name, "a number")
        return value

    def whole(self, element: etree._Element, name: str, lowest: int, highest: int) -> int:
        """A whole number in lowest…highest."""
        value = self.number(element, name)
        if value != round(value) or not lowest <= value <= highest:
            raise self.fault(element, name, f"a whole number in {lowest}…{highest}")
        return int(value)

    def flag(self, element: etree._Element | None, name: str, default: bool) -> bool:
        """Whether the attribute is true; `default` if the element or the attribute is absent."""
        if element is None or (text := element.get(name)) is None:
            return default
        if text not in _FLAGS:
            raise self.fault(element, name, "true or false")
        return _FLAGS[text]

    def facts(self, element: etree._Element | None) -> dict[str, Any]:
        """What dawbridge wrote into the element's comment; empty for a comment by a person."""
        if element is None or not (text := element.get("comment", "")).startswith('{"dawbridge":'):
            return {}
        try:
            facts = json.loads(text)
        except (ValueError, RecursionError):
            facts = None
        if not isinstance(facts, dict):
            raise self.fault(element, "comment", "what dawbridge wrote there")
        return facts

    def fault(self, element: etree._Element, name: str, legal: str) -> InputError:
        """The InputError for a bad attribute `name`; `legal` says what it may be."""
        got = element.get(name)
        fault = "is missing" if got is None else f"is {got[:60]!r}"
        where = f"{self.path}: project.xml line {element.sourceline} ({element.tag!s})"
        return InputError(f"{where}: {name} {fault}; it must be {legal}")
