"""In which order tracks and buses stand in REAPER's one list, and which buses are folders.

A folder's members follow it and need no send to it: that is what engineers expect. But tracks keep their order, and
buses theirs, so a bus whose members stand apart has sends instead.
"""

import heapq
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from dawbridge.session.model import Channel, Session


@dataclass(frozen=True)
class Row:
    """A channel's place: how many folders end after it, and whether it is one itself."""

    channel: Channel
    is_folder: bool
    ends: int = 0


def make_layout(session: Session) -> list[Row]:
    """The channels in order. A member of a folder stands in it, and its output is that bus."""
    folders: set[str] = set()
    members = {channel.output for channel in session.channels}
    best = _ordered(session, folders)
    for bus in session.buses:
        if bus.name in members and (found := _ordered(session, folders | {bus.name})) is not None:
            folders.add(bus.name)
            best = found
    return _closed(best, folders)


def _ordered(session: Session, folders: set[str]) -> list[tuple[Channel, int]] | None:
    """(channel, depth) of all channels with these folders; None where their order would change."""
    children: dict[str, list[Channel]] = {}
    for channel in session.channels:
        children.setdefault(channel.output if channel.output in folders else "", []).append(channel)
    rank = {channel.name: place for place, channel in enumerate(session.channels)}
    first_bus = len(session.tracks)
    units = _unit_ranks(session, folders, rank)

    def listed(parent: str, depth: int) -> list[tuple[Channel, int]]:
        rows = []
        for channel in _sorted(children.get(parent, []), units, first_bus):
            rows.append((channel, depth))
            rows += listed(channel.name, depth + 1) if channel.name in folders else []
        return rows

    try:
        found = listed("", 0)
    except CycleError:
        return None
    ranks = [rank[channel.name] for channel, _ in found]
    tracks, buses = [r for r in ranks if r < first_bus], [r for r in ranks if r >= first_bus]
    is_kept = tracks == sorted(tracks) and buses == sorted(buses) and len(found) == len(rank)
    return found if is_kept else None


def _unit_ranks(session: Session, folders: set[str], rank: dict[str, int]) -> dict[str, list[int]]:
    """Of each channel the ranks of itself and all that stands in it."""
    outputs = {channel.name: channel.output for channel in session.channels}
    units: dict[str, list[int]] = {name: [] for name in outputs}
    for name in outputs:
        holder, steps = name, 0
        while True:
            units[holder].append(rank[name])
            holder, steps = outputs[holder], steps + 1
            if holder not in folders or steps > len(outputs):
                break
    return units


def _sorted(channels: list[Channel], units: dict[str, list[int]], first_bus: int) -> list[Channel]:
    """In an order that keeps tracks and buses in theirs, tracks first. Raises CycleError where there is none."""
    named = {channel.name: channel for channel in channels}
    sorter = TopologicalSorter({name: () for name in named})
    for is_bus in (False, True):
        rows = sorted((r, name) for name in named for r in units[name] if (r >= first_bus) == is_bus)
        for (_, before), (_, after) in zip(rows, rows[1:]):
            if before != after:
                sorter.add(after, before)
    sorter.prepare()
    found, ready = [], []
    while sorter.is_active():
        for name in sorter.get_ready():
            heapq.heappush(ready, (min(units[name]), name))
        _, name = heapq.heappop(ready)
        found.append(named[name])
        sorter.done(name)
    return found


def _closed(found: list[tuple[Channel, int]], folders: set[str]) -> list[Row]:
    """The rows, each with the number of folders that end after it."""
    following = [depth for _, depth in found[1:]] + [0]
    return [
        Row(channel, channel.name in folders, max(depth - after, 0))
        for (channel, depth), after in zip(found, following)
    ]
