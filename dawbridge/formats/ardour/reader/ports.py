"""The connections between ports: which inputs an output port feeds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

HARDWARE = ""


@dataclass(frozen=True)
class Input:
    """An input port: its route (by id; HARDWARE for a port of the sound card), and its index among the route's inputs.

    sidechain_of: the id of the plugin's processor, for a port of its sidechain; else empty
    """

    route: str
    index: int
    sidechain_of: str = ""


class Ports:
    """The input ports of all routes, and their connections, which either end may list."""

    def __init__(self, routes: Iterable[etree._Element]):
        self._inputs: dict[str, Input] = {}
        self._links: dict[str, list[str]] = {}
        routes = list(routes)
        for route in routes:
            for index, port in enumerate(audio_ports(route, "Input")):
                self._inputs[port.get("name", "")] = Input(route.get("id", ""), index)
            for plugin, port, index in _sidechain_ports(route):
                self._inputs[port.get("name", "")] = Input(route.get("id", ""), index, plugin.get("id", ""))
        for route in routes:
            for port in route.iter("Port"):
                self._collect(port)

    def _collect(self, port: etree._Element) -> None:
        name = port.get("name", "")
        for link in port.iterfind("Connection"):
            pair = (link.get("other", ""), name) if name in self._inputs else (name, link.get("other", ""))
            known = self._links.setdefault(pair[0], [])
            if pair[1] not in known:
                known.append(pair[1])

    def targets(self, port: etree._Element) -> list[Input]:
        """The inputs that an output port feeds."""
        found = []
        for name in self._links.get(port.get("name", ""), []):
            known = self._inputs.get(name)
            if known is None and ":" in name:
                digits = "".join(c for c in name.rpartition("_")[2] if c.isdigit())
                known = Input(HARDWARE, int(digits[:4] or "1") - 1)
            found += [known] if known is not None else []
        return found


def audio_ports(element: etree._Element, direction: str) -> list[etree._Element]:
    """The audio ports of the element's IO in that direction ("Input" or "Output")."""
    for io in element.iterfind("IO"):
        if io.get("direction") == direction:
            return [port for port in io.iterfind("Port") if port.get("type", "audio") == "audio"]
    return []


def _sidechain_ports(route: etree._Element) -> Iterator[tuple[etree._Element, etree._Element, int]]:
    """(plugin, port, index) of each sidechain port of the route's plugins."""
    for plugin in route.iterfind("Processor"):
        for side in plugin.iterfind("Processor"):
            if side.get("type") == "sidechain":
                for index, port in enumerate(audio_ports(side, "Input")):
                    yield plugin, port, index
