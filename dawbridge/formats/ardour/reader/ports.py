"""Which route's output goes where, by the connections of ports."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

HARDWARE = ""


@dataclass(frozen=True)
class Input:
    """An input port: the route it belongs to (by id; HARDWARE for a device's), and its place from 0.

    side_of: the plugin processor's id, of a port that steers it
    """

    route: str
    place: int
    side_of: str = ""


class Ports:
    """All input ports by name, and the connections that stand on either side."""

    def __init__(self, routes: Iterable[etree._Element]):
        self._inputs: dict[str, Input] = {}
        self._links: dict[str, list[str]] = {}
        routes = list(routes)
        for route in routes:
            for place, port in enumerate(audio_ports(route, "Input")):
                self._inputs[port.get("name", "")] = Input(route.get("id", ""), place)
            for plugin, port, place in _side_ports(route):
                self._inputs[port.get("name", "")] = Input(route.get("id", ""), place, plugin.get("id", ""))
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
        """The inputs that an output port goes to."""
        found = []
        for name in self._links.get(port.get("name", ""), []):
            known = self._inputs.get(name)
            if known is None and ":" in name:
                digits = "".join(c for c in name.rpartition("_")[2] if c.isdigit())
                known = Input(HARDWARE, int(digits[:4] or "1") - 1)
            found += [known] if known is not None else []
        return found


def audio_ports(element: etree._Element, direction: str) -> list[etree._Element]:
    """The audio ports of the element's own IO in that direction."""
    for io in element.iterfind("IO"):
        if io.get("direction") == direction:
            return [port for port in io.iterfind("Port") if port.get("type", "audio") == "audio"]
    return []


def _side_ports(route: etree._Element) -> Iterator[tuple[etree._Element, etree._Element, int]]:
    """(plugin, port, its place) of each port that steers a plugin."""
    for plugin in route.iterfind("Processor"):
        for side in plugin.iterfind("Processor"):
            if side.get("type") == "sidechain":
                for place, port in enumerate(audio_ports(side, "Input")):
                    yield plugin, port, place
