"""What a form that holds audio tracks alone cannot carry of a session."""

from dawbridge.formats.loss import Loss
from dawbridge.session import Master, Session, TempoMap, Track


def losses_beyond_tracks(session: Session) -> list[Loss]:
    """A Loss for each bus, send, sidechain, automation, instrument and solo, for the master and the tempo map."""
    why = "this export carries tracks, their plugins, faders and pans alone"
    losses = [Loss(f"bus {bus.name!r}", "the bus and what it does", why) for bus in session.buses]
    for channel in session.channels:
        kind = "track" if isinstance(channel, Track) else "bus"
        losses += [Loss(f"{kind} {channel.name!r}", what, why) for what in _of_channel(channel)]
    if session.master != Master():
        losses.append(Loss("master", "its devices, fader and pan", why))
    if session.tempo != TempoMap():
        losses.append(Loss("session", "its tempo map", why))
    return losses


def _of_channel(channel) -> list[str]:
    what = [f"its send to {send.to!r}" for send in channel.sends]
    what += [f"the automation of its {name}" for name in channel.automation]
    what += [f"the automation of its sends to {send.to!r}" for send in channel.sends if send.automation]
    for number, device in enumerate(channel.devices, start=1):
        place = f"device {number} ({device.device})"
        what += [f"the automation of {name} of {place}" for name in device.automation]
        what += [f"the sidechain of {place}"] if device.sidechain is not None else []
    what += ["its solo"] if channel.is_soloed else []
    what += [f"its output to {channel.output!r}; it goes to the master"] if channel.output != "master" else []
    if isinstance(channel, Track) and channel.instrument is not None:
        what.append(f"its instrument ({channel.instrument.device}) and notes; its sound stands as audio")
    return what
