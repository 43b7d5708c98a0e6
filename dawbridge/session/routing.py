"""Where signals go: the edges between channels, their order, and which are heard under solo and mute."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from dawbridge.errors import InputError
from dawbridge.session.model import MASTER, Session


def edges(session: Session) -> list[tuple[str, str]]:
    """(from, to) for every output and send that is not muted. Sidechains are not among them: they carry no sound."""
    pairs = []
    for channel in session.channels:
        pairs.append((channel.name, channel.output))
        pairs += [(channel.name, send.to) for send in channel.sends if not send.is_muted]
    return pairs


def sidechain_edges(session: Session) -> list[tuple[str, str]]:
    """(source, the channel whose device it steers)."""
    rows = [(channel.name, channel.devices) for channel in session.channels] + [(MASTER, session.master.devices)]
    rows += [(track.name, (track.instrument,)) for track in session.tracks if track.instrument is not None]
    return [(d.sidechain.source, name) for name, devices in rows for d in devices if d.sidechain is not None]


def channel_order(session: Session, where: str = "session") -> list[str]:
    """Every channel's name, the master's last, each after those that feed or steer it.

    Raises InputError that spells out a loop, or names what is no channel.
    """
    names = {MASTER, *(channel.name for channel in session.channels)}
    for source, target in edges(session) + sidechain_edges(session):
        if unknown := sorted({source, target} - names):
            raise InputError(f"{where}: no channel {unknown[0]!r}; there are {', '.join(sorted(names))}")
    sorter = TopologicalSorter({channel.name: () for channel in session.channels} | {MASTER: ()})
    for source, target in edges(session) + sidechain_edges(session):
        sorter.add(target, source)
    for channel in session.channels:
        sorter.add(MASTER, channel.name)
    try:
        return list(sorter.static_order())
    except CycleError as error:
        loop = " → ".join(error.args[1])
        raise InputError(f"{where}: routing runs in a loop: {loop}; take one output, send or sidechain out") from None


def heard_edges(session: Session) -> set[tuple[str, str]]:
    """The edges that carry sound under solo.

    A soloed channel is heard with all it passes through after it; what feeds a soloed bus is heard through that bus
    alone. Without a solo all edges carry sound.
    """
    every = edges(session)
    soloed = {channel.name for channel in session.channels if channel.is_soloed}
    if not soloed:
        return set(every)
    after = _closure(soloed, every)
    before = _closure(soloed, [(target, source) for source, target in every])
    return {(source, target) for source, target in every if source in after or target in before}


def _closure(names: Iterable[str], pairs: list[tuple[str, str]]) -> set[str]:
    """All that can be reached from `names`, themselves included."""
    reached, found = set(names), set(names)
    while found:
        found = {target for source, target in pairs if source in found} - reached
        reached |= found
    return reached
