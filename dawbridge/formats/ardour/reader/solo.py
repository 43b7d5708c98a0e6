"""What Ardour's solos let through, told by ours.

Under solo Ardour mutes each route that is neither soloed, nor let through by another's solo (it notes which ones: those
on the way from or to a soloed one), nor isolated. Where our solos do not let through the same, they stand as mutes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dawbridge.formats.loss import Losses
from dawbridge.session import Session
from dawbridge.session.model import MASTER, Channel
from dawbridge.session.routing import edges, heard_edges


@dataclass(frozen=True)
class Soloing:
    """By route (any key): the names of its channels, the routes that it feeds; who is soloed, who isolated.

    let_through: those that others' solos let sound; None where that is not noted
    """

    names: dict[str, list[str]]
    outputs: dict[str, list[str]]
    soloed: set[str]
    isolated: set[str]
    let_through: set[str] | None = None

    def sounding(self) -> set[str]:
        """The names of the channels that Ardour lets through."""
        back = {route: [one for one, targets in self.outputs.items() if route in targets] for route in self.names}
        let_through = self.let_through
        if let_through is None:
            let_through = _reached(self.soloed, self.outputs) | _reached(self.soloed, back)
        open_routes = self.soloed | let_through | self.isolated
        return {name for route in open_routes for name in self.names.get(route, [])}


def with_solos(session: Session, soloing: Soloing, losses: Losses) -> Session:
    """The session, of which nothing but what Ardour lets through is heard. Its solos must be those of `soloing`."""
    if not soloing.soloed:
        return session
    sounding = soloing.sounding() | {MASTER, *(bus.name for bus in session.buses if bus.is_muted)}
    if _lets_through(session, sounding):
        return session
    isolated = {name for route in soloing.isolated for name in soloing.names.get(route, [])}
    with_isolated = _changed(session, lambda c: {"is_soloed": c.is_soloed or c.name in isolated})
    if isolated and _lets_through(with_isolated, sounding):
        for name in sorted(isolated):
            losses.add("foreign.solo_isolate", f"channel {name!r}", "that solos leave it alone")
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


def _reached(first: set[str], outputs: dict[str, list[str]]) -> set[str]:
    """All that can be reached from `first`, themselves included."""
    reached, found = set(first), set(first)
    while found:
        found = {target for route in found for target in outputs.get(route, [])} - reached
        reached |= found
    return reached
