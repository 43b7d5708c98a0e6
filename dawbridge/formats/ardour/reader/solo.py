"""Ardour's solos as a session's.

While anything is soloed, Ardour mutes every route that is not soloed, not let through because it is connected to a
soloed route (Ardour saves which ones are), and not isolated. If a session's solos do not let the same signals through,
they become mutes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dawbridge.formats.loss import Losses
from dawbridge.session import Session
from dawbridge.session.model import MASTER, Channel
from dawbridge.session.routing import edges, heard_edges


@dataclass(frozen=True)
class SoloState:
    """Solo of all routes, by their ids.

    names:       route → names of its channels
    outputs:     route → the routes that it feeds
    let_through: routes that the solos of others let sound; None if Ardour did not save that
    """

    names: dict[str, list[str]]
    outputs: dict[str, list[str]]
    soloed: set[str]
    isolated: set[str]
    let_through: set[str] | None = None

    def sounding(self) -> set[str]:
        """The names of the channels that sound in Ardour."""
        back = {route: [one for one, targets in self.outputs.items() if route in targets] for route in self.names}
        let_through = self.let_through
        if let_through is None:
            let_through = _reachable(self.soloed, self.outputs) | _reachable(self.soloed, back)
        open_routes = self.soloed | let_through | self.isolated
        return {name for route in open_routes for name in self.names.get(route, [])}


def with_solos(session: Session, solo: SoloState, losses: Losses) -> Session:
    """The session changed so that only what sounds in Ardour is heard. Its `is_soloed` must be those of `solo`."""
    if not solo.soloed:
        return session
    sounding = solo.sounding() | {MASTER, *(bus.name for bus in session.buses if bus.is_muted)}
    if _lets_through(session, sounding):
        return session
    isolated = {name for route in solo.isolated for name in solo.names.get(route, [])}
    with_isolated = _changed(session, lambda c: {"is_soloed": c.is_soloed or c.name in isolated})
    if isolated and _lets_through(with_isolated, sounding):
        for name in sorted(isolated):
            losses.add("foreign.solo_isolate", f"channel {name!r}", "that solos do not mute it")
        return with_isolated
    losses.add("foreign.solo", "session", "its solos")
    return _changed(session, lambda c: {"is_soloed": False, "is_muted": c.is_muted or c.name not in sounding})


def _lets_through(session: Session, sounding: set[str]) -> bool:
    silent = {channel.name for channel in session.channels if channel.is_muted}
    free = {edge for edge in edges(session) if edge[0] not in silent and edge[1] not in silent}
    wanted = {edge for edge in free if edge[0] in sounding and edge[1] in sounding}
    return wanted == free & heard_edges(session)


def _changed(session: Session, change: Callable[[Channel], dict[str, Any]]) -> Session:
    """`session` with what `change` gives for each track and bus."""
    tracks = tuple(row.model_copy(update=change(row)) for row in session.tracks)
    buses = tuple(row.model_copy(update=change(row)) for row in session.buses)
    return session.model_copy(update={"tracks": tracks, "buses": buses})


def _reachable(first: set[str], outputs: dict[str, list[str]]) -> set[str]:
    """All routes that can be reached from `first`, including those."""
    reached, found = set(first), set(first)
    while found:
        found = {target for route in found for target in outputs.get(route, [])} - reached
        reached |= found
    return reached
