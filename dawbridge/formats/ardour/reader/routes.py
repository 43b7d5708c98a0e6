"""The routes of a document: kind, width, outputs, and processors in order."""

from dataclasses import dataclass, field

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.numbers import number
from dawbridge.formats.ardour.reader.ports import audio_ports

_MOST_ROUTES = 4096
_KINDS = {
    "MasterOut": "master", "MonitorOut": "", "Auditioner": "", "SurroundMaster": "", "FoldbackBus": "foldback",
    "ListenBus": "foldback", "AudioTrack": "track", "MidiTrack": "midi", "AudioBus": "bus", "MidiBus": "bus",
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """A route. `kind`: master, track (of audio), midi, bus or foldback; `width`: its audio input channels."""

    element: etree._Element = field(repr=False)
    id: str
    name: str
    kind: str
    order: float
    width: int
    outputs: tuple[etree._Element, ...] = field(repr=False)

    @property
    def processors(self) -> list[etree._Element]:
        """All processors, from the input to the output."""
        return self.element.findall("Processor")

    @property
    def playlist(self) -> str:
        """The id of a track's playlist."""
        kind = "midi" if self.kind == "midi" else "audio"
        return self.element.get(f"{kind}-playlist", "")

    @property
    def label(self) -> str:
        """The route in words, for losses and errors."""
        return "master" if self.kind == "master" else f"{'bus' if self.kind == 'bus' else 'track'} {self.name!r}"


def read_routes(root: etree._Element) -> list[Route]:
    """The routes of the mix, in the order of the mixer; without monitors and the like. Raises InputError."""
    rows = root.findall("Routes/Route")
    if len(rows) > _MOST_ROUTES:
        raise InputError(f"{len(rows)} routes; at most {_MOST_ROUTES} are read")
    routes = [route for row in rows if (route := _route(row)) is not None]
    ids = [route.id for route in routes]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise InputError(f"two routes with the id {twice[0]!r}; save the session again in Ardour")
    if sum(route.kind == "master" for route in routes) > 1:
        raise InputError("more than one master; save the session again in Ardour")
    return sorted(routes, key=lambda route: route.order)


def _route(row: etree._Element) -> Route | None:
    information = row.find("PresentationInfo")
    flags = (information.get("flags", "") if information is not None else row.get("flags", "")).split(",")
    kinds = [_KINDS[flag] for flag in flags if flag in _KINDS]
    name = row.get("name", "")
    kind = kinds[0] if kinds else _kind_by_playlist(row)
    if not kind:
        return None
    order = 0.0 if information is None else number(information, "order", f"route {name!r}", 0.0)
    width = len(audio_ports(row, "Input"))
    return Route(row, row.get("id", ""), name, kind, order, width, tuple(audio_ports(row, "Output")))


def _kind_by_playlist(row: etree._Element) -> str:
    """The kind of a route without flags."""
    if row.get("midi-playlist"):
        return "midi"
    return "track" if row.get("audio-playlist") else "bus"
