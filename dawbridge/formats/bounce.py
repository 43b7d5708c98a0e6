"""What a DAW cannot play stands as audio: a session is made into one whose every device can live there.

A channel with a device that cannot (a network; a built-in one where no plugin of it could be had) becomes two: itself,
muted, with the devices that can, and a track of its chain's output, which takes its place. An instrument that cannot
becomes its sound. The master becomes a bus, muted, and a track of the mix.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dawbridge.audio import Audio
from dawbridge.formats.loss import Losses
from dawbridge.names import unique_name
from dawbridge.session import Device, Rendered, Session, spec_of
from dawbridge.session.model import FOREIGN, MASTER, Bus, Channel, Fader, Master, Track
from dawbridge.session.rendered import INSTRUMENT

Reason = Callable[[Device], str]  # why a device cannot live in the DAW; empty where it can
States = dict[tuple[str, int], bytes]


@dataclass(frozen=True)
class Playable:
    """A session for the DAW. `prints` are the audio of paths that name no file; `states` are by its own names."""

    session: Session
    states: States
    prints: dict[str, Audio]


def make_playable(session: Session, rendered: Rendered, cannot: Reason, losses: Losses) -> Playable:
    """The session with what cannot live in the DAW printed or, where nothing here plays it either, left out."""
    return _Printer(session, rendered, cannot, losses).playable()


class _Printer:
    def __init__(self, session: Session, rendered: Rendered, cannot: Reason, losses: Losses):
        self.session, self.rendered, self.cannot, self.losses = session, rendered, cannot, losses
        self.states: States = {}
        self.prints: dict[str, Audio] = {}
        self.files = {clip.audio for track in session.tracks for clip in track.all_clips}
        self.taken = {channel.name for channel in session.channels} | {MASTER}
        self.tracks: list[Track] = []
        self.buses: list[Bus] = []
        self.at_master: set[str] = set()  # what goes there all the same
        self.twins: dict[str, str] = {}  # channel → the track of its output, or the bus in the master's place

    def playable(self) -> Playable:
        for channel in self.session.channels:
            self._add(channel)
        master = self._master()
        rows = {"tracks": tuple(self.tracks), "buses": tuple(self.buses), "master": master}
        session = self.session.model_copy(update=rows)
        return Playable(self._redirected(session) if self.twins else session, self.states, self.prints)

    def _add(self, channel: Channel) -> None:
        kind = "track" if isinstance(channel, Track) else "bus"
        where = f"{kind} {channel.name!r}"
        wanting = self._wanting(channel)
        kept = channel.model_copy(update={"devices": self._living(channel, channel.name, where, "channel")})
        if isinstance(kept, Track) and kept.instrument is not None:
            kept = self._with_sound(kept, where)
        if wanting:
            printed = self._printed(channel, self.rendered.wet[channel.name])
            self._tell("channel.devices", where, wanting, printed.name, channel.name)
            kept = kept.model_copy(update={"is_muted": True, "is_soloed": False, "sends": ()})
            self.tracks.append(printed)
            self.twins[channel.name] = printed.name
        (self.tracks if isinstance(kept, Track) else self.buses).append(kept)

    def _master(self) -> Master:
        master = self.session.master
        devices = self._living(master, MASTER, MASTER, "master")
        if not (wanting := self._wanting(master)):
            return master.model_copy(update={"devices": devices})
        dry, name = (self._free(f"{MASTER} ({what})") for what in ("dry", "printed"))
        bus = Bus(name=dry, is_muted=True, **(dict(master) | {"devices": devices}))
        self.states |= {(dry, place): state for (row, place), state in list(self.states.items()) if row == MASTER}
        self.buses.append(bus)
        self.tracks.append(Track(name=name, audio=self._print(name, self.rendered.mix)))
        self.twins[MASTER] = dry
        self.at_master = {dry, name}
        self._tell("master.devices", MASTER, wanting, name, dry)
        return Master()

    def _wanting(self, fader: Fader) -> list[str]:
        """Why the chain must be printed: each device that sounds in the mix and cannot live in the DAW."""
        rows = [(device, self.cannot(device)) for device in fader.devices]
        return [reason for device, reason in rows if reason and device.device != FOREIGN and not device.is_bypassed]

    def _living(self, fader: Fader, name: str, where: str, kind: str) -> tuple[Device, ...]:
        """The devices that can live in the DAW, and their states at their new places."""
        kept = []
        for position, device in enumerate(fader.devices):
            if reason := self.cannot(device):
                if device.device == FOREIGN or device.is_bypassed:
                    what = f"device {position + 1} ({spec_of(device).label})"
                    self.losses.add(f"{kind}.devices", where, what, f"{reason}; the mix is without it too")
                continue
            if (state := self.rendered.states.get((name, position))) is not None:
                self.states[name, len(kept)] = state
            kept.append(device)
        return tuple(kept)

    def _with_sound(self, track: Track, where: str) -> Track:
        """The track with an instrument that the DAW plays, else with the instrument's sound in its place."""
        reason = self.cannot(track.instrument) or self._trim_reason(track)
        if not reason:
            if (state := self.rendered.states.get((track.name, INSTRUMENT))) is not None:
                self.states[track.name, INSTRUMENT] = state
            return track
        audio = self._print(f"{track.name} (played)", self.rendered.dry[track.name])
        label = spec_of(track.instrument).label
        what, why = f"its instrument ({label}) and notes", f"{reason}; what it played stands as audio, one clip"
        self.losses.add("track.instrument", where, what, why, ("track.clips", "track.notes"))
        return track.model_copy(update={"instrument": None, "midi_clips": (), "audio": audio, "channels": 2})

    def _trim_reason(self, track: Track) -> str:
        """A DAW has no trim on a MIDI track: devices must do it."""
        wanted = [Device(device="gain")] if track.trim_db else []
        wanted += [Device(device="polarity")] if track.is_inverted else []
        return next((reason for device in wanted if (reason := self.cannot(device))), "")

    def _printed(self, channel: Channel, audio: Audio) -> Track:
        name = self._free(f"{channel.name} (printed)")
        kept = {"fader_db", "pan_lr", "automation", "is_muted", "is_soloed", "output", "sends"}
        row = {key: value for key, value in dict(channel).items() if key in kept}
        law = channel.channels if isinstance(channel, Track) and channel.instrument is None else 2
        return Track(name=name, audio=self._print(name, audio), channels=law, **row)

    def _print(self, name: str, audio: Audio) -> str:
        path = f"{name}.wav"
        while path in self.prints or path in self.files:
            path = f"_{path}"
        self.prints[path] = audio
        return path

    def _free(self, wanted: str) -> str:
        name = unique_name(wanted, self.taken)
        self.taken.add(name)
        return name

    def _tell(self, kind: str, where: str, wanting: list[str], printed: str, dry: str) -> None:
        why = f"{'; '.join(dict.fromkeys(wanting))}. What the chain gave stands as audio in {printed!r}, "
        self.losses.add(kind, where, "its chain as devices", why + f"the dry signal in {dry!r}, muted")

    def _redirected(self, session: Session) -> Session:
        """What steers a device comes from the printed twin; what went to the master goes to the bus in its place."""
        tracks, buses = (tuple(map(self._channel, rows)) for rows in (session.tracks, session.buses))
        master = session.master.model_copy(update={"devices": self._steered(session.master)})
        return session.model_copy(update={"tracks": tracks, "buses": buses, "master": master})

    def _channel(self, channel: Channel) -> Channel:
        rows = {"devices": self._steered(channel)}
        if MASTER in self.twins and channel.output == MASTER and channel.name not in self.at_master:
            rows["output"] = self.twins[MASTER]
        return channel.model_copy(update=rows)

    def _steered(self, fader: Fader) -> tuple[Device, ...]:
        rows = []
        for device in fader.devices:
            side = device.sidechain
            if side is not None and side.source in self.twins:
                side = side.model_copy(update={"source": self.twins[side.source]})
                device = device.model_copy(update={"sidechain": side})
            rows.append(device)
        return tuple(rows)
