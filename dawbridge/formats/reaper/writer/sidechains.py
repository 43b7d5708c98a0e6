"""Sidechains as REAPER has them: receives into a track's channels from the third on.

A JSFX reads channels 3 and 4; a VST's pins go where they are told, so that each sidechain has a pair of its own.
"""

from dataclasses import dataclass, field

from dawbridge.formats.loss import Losses
from dawbridge.session import Session, Sidechain, spec_of
from dawbridge.session.model import MASTER, Device, Fader

_MOST_CHANNELS = 64


@dataclass
class Sidechains:
    """pairs: (channel, device position) → the first of the two channels (from 0) that steer it.
    receives: channel → (sidechain, first channel) of each pair."""

    pairs: dict[tuple[str, int], int] = field(default_factory=dict)
    receives: dict[str, list[tuple[Sidechain, int]]] = field(default_factory=dict)

    def channel_count(self, name: str) -> int:
        """How many channels the track has."""
        return 2 + 2 * len(self.receives.get(name, ()))


def make_sidechains(session: Session, losses: Losses) -> Sidechains:
    """The pairs that each channel's devices are steered by. What cannot be so is a Loss."""
    found = Sidechains()
    muted = {channel.name for channel in session.channels if channel.is_muted}
    for channel in session.channels:
        _add(found, channel.name, channel, muted, losses)
    for number, device in enumerate(session.master.devices, start=1):
        if device.sidechain is not None:
            why = "REAPER's master receives from no track"
            losses.add("device.sidechain", f"{MASTER} device {number} ({device.device})", "its sidechain", why)
    return found


def _add(found: Sidechains, name: str, channel: Fader, muted: set[str], losses: Losses) -> None:
    steered = [(place, device) for place, device in enumerate(channel.devices) if device.sidechain is not None]
    # Those that can read channels 3 and 4 alone come first.
    for place, device in sorted(steered, key=lambda row: not _is_jsfx(row[1])):
        where = f"channel {name!r} device {place + 1} ({device.device})"
        rows = found.receives.setdefault(name, [])
        pair = next((first for row, first in rows if row == device.sidechain), 2 + 2 * len(rows))
        if pair >= _MOST_CHANNELS or (_is_jsfx(device) and pair != 2):
            losses.add("device.sidechain", where, f"its sidechain from {device.sidechain.source!r}")
            continue
        if device.sidechain.source in muted:
            why = "in REAPER a muted track sends nothing"
            losses.add("device.sidechain", where, f"its sidechain from the muted {device.sidechain.source!r}", why)
        if pair == 2 + 2 * len(rows):
            rows.append((device.sidechain, pair))
        found.pairs[name, place] = pair


def _is_jsfx(device: Device) -> bool:
    return not spec_of(device).is_hosted
