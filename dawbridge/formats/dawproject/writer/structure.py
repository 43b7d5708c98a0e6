"""Writes the Structure: all channels. A bus whose members output to it becomes a group around them, as DAWs show it."""

from collections.abc import Iterator

from lxml import etree

from dawbridge.formats.dawproject.writer.channel import write_master, write_track
from dawbridge.formats.dawproject.writer.context import Export
from dawbridge.formats.dawproject.writer.elements import sub
from dawbridge.session import Bus, Session, Track
from dawbridge.session.model import MASTER

_DEEPEST = 20  # nesting of groups; deeper ones are written at the top level


def write_structure(project: etree._Element, export: Export) -> None:
    """Append all channels. If groups change their order, each channel keeps its position as a fact."""
    structure, session = sub(project, "Structure"), export.session
    tree = list(_tree(session))
    names = [channel.name for channel, _ in tree]
    positions = {channel.name: position for position, channel in enumerate(session.channels)}
    is_moved = names != list(positions)
    parents = [structure]
    for channel, depth in tree:
        facts = {"place": positions[channel.name]} if is_moved else {}
        del parents[depth + 1 :]
        role = _role(channel, session)
        facts |= _kind_facts(channel, role, export)
        parents.append(write_track(parents[depth], channel, role, facts, export))
    write_master(structure, session.master, export)


def _tree(session: Session) -> Iterator[tuple[Track | Bus, int]]:
    """(channel, depth): each bus followed by its members."""
    members: dict[str, list[Track | Bus]] = {}
    for channel in session.channels:
        members.setdefault(channel.output, []).append(channel)
    waiting = [(channel, 0) for channel in reversed(members.get(MASTER, []))]
    while waiting:
        channel, depth = waiting.pop()
        yield channel, depth
        inner = depth + 1 if depth < _DEEPEST else 0
        waiting += [(member, inner) for member in reversed(members.get(channel.name, []) if _is_bus(channel) else [])]


def _is_bus(channel: Track | Bus) -> bool:
    return isinstance(channel, Bus)


def _role(channel: Track | Bus, session: Session) -> str:
    if isinstance(channel, Track):
        return "regular"
    return "submix" if any(row.output == channel.name for row in session.channels) else "effect"


def _kind_facts(channel: Track | Bus, role: str, export: Export) -> dict:
    """The pan law of an audio track, if a reader would guess it wrong from the audio files."""
    if not isinstance(channel, Track) or channel.instrument is not None:
        return {}
    files = [export.audio.get(clip.audio) for clip in channel.all_clips]
    guess = 1 if all(file.channels == 1 for file in files) else 2
    return {"channels": channel.channels} if channel.channels != guess else {}
