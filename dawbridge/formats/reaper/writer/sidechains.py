"""Sidechains in REAPER: receives into a track's third and further channels.

A JSFX always reads channels 3 and 4. A VST's pins can be connected to any channels, so each sidechain gets a pair of
its own.
"""

from dataclasses import dataclass, field

from dawbridge.formats.loss import Losses
from dawbridge.session import Session, Sidechain, spec_of
from dawbridge.session.model import MASTER, Device, Fader

_MOST_CHANNELS = 64


@dataclass
class Sidechains:
    """The pairs of channels.

    pairs:    (channel, device position) → the first of the two channels (from 0) of its sidechain
    receives: channel → (sidechain, first of its two channels) of each pair
    """

    pairs: dict[tuple[str, int], int] = field(default_factory=dict)
    receives: dict[str, list[tuple[Sidechain, int]]] = field(default_factory=dict)

    def channel_count(self, name: str) -> int:
        """The number of channels of the track."""
        return 2 + 2 * len(self.receives.get(name, ()))


def make_sidechains(session: Session, losses: Losses) -> Sidechains:
    """The pairs for all sidechains of the session. A sidechain that REAPER cannot have is a Loss."""
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
    devices = [(position, device, device.sidechain) for position, device in enumerate(channel.devices)]
    # Devices that can only read channels 3 and 4 come first.
    for position, device, sidechain in sorted(devices, key=lambda row: not _is_jsfx(row[1])):
        if sidechain is None:
            continue
        where = f"channel {name!r} device {position + 1} ({device.device})"
        rows = found.receives.setdefault(name, [])
        pair = next((first for row, first in rows if row == sidechain), 2 + 2 * len(rows))
        if pair >= _MOST_CHANNELS or (_is_jsfx(device) and pair != 2):
            losses.add("device.sidechain", where, f"its sidechain from {sidechain.source!r}")
            continue
        if sidechain.source in muted:
            why = "in REAPER a muted track sends nothing"
            losses.add("device.sidechain", where, f"its sidechain from the muted {sidechain.source!r}", why)
        if pair == 2 + 2 * len(rows):
            rows.append((sidechain, pair))
        found.pairs[name, position] = pair


def _is_jsfx(device: Device) -> bool:
    return not spec_of(device).is_hosted
