"""Document: project.xml as it is read, with numbers and references checked."""

import json
import math
from pathlib import Path

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.loss import Losses

_LARGEST = 1e12
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class Document:
    """A project's elements by identity; what is wrong with one is an InputError that names the file and the place."""

    def __init__(self, root: etree._Element, path: Path, losses: Losses):
        self.root, self.path, self.losses = root, path, losses
        self._by_id: dict[str, etree._Element] = {}
        for element in root.iter():
            identity = element.get("id")
            if identity is not None and self._by_id.setdefault(identity, element) is not element:
                raise InputError(f"{path}: two elements with the id {identity!r}; save it again")

    def by_id(self, identity: str | None) -> etree._Element | None:
        """The element of that identity, if there is one."""
        return None if identity is None else self._by_id.get(identity)

    def number(self, element: etree._Element, name: str, default: float | None = None) -> float:
        """A finite number; `default` where there is none, or InputError where that is None."""
        value = self.any_number(element, name, default)
        if not math.isfinite(value) or abs(value) > _LARGEST:
            raise self.fault(element, name, "a finite number of less than 1e12")
        return value

    def any_number(self, element: etree._Element, name: str, default: float | None = None) -> float:
        """The same, which may be infinite."""
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
        """true or false; `default` where the element or the attribute is absent."""
        text = None if element is None else element.get(name)
        if text is None:
            return default
        if text not in _FLAGS:
            raise self.fault(element, name, "true or false")
        return _FLAGS[text]

    def facts(self, element: etree._Element | None) -> dict:
        """What dawbridge put into the element's comment; empty where the comment is a person's."""
        text = "" if element is None else element.get("comment", "")
        if not text.startswith('{"dawbridge":'):
            return {}
        try:
            facts = json.loads(text)
        except (ValueError, RecursionError):
            facts = None
        if not isinstance(facts, dict):
            raise self.fault(element, "comment", "what dawbridge wrote there")
        return facts

    def fault(self, element: etree._Element, name: str, legal: str) -> InputError:
        """An InputError for the attribute `name`."""
        got = element.get(name)
        told = "is missing" if got is None else f"is {got[:60]!r}"
        place = f"{self.path}: project.xml line {element.sourceline} ({element.tag})"
        return InputError(f"{place}: {name} {told}; it must be {legal}")
