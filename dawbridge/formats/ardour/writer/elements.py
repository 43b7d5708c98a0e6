"""Small elements that occur in many parts of an .ardour document: ids, controllables, automation, ports."""

from collections.abc import Iterable, Sequence
from itertools import count, groupby

from lxml import etree
from lxml.builder import E

from dawbridge.formats.ardour.terms import SUPERCLOCKS_PER_SECOND
from dawbridge.formats.few_points import EnvelopePoint


class Ids:
    """Ardour's ids: each call returns the next one, as text. Every id is an integer below the `id-counter`."""

    def __init__(self) -> None:
        self._numbers = count(1000)

    def __call__(self) -> str:
        return str(next(self._numbers))


def number_text(value: float) -> str:
    """A number as text from which Ardour reads exactly the same double."""
    return repr(float(value))


def controllable(name: str, value: float, ids: Ids, flags: str = "", **more: str) -> etree._Element:
    """A control with its value; `more`: further attributes."""
    return E.Controllable({"name": name, "id": ids(), "flags": flags, "value": number_text(value)} | more)


def processor(name: str, kind: str, ids: Ids, **more: str) -> etree._Element:
    """A processor of a route; `more`: further attributes, with `_` for `-`."""
    named = {key.replace("_", "-"): value for key, value in more.items()}
    return E.Processor({"id": ids(), "name": name, "active": "1", "type": kind} | named)


def audio_io(
    name: str, direction: str, port: str, connections: Sequence[Iterable[str]], ids: Ids, kind: str = "audio"
) -> etree._Element:
    """An IO with one audio port per entry of `connections`, named `<name>/<port> 1` and on; `kind`: its default type.

    connections: the names of the ports that each port is connected to
    """
    io = E.IO({"name": name, "id": ids(), "direction": direction, "default-type": kind})
    for number, others in enumerate(connections, start=1):
        io.append(audio_port(f"{name}/{port} {number}", others))
    return io


def audio_port(name: str, connections: Iterable[str]) -> etree._Element:
    """An audio port, connected to the ports of these names."""
    return E.Port({"type": "audio", "name": name}, *[E.Connection(other=other) for other in connections])


def automation(name: str, points: Sequence[EnvelopePoint], ids: Ids, state: str = "Play") -> etree._Element:
    """An AutomationList of these points (seconds, value), with straight lines between them."""
    attributes = {
        "automation-id": name, "id": ids(), "interpolation-style": "Linear", "time-domain": "AudioTime", "state": state,
    }  # fmt: skip
    return E.AutomationList(attributes, E.events(events_text(points)))


def events_text(points: Sequence[EnvelopePoint]) -> str:
    """The points (seconds, value) as one event a line.

    Of points that share a time, the first is written one superclock earlier and the last at the time itself. Otherwise
    Ardour would use the earlier point at that time, but the new value belongs to the sample at the jump.
    """
    rows: list[tuple[int, float]] = []
    for time, group in groupby(points, key=lambda point: round(point[0] * SUPERCLOCKS_PER_SECOND)):
        values = [value for _, value in group]
        if len(values) > 1 and time > 0:
            rows.append((time - 1, values[0]))
        rows.append((time, values[-1]))
    return "".join(f"a{time} {number_text(value)}\n" for time, value in rows)
