"""A session's mutes and solos in Ardour's terms.

Ardour mutes a route at points: its pre-fader sends, its post-fader sends, its output. While anything is soloed, Ardour
mutes every route that is not soloed, not connected to a soloed route by outputs (before or after it), and not isolated.
Sends do not count. A session's solo also follows sends, and what feeds a soloed bus is heard through that bus only.
So buses that a soloed channel sends to are isolated. Where that does not give the same sound, solos become mutes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dawbridge.formats.ardour.terms import AFTER_FADER, BEFORE_FADER, LISTEN, MAIN
from dawbridge.session import Session
from dawbridge.session.model import MASTER, Channel, Send
from dawbridge.session.routing import edges, heard_edges, sidechain_edges

Edge = tuple[str, str]  # (source, target) channel names


@dataclass(frozen=True)
class MuteSoloState:
    """Mute and solo of a route.

    mute_points:  the points that its mute closes
    silent_sends: positions of the sends that are switched off
    soloed_by:    the number of soloed routes (before it, after it)
    """

    is_muted: bool
    mute_points: tuple[str, ...]
    silent_sends: frozenset[int]
    is_soloed: bool = False
    is_isolated: bool = False
    soloed_by: tuple[int, int] = (0, 0)


def mute_solo_states(session: Session) -> dict[str, MuteSoloState]:
    """Channel name → its mute and solo in Ardour."""
    solo = _ArdourSolo(session)
    if solo.is_same:
        return {channel.name: solo.state(channel) for channel in session.channels}
    heard, points = heard_edges(session), _sidechain_points(session)
    return {channel.name: _as_mutes(channel, heard, points.get(channel.name, set())) for channel in session.channels}


class _ArdourSolo:
    """What Ardour makes of a session's solos; `is_same`: whether it sounds as in the session."""

    def __init__(self, session: Session) -> None:
        self.sidechain_points = _sidechain_points(session)
        outputs = [(channel.name, channel.output) for channel in session.channels]
        back = [(target, source) for source, target in outputs]
        names = {channel.name for channel in session.channels}
        self.soloed = {channel.name for channel in session.channels if channel.is_soloed}
        self.before = {name: len(_reachable(name, back) & self.soloed) for name in names}
        self.after = {name: len(_reachable(name, outputs) & self.soloed) for name in names}
        by_outputs = {name for name in names if name in self.soloed or self.before[name] or self.after[name]}
        every, heard = edges(session), heard_edges(session)
        fully_heard = {name for name in names if all(edge in heard for edge in every if edge[0] == name)}
        self.isolated = (fully_heard - by_outputs) if self.soloed else set()
        self.sounding = (by_outputs | self.isolated) if self.soloed else names
        self.is_same = self._is_same(session, every, heard)

    def _is_same(self, session: Session, every: Iterable[Edge], heard: set[Edge]) -> bool:
        """Whether Ardour lets the same edges through, and all sources of sidechains."""
        muted = {channel.name for channel in session.channels if channel.is_muted}
        free = [edge for edge in every if edge[0] not in muted]
        let_through = {edge for edge in free if edge[0] in self.sounding and edge[1] in self.sounding | {MASTER}}
        has_sidechains = all(source in self.sounding for source, _ in sidechain_edges(session))
        return let_through == {edge for edge in free if edge in heard} and has_sidechains

    def state(self, channel: Channel) -> MuteSoloState:
        points = self.sidechain_points.get(channel.name, set()) if channel.is_muted else set()
        silent = _muted_sends(channel) | _sends_at(channel, points)
        return MuteSoloState(
            is_muted=channel.is_muted,
            mute_points=_all_except(points),
            silent_sends=frozenset(silent),
            is_soloed=channel.is_soloed,
            is_isolated=channel.name in self.isolated,
            soloed_by=(self.before[channel.name], self.after[channel.name]),
        )


def _as_mutes(channel: Channel, heard: set[Edge], sidechain_points: set[str]) -> MuteSoloState:
    """The channel muted if its output is not heard. The points of sends that are heard stay open."""
    sounding = {
        number
        for number, send in enumerate(channel.sends)
        if not channel.is_muted and not send.is_muted and (channel.name, send.to) in heard
    }
    is_muted = channel.is_muted or (channel.name, channel.output) not in heard
    open_points = sidechain_points | {_point(channel.sends[number]) for number in sounding} if is_muted else set()
    passing = _sends_at(channel, open_points) if is_muted else set(range(len(channel.sends)))
    silent = _muted_sends(channel) | (passing - sounding)
    return MuteSoloState(is_muted, _all_except(open_points), frozenset(silent))


def _sidechain_points(session: Session) -> dict[str, set[str]]:
    """Channel → the mute points at which sidechain signals leave it."""
    devices = [device for channel in (*session.channels, session.master) for device in channel.devices]
    devices += [track.instrument for track in session.tracks if track.instrument is not None]
    found: dict[str, set[str]] = {}
    for device in devices:
        if device.sidechain is not None:
            point = BEFORE_FADER if device.sidechain.is_pre_fader else AFTER_FADER
            found.setdefault(device.sidechain.source, set()).add(point)
    return found


def _reachable(name: str, pairs: Iterable[Edge]) -> set[str]:
    """All that can be reached from `name` over the edges, without `name` itself unless a loop leads back."""
    pairs, found = list(pairs), {name}
    reached: set[str] = set()
    while found:
        found = {target for source, target in pairs if source in found} - reached
        reached |= found
    return reached


def _point(send: Send) -> str:
    return BEFORE_FADER if send.is_pre_fader else AFTER_FADER


def _muted_sends(channel: Channel) -> set[int]:
    return {number for number, send in enumerate(channel.sends) if send.is_muted}


def _sends_at(channel: Channel, points: set[str]) -> set[int]:
    return {number for number, send in enumerate(channel.sends) if _point(send) in points}


def _all_except(points: set[str]) -> tuple[str, ...]:
    return tuple(point for point in (BEFORE_FADER, AFTER_FADER, LISTEN, MAIN) if point not in points)
