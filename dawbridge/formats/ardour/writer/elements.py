"""Small elements that many parts of an .ardour document have: ids, controllables, automation, ports."""

from collections.abc import Iterable, Sequence
from itertools import count, groupby

from lxml import etree
from lxml.builder import E

from dawbridge.formats.ardour.terms import SUPERCLOCKS_PER_SECOND
from dawbridge.formats.envelope import EnvelopePoint

_STEREO = (1, 2)


class Ids:
    """Ardour's ids: each call gives the next one, as text. Every id is a whole number below `id-counter`."""

    def __init__(self) -> None:
        self._numbers = count(1000)

    def __call__(self) -> str:
        return str(next(self._numbers))


def number_text(value: float) -> str:
    """A number as Ardour reads it back bit for bit."""
    return repr(float(value))


def controllable(name: str, value: float, ids: Ids, flags: str = "", **more: str) -> etree._Element:
    return E.Controllable({"name": name, "id": ids(), "flags": flags, "value": number_text(value)} | more)


def processor(name: str, kind: str, ids: Ids, **more: str) -> etree._Element:
    """`more`: attributes, with `_` for `-`."""
    named = {key.replace("_", "-"): value for key, value in more.items()}
    return E.Processor({"id": ids(), "name": name, "active": "1", "type": kind} | named)


def stereo_io(
    name: str, direction: str, port: str, others: Sequence[Iterable[str]], ids: Ids, kind: str = "audio"
) -> etree._Element:
    """An IO of ports `<name>/<port> 1` and on, each connected to `others`; `kind` is its default type."""
    io = E.IO({"name": name, "id": ids(), "direction": direction, "default-type": kind})
    for number, links in enumerate(others, start=1):
        io.append(audio_port(f"{name}/{port} {number}", links))
    return io


def audio_port(name: str, links: Iterable[str]) -> etree._Element:
    return E.Port({"type": "audio", "name": name}, *[E.Connection(other=other) for other in links])


def automation(name: str, points: Sequence[EnvelopePoint], sample_rate: int, ids: Ids) -> etree._Element:
    """An AutomationList that plays these points with straight lines between them."""
    return E.AutomationList(
        {
            "automation-id": name,
            "id": ids(),
            "interpolation-style": "Linear",
            "time-domain": "AudioTime",
            "state": "Play",
        },  # fmt: skip
        E.events(events_text(points, sample_rate)),
    )


def events_text(points: Sequence[EnvelopePoint], sample_rate: int) -> str:
    """One event a line. Where points share a time the first one stands one superclock before the last.

    Ardour looks up the earlier of two that share a time, and the new value belongs to the sample at the jump.
    """
    rows: list[tuple[int, float]] = []
    for place, group in groupby(points, key=lambda point: round(point[0] * SUPERCLOCKS_PER_SECOND)):
        values = [value for _, value in group]
        if len(values) > 1 and place > 0:
            rows.append((place - 1, values[0]))
        rows.append((place, values[-1]))
    return "".join(f"a{place} {number_text(value)}\n" for place, value in rows)
