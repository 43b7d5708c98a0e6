"""Regions of a playlist as data: where they lie on the timeline, what of which sources they play, and their fades."""

from dataclasses import dataclass

from lxml import etree

from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.automation import AutomationLane, points_of
from dawbridge.formats.ardour.reader.fades import NO_FADES, Fades, read_fades
from dawbridge.formats.ardour.reader.numbers import is_on, number, whole
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.loss import Losses


@dataclass(frozen=True)
class AudioRegion:
    """A region of audio, in samples; `begin` is counted from Ardour's own zero.

    sources:  ids, one a channel
    envelope: the gain that its own envelope draws, by seconds from `origin`, where the whole region begins; None
              where it draws none
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
    """The regions that sound, the lowest layer first. Raises InputError."""
    regions = []
    for row in playlist.iterfind("Region"):
        if row.get("type", "audio") == "audio" and not is_on(row, "muted"):
            regions.append(_region(row, clock, has_fades, losses, where))
    return sorted((region for region in regions if region.length > 0), key=lambda region: region.layer)


def region_place(row: etree._Element) -> tuple[str, str]:
    """(length, position), as written by Ardour 7, or by 6."""
    length = row.get("length", "")
    if "@" in length:
        length, _, position = length.partition("@")
        return length, position
    return length, row.get("position", "")


def source_ids(row: etree._Element, where: str) -> tuple[str, ...]:
    """The ids of its sources, one a channel. Raises InputError."""
    channels = whole(row.get("channels", "1"), f"{where}: channels", 1000)
    found = [row.get(f"source-{place}") for place in range(max(channels, 1))]
    return tuple(source for source in found if source is not None)


def _region(row: etree._Element, clock: Clock, has_fades: bool, losses: Losses, where: str) -> AudioRegion:
    name = row.get("name", "")
    place = f"{where} region {name!r}"
    length, position = region_place(row)
    count = clock.samples(length, f"{place} length")
    offset = clock.samples(row.get("start", "0"), f"{place} start")
    if offset < 0 or count < 0:
        raise InputError(f"{place}: starts at {offset} of its file, {count} samples long; neither can be below 0")
    for child in row:
        if child.tag not in _CHILDREN:
            losses.add("foreign.region_effect", place, f"what stands there as {child.tag!s}")
    begin = clock.samples(position, f"{place} position")
    return AudioRegion(
        name=name,
        begin=begin,
        origin=begin,
        length=count,
        offset=offset,
        sources=source_ids(row, place),
        gain=number(row, "scale-amplitude", place, 1.0, most=1e6),
        fades=read_fades(row, count, clock, losses, place) if has_fades else NO_FADES,
        is_opaque=is_on(row, "opaque", True),
        layer=number(row, "layering-index", place, number(row, "layer", place, 0.0)),
        envelope=_envelope(row, clock, place),
    )


_CHILDREN = {"FadeIn", "FadeOut", "InverseFadeIn", "InverseFadeOut", "Envelope", "Extra", "NestedSource", "Cues"}


def _envelope(row: etree._Element, clock: Clock, where: str) -> AutomationLane | None:
    envelope, found = row.find("Envelope"), row.find("Envelope/AutomationList")
    if envelope is None or found is None or not is_on(row, "envelope-active") or is_on(envelope, "default"):
        return None
    points = points_of(found, clock, f"{where} envelope")
    if not points or {value for _, value in points} == {1.0}:
        return None
    times, values = zip(*points)
    return AutomationLane(times, values)
