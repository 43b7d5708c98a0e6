"""The audio regions of a playlist: position, sources, gain, fades and envelope."""

from dataclasses import dataclass

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.automation import AutomationLane, parse_points
from dawbridge.formats.ardour.reader.fades import NO_FADES, Fades, read_fades
from dawbridge.formats.ardour.reader.numbers import is_on, number, parse_integer
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.loss import Losses


@dataclass(frozen=True)
class AudioRegion:
    """A region of audio, or a piece of one. All positions are in samples; `begin` counts from Ardour's own zero.

    offset:   where it starts in its sources
    sources:  source ids, one per channel
    envelope: linear gain over seconds from `origin`, the start of the whole region; None if there is none
    """

    name: str
    begin: int
    length: int
    offset: int
    sources: tuple[str, ...]
    gain: float = 1.0
    fades: Fades = NO_FADES
    is_opaque: bool = True
    layer: float = 0.0
    envelope: AutomationLane | None = None
    origin: int = 0

    @property
    def end(self) -> int:
        return self.begin + self.length


def audio_regions(
    playlist: etree._Element, clock: Clock, has_fades: bool, losses: Losses, where: str
) -> list[AudioRegion]:
    """The regions that are not muted, the lowest layer first. Raises InputError."""
    regions = []
    for row in playlist.iterfind("Region"):
        if row.get("type", "audio") == "audio" and not is_on(row, "muted"):
            regions.append(_region(row, clock, has_fades, losses, where))
    return sorted((region for region in regions if region.length > 0), key=lambda region: region.layer)


def length_and_position(row: etree._Element) -> tuple[str, str]:
    """(length, position) as Ardour 7 or 6 writes them."""
    length = row.get("length", "")
    if "@" in length:
        length, _, position = length.partition("@")
        return length, position
    return length, row.get("position", "")


def source_ids(row: etree._Element, where: str) -> tuple[str, ...]:
    """The ids of the region's sources, one per channel. Raises InputError."""
    channels = parse_integer(row.get("channels", "1"), f"{where}: channels", 1000)
    found = [row.get(f"source-{channel}") for channel in range(max(channels, 1))]
    return tuple(source for source in found if source is not None)


def _region(row: etree._Element, clock: Clock, has_fades: bool, losses: Losses, where: str) -> AudioRegion:
    name = row.get("name", "")
    where = f"{where} region {name!r}"
    length, position = length_and_position(row)
    count = clock.samples(length, f"{where} length")
    offset = clock.samples(row.get("start", "0"), f"{where} start")
    if offset < 0 or count < 0:
        raise InputError(f"{where}: starts at {offset} of its file, {count} samples long; neither can be below 0")
    for child in row:
        if child.tag not in _CHILDREN:
            losses.add("foreign.region_effect", where, f"its {child.tag!s}")
    begin = clock.samples(position, f"{where} position")
    return AudioRegion(
        name=name,
        begin=begin,
        origin=begin,
        length=count,
        offset=offset,
        sources=source_ids(row, where),
        gain=number(row, "scale-amplitude", where, 1.0, most=1e6),
        fades=read_fades(row, count, clock, losses, where) if has_fades else NO_FADES,
        is_opaque=is_on(row, "opaque", True),
        layer=number(row, "layering-index", where, number(row, "layer", where, 0.0)),
        envelope=_envelope(row, clock, where),
    )


_CHILDREN = {"FadeIn", "FadeOut", "InverseFadeIn", "InverseFadeOut", "Envelope", "Extra", "NestedSource", "Cues"}


def _envelope(row: etree._Element, clock: Clock, where: str) -> AutomationLane | None:
    envelope, found = row.find("Envelope"), row.find("Envelope/AutomationList")
    if envelope is None or found is None or not is_on(row, "envelope-active") or is_on(envelope, "default"):
        return None
    points = parse_points(found, clock, f"{where} envelope")
    if not points or {value for _, value in points} == {1.0}:
        return None
    times, values = zip(*points)
    return AutomationLane(times, values)
