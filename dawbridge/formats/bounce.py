"""Bounce: a session with devices that a DAW cannot host becomes one that it can, with audio in their place.

A device may be impossible to host: a neural network has no plugin, and a built-in device has none where its LV2 could
not be compiled. A channel with such a device becomes two: the channel itself, muted, with the devices that the DAW can
host; and a new track that plays the rendered output of its chain with its fader, pan, output and sends. An instrument
that cannot be hosted becomes the sound that it played. If the master has such a device, it becomes a muted bus, and a
new track plays the mix.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dawbridge.audio import Audio
from dawbridge.formats.loss import Losses
from dawbridge.names import unique_name
from dawbridge.session import Device, Rendered, Session, spec_of
from dawbridge.session.model import FOREIGN, MASTER, Bus, Channel, Fader, Master, Track
from dawbridge.session.rendered import INSTRUMENT

ReasonAgainst = Callable[[Device], str]  # why a DAW cannot host a device; empty where it can
States = dict[tuple[str, int], bytes]  # (channel, device position) → the plugin's captured state


@dataclass(frozen=True)
class Playable:
    """A session that the DAW can play.

    states:  the captured plugin states, by this session's channels and device positions
    bounces: audio path → rendered audio, for the session's audio paths that name no file on disk
    """

    session: Session
    states: States
    bounces: dict[str, Audio]


def make_playable(session: Session, rendered: Rendered, reason_against: ReasonAgainst, losses: Losses) -> Playable:
    """The session with every device that `reason_against` names bounced to audio; each is added to `losses`.

    A device that the render did not play either (bypassed or foreign) is left out.
    """
    return _Bouncer(session, rendered, reason_against, losses).playable()


class _Bouncer:
    """Collects the new session's channels, states and audio."""

    def __init__(self, session: Session, rendered: Rendered, reason_against: ReasonAgainst, losses: Losses):
        self.session, self.rendered, self.reason_against, self.losses = session, rendered, reason_against, losses
        self.states: States = {}
        self.bounces: dict[str, Audio] = {}
        self.files = {clip.audio for track in session.tracks for clip in track.all_clips}
        self.taken = {channel.name for channel in session.channels} | {MASTER}
        self.tracks: list[Track] = []
        self.buses: list[Bus] = []
        self.keeps_master: set[str] = set()  # channels whose output stays the master though a bus stands in for it
        self.stand_ins: dict[str, str] = {}  # channel → the track of its bounce; master → the bus in its place

    def playable(self) -> Playable:
        for channel in self.session.channels:
            self._add(channel)
        master = self._master()
        rows = {"tracks": tuple(self.tracks), "buses": tuple(self.buses), "master": master}
        session = self.session.model_copy(update=rows)
        return Playable(self._redirected(session) if self.stand_ins else session, self.states, self.bounces)

    def _add(self, channel: Channel) -> None:
        kind = "track" if isinstance(channel, Track) else "bus"
        where = f"{kind} {channel.name!r}"
        reasons = self._reasons(channel)
        kept = channel.model_copy(update={"devices": self._hostable(channel, channel.name, where, "channel")})
        if isinstance(kept, Track) and kept.instrument is not None:
            kept = self._with_sound(kept, kept.instrument, where)
        if reasons:
            bounce = self._bounce_track(channel, self.rendered.wet[channel.name])
            self._add_loss("channel.devices", where, reasons, bounce.name, channel.name)
            kept = kept.model_copy(update={"is_muted": True, "is_soloed": False, "sends": ()})
            self.tracks.append(bounce)
            self.stand_ins[channel.name] = bounce.name
        if isinstance(kept, Track):
            self.tracks.append(kept)
        elif isinstance(kept, Bus):
            self.buses.append(kept)

    def _master(self) -> Master:
        master = self.session.master
        devices = self._hostable(master, MASTER, MASTER, "master")
        if not (reasons := self._reasons(master)):
            return master.model_copy(update={"devices": devices})
        dry, name = (self._free_name(f"{MASTER} ({what})") for what in ("dry", "printed"))
        bus = Bus(name=dry, is_muted=True, **(dict(master) | {"devices": devices}))
        moved = [(position, state) for (row, position), state in self.states.items() if row == MASTER]
        self.states |= {(dry, position): state for position, state in moved}
        self.buses.append(bus)
        self.tracks.append(Track(name=name, audio=self._add_bounce(name, self.rendered.mix)))
        self.stand_ins[MASTER] = dry
        self.keeps_master = {dry, name}
        self._add_loss("master.devices", MASTER, reasons, name, dry)
        return Master()

    def _reasons(self, fader: Fader) -> list[str]:
        """Why the chain must be bounced: one reason per device that sounds in the mix and cannot be hosted."""
        rows = [(device, self.reason_against(device)) for device in fader.devices]
        return [reason for device, reason in rows if reason and device.device != FOREIGN and not device.is_bypassed]

    def _hostable(self, fader: Fader, name: str, where: str, kind: str) -> tuple[Device, ...]:
        """The devices that the DAW can host. Keeps their states under their new positions."""
        kept: list[Device] = []
        for position, device in enumerate(fader.devices):
            if reason := self.reason_against(device):
                if device.device == FOREIGN or device.is_bypassed:
                    what = f"device {position + 1} ({spec_of(device).label})"
                    self.losses.add(f"{kind}.devices", where, what, f"{reason}; the mix is without it too")
                continue
            if (state := self.rendered.states.get((name, position))) is not None:
                self.states[name, len(kept)] = state
            kept.append(device)
        return tuple(kept)

    def _with_sound(self, track: Track, instrument: Device, where: str) -> Track:
        """The track as it is if the DAW can host its instrument, else with the sound that the instrument played."""
        reason = self.reason_against(instrument) or self._trim_reason(track)
        if not reason:
            if (state := self.rendered.states.get((track.name, INSTRUMENT))) is not None:
                self.states[track.name, INSTRUMENT] = state
            return track
        audio = self._add_bounce(f"{track.name} (played)", self.rendered.dry[track.name])
        label = spec_of(instrument).label
        what, why = f"its instrument ({label}) and notes", f"{reason}; what it played is written as audio, one clip"
        self.losses.add("track.instrument", where, what, why, ("track.clips", "track.notes"))
        return track.model_copy(update={"instrument": None, "midi_clips": (), "audio": audio, "channels": 2})

    def _trim_reason(self, track: Track) -> str:
        """DAWs have no trim or polarity on a MIDI track, so devices must do it. Why these cannot; empty if they can."""
        wanted = [Device(device="gain")] if track.trim_db else []
        wanted += [Device(device="polarity")] if track.is_inverted else []
        return next((reason for device in wanted if (reason := self.reason_against(device))), "")

    def _bounce_track(self, channel: Channel, audio: Audio) -> Track:
        """A track that plays `audio` with the channel's fader, pan, output and sends."""
        name = self._free_name(f"{channel.name} (printed)")
        kept = {"fader_db", "pan_lr", "automation", "is_muted", "is_soloed", "output", "sends"}
        row = {key: value for key, value in dict(channel).items() if key in kept}
        pan_law = channel.channels if isinstance(channel, Track) and channel.instrument is None else 2
        return Track(name=name, audio=self._add_bounce(name, audio), channels=pan_law, **row)

    def _add_bounce(self, name: str, audio: Audio) -> str:
        """The new audio path of `audio`."""
        path = f"{name}.wav"
        while path in self.bounces or path in self.files:
            path = f"_{path}"
        self.bounces[path] = audio
        return path

    def _free_name(self, wanted: str) -> str:
        name = unique_name(wanted, self.taken)
        self.taken.add(name)
        return name

    def _add_loss(self, kind: str, where: str, reasons: list[str], bounce: str, dry: str) -> None:
        why = f"{'; '.join(dict.fromkeys(reasons))}. The output of the chain is audio in {bounce!r}, "
        self.losses.add(kind, where, "its chain as devices", why + f"the dry signal in {dry!r}, muted")

    def _redirected(self, session: Session) -> Session:
        """The session with sidechains that listen to the bounces, and outputs to the bus in the master's place."""
        tracks, buses = (tuple(map(self._channel, rows)) for rows in (session.tracks, session.buses))
        master = session.master.model_copy(update={"devices": self._with_sidechains(session.master)})
        return session.model_copy(update={"tracks": tracks, "buses": buses, "master": master})

    def _channel(self, channel: Channel) -> Channel:
        rows: dict[str, Any] = {"devices": self._with_sidechains(channel)}
        if MASTER in self.stand_ins and channel.output == MASTER and channel.name not in self.keeps_master:
            rows["output"] = self.stand_ins[MASTER]
        return channel.model_copy(update=rows)

    def _with_sidechains(self, fader: Fader) -> tuple[Device, ...]:
        rows = []
        for device in fader.devices:
            sidechain = device.sidechain
            if sidechain is not None and sidechain.source in self.stand_ins:
                sidechain = sidechain.model_copy(update={"source": self.stand_ins[sidechain.source]})
                device = device.model_copy(update={"sidechain": sidechain})
            rows.append(device)
        return tuple(rows)
