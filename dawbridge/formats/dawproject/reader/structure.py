"""Reads the Structure as entries: each track or channel with its name, its position and the group around it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.names import unique_name
from dawbridge.session.model import MASTER


@dataclass
class Entry:
    """A Track or Channel of the Structure that carries sound.

    name:     as the session has it: unique, and not the master's
    group:    the entry of the group around it
    position: among all entries, where dawbridge wrote it
    """

    name: str
    track: etree._Element | None
    channel: etree._Element | None
    group: "Entry | None"
    position: int
    is_group: bool = False

    @property
    def ids(self) -> set[str]:
        """The ids by which the arrangement and other channels may name it."""
        return {identity for row in (self.track, self.channel) if row is not None and (identity := row.get("id"))}

    @property
    def role(self) -> str:
        return "" if self.channel is None else self.channel.get("role", "")


@dataclass
class Mixer:
    """All entries in order but the master's; and the master's, if there is one."""

    entries: list[Entry]
    master: Entry | None

    def by_id(self, identity: str | None) -> Entry | None:
        """The entry with that id of a track or channel, the master's included."""
        rows = [*self.entries, *([self.master] if self.master else [])]
        return next((row for row in rows if identity in row.ids), None) if identity else None


def read_structure(document: Document) -> Mixer:
    """The project's mixer. Faders that only control other faders (VCAs) are left out, each with a Loss."""
    entries = [entry for row in document.root.iterfind("Structure") for entry in _walk(document, row, None)]
    for entry in [row for row in entries if row.role == "vca"]:
        document.losses.add("foreign.vca", f"track {entry.name!r}", "a fader that steers others")
        entries.remove(entry)
    master = _master(entries)
    if master is not None:
        entries.remove(master)
    entries.sort(key=lambda entry: entry.position)
    _name(document, entries)
    return Mixer(entries, master)


def _walk(document: Document, parent: etree._Element, group: Entry | None) -> Iterator[Entry]:
    for row in parent:
        if row.tag == "Channel" and parent.tag == "Structure":
            yield _entry(document, None, row, group)
        if row.tag != "Track":
            continue
        entry = _entry(document, row, row.find("Channel"), group)
        entry.is_group = row.find("Track") is not None or "tracks" in row.get("contentType", "").split()
        if entry.channel is None and entry.is_group:  # a folder, which carries no sound
            yield from _walk(document, row, group)
            continue
        yield entry
        yield from _walk(document, row, entry)


def _entry(
    document: Document, track: etree._Element | None, channel: etree._Element | None, group: Entry | None
) -> Entry:
    named = track if track is not None else channel
    facts = document.facts(track)
    name, position = facts.get("name"), facts.get("place")
    if not isinstance(name, str):
        name = "" if named is None else named.get("name", "")
    return Entry(name, track, channel, group, position if isinstance(position, int) and abs(position) < 1e9 else 0)


def _master(entries: list[Entry]) -> Entry | None:
    """The channel with the role `master` and no destination. Groups may have that role too."""
    rows = [entry for entry in entries if entry.role == "master"]
    ends = [entry for entry in rows if entry.channel is None or entry.channel.get("destination") is None]
    return next((entry for entry in ends if not entry.is_group), next(iter(ends or rows), None))


def _name(document: Document, entries: list[Entry]) -> None:
    """Give each entry a unique name."""
    taken = {MASTER}
    for number, entry in enumerate(entries, start=1):
        name = unique_name(entry.name or f"Track {number}", taken)
        if name != entry.name:
            why = "each has one of its own"
            document.losses.add("channel.name", f"track {name!r}", f"the name {entry.name!r}", why)
        entry.name = name
        taken.add(name)
