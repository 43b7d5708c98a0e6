"""Mute and solo: what is heard in a session, told in Ardour's terms.

Ardour mutes a route at points: its sends before the fader, those after it, its output. Under solo it mutes what is
neither soloed, nor on the way from or to it by outputs; sends do not count. What is isolated sounds on. Here a solo
carries on through sends too, and what feeds a soloed bus is heard through that bus alone. So buses behind a soloed
channel are isolated; where that does not do, the solo is written as mutes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dawbridge.formats.ardour.terms import AFTER_FADER, BEFORE_FADER, LISTEN, MAIN
from dawbridge.session import Session
from dawbridge.session.model import MASTER, Channel, Send
from dawbridge.session.routing import edges, heard_edges, sidechain_edges

Edge = tuple[str, str]


@dataclass(frozen=True)
class MuteSolo:
    """A route's switches.

    soloed_by: how many soloed routes lie (before it, after it)
    silent_sends: positions of the sends that are switched off
    """

    is_muted: bool
    mute_points: tuple[str, ...]
    silent_sends: frozenset[int]
    is_soloed: bool = False
    is_isolated: bool = False
    soloed_by: tuple[int, int] = (0, 0)


def mute_solos(session: Session) -> dict[str, MuteSolo]:
    """Each channel's, by name."""
    solo = _Solo(session)
    if solo.is_native:
        return {channel.name: solo.mute_solo(channel) for channel in session.channels}
    heard, steering = heard_edges(session), _steering(session)
    return {channel.name: _as_mutes(channel, heard, steering.get(channel.name, set())) for channel in session.channels}


def isolated_channels(session: Session) -> set[str]:
    """Those that must be isolated so that Ardour's solo lets them through as ours does; none where it cannot be."""
    solo = _Solo(session)
    return solo.isolated if solo.is_native else set()


class _Solo:
    """What Ardour makes of a session's solos."""

    def __init__(self, session: Session):
        self.steering = _steering(session)
        outputs = [(channel.name, channel.output) for channel in session.channels]
        back = [(target, source) for source, target in outputs]
        names = {channel.name for channel in session.channels}
        self.soloed = {channel.name for channel in session.channels if channel.is_soloed}
        self.before = {name: len(_reached(name, back) & self.soloed) for name in names}
        self.after = {name: len(_reached(name, outputs) & self.soloed) for name in names}
        by_itself = {name for name in names if name in self.soloed or self.before[name] or self.after[name]}
        every, heard = edges(session), heard_edges(session)
        whole = {name for name in names if all(edge in heard for edge in every if edge[0] == name)}
        self.isolated = (whole - by_itself) if self.soloed else set()
        self.sounding = (by_itself | self.isolated) if self.soloed else names
        self.is_native = self._hears(session, every, heard)

    def _hears(self, session: Session, every: list[Edge], heard: set[Edge]) -> bool:
        """Whether Ardour lets the same edges through, and what steers a device."""
        muted = {channel.name for channel in session.channels if channel.is_muted}
        free = [edge for edge in every if edge[0] not in muted]
        open_here = {edge for edge in free if edge[0] in self.sounding and edge[1] in self.sounding | {MASTER}}
        is_steered = all(source in self.sounding for source, _ in sidechain_edges(session))
        return open_here == {edge for edge in free if edge in heard} and is_steered

    def mute_solo(self, channel: Channel) -> MuteSolo:
        points = self.steering.get(channel.name, set()) if channel.is_muted else set()
        silent = _muted_sends(channel) | _sends_at(channel, points)
        return MuteSolo(
            is_muted=channel.is_muted,
            mute_points=_all_but(points),
            silent_sends=frozenset(silent),
            is_soloed=channel.is_soloed,
            is_isolated=channel.name in self.isolated,
            soloed_by=(self.before[channel.name], self.after[channel.name]),
        )


def _as_mutes(channel: Channel, heard: set[Edge], steering: set[str]) -> MuteSolo:
    """Muted is what is not heard; a send that sounds while the output does not needs its point left open."""
    sounding = {
        number
        for number, send in enumerate(channel.sends)
        if not channel.is_muted and not send.is_muted and (channel.name, send.to) in heard
    }
    is_muted = channel.is_muted or (channel.name, channel.output) not in heard
    open_points = steering | {_point(channel.sends[number]) for number in sounding} if is_muted else set()
    at_stake = _sends_at(channel, open_points) if is_muted else set(range(len(channel.sends)))
    silent = _muted_sends(channel) | (at_stake - sounding)
    return MuteSolo(is_muted, _all_but(open_points), frozenset(silent))


def _steering(session: Session) -> dict[str, set[str]]:
    """Channel → the mute points at which what steers other channels leaves it."""
    devices = [(channel, device) for channel in (*session.channels, session.master) for device in channel.devices]
    devices += [(track, track.instrument) for track in session.tracks if track.instrument is not None]
    found: dict[str, set[str]] = {}
    for _, device in devices:
        if device.sidechain is not None:
            point = BEFORE_FADER if device.sidechain.is_pre_fader else AFTER_FADER
            found.setdefault(device.sidechain.source, set()).add(point)
    return found


def _reached(name: str, pairs: Iterable[Edge]) -> set[str]:
    """What lies behind `name` on the edges, itself not counted."""
    reached: set[str] = set()
    pairs, found = list(pairs), {name}
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


def _all_but(points: set[str]) -> tuple[str, ...]:
    return tuple(point for point in (BEFORE_FADER, AFTER_FADER, LISTEN, MAIN) if point not in points)
