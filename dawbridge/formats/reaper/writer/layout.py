"""The order of tracks and buses in REAPER's one list of tracks, and which buses become folders.

A folder's members follow it and need no send to it, as engineers expect. But tracks keep their order, and so do buses.
A bus whose members cannot follow it without changing that order gets sends instead.
"""

import heapq
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from dawbridge.session.model import Channel, Session


@dataclass(frozen=True)
class Row:
    """A channel in the list: whether it is a folder, and how many folders end after it."""

    channel: Channel
    is_folder: bool
    ends: int = 0


def make_layout(session: Session) -> list[Row]:
    """The channels in order. The members of a folder are the channels that output to that bus."""
    folders: set[str] = set()
    members = {channel.output for channel in session.channels}
    best = _ordered(session, folders) or []  # without folders there always is an order
    for bus in session.buses:
        if bus.name in members and (found := _ordered(session, folders | {bus.name})) is not None:
            folders.add(bus.name)
            best = found
    return _closed(best, folders)


def _ordered(session: Session, folders: set[str]) -> list[tuple[Channel, int]] | None:
    """(channel, depth) of all channels with these folders; None if the order of tracks or buses would change."""
    children: dict[str, list[Channel]] = {}
    for channel in session.channels:
        children.setdefault(channel.output if channel.output in folders else "", []).append(channel)
    rank = {channel.name: index for index, channel in enumerate(session.channels)}
    first_bus = len(session.tracks)
    units = _unit_ranks(session, folders, rank)

    def listed(parent: str, depth: int) -> list[tuple[Channel, int]]:
        rows: list[tuple[Channel, int]] = []
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
    """Channel → the ranks of itself and of all channels inside its folder."""
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
    """The channels in an order that keeps that of tracks and that of buses. Raises CycleError if there is none."""
    named = {channel.name: channel for channel in channels}
    sorter = TopologicalSorter({name: () for name in named})
    for is_bus in (False, True):
        rows = sorted((r, name) for name in named for r in units[name] if (r >= first_bus) == is_bus)
        for (_, before), (_, after) in zip(rows, rows[1:]):
            if before != after:
                sorter.add(after, before)
    sorter.prepare()
    found: list[Channel] = []
    ready: list[tuple[int, str]] = []
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
