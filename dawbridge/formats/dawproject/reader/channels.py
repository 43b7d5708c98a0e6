"""Makes tracks, buses and the master from the entries of the mixer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from dawbridge.formats.dawproject.reader.arrangement import Piece
from dawbridge.formats.dawproject.reader.audio import ReadAudio
from dawbridge.formats.dawproject.reader.clips import make_clips
from dawbridge.formats.dawproject.reader.devices import Chain, read_chain
from dawbridge.formats.dawproject.reader.levels import read_levels
from dawbridge.formats.dawproject.reader.project import Project
from dawbridge.formats.dawproject.reader.structure import Entry, Mixer
from dawbridge.formats.media import Media
from dawbridge.midi_notes import BeatNote
from dawbridge.session import Bus, Device, Master, MidiClip, Send, Sidechain, Track
from dawbridge.session.model import MASTER
from dawbridge.session.rendered import INSTRUMENT


@dataclass
class Sound:
    """What an entry plays: pieces of audio, each with its file; and notes."""

    pieces: list[tuple[Piece, ReadAudio]] = field(default_factory=list)
    notes: list[BeatNote] = field(default_factory=list)


@dataclass
class Channels:
    """The channels of a session."""

    tracks: list[Track] = field(default_factory=list)
    buses: list[Bus] = field(default_factory=list)
    master: Master = Master()


@dataclass
class ChannelReader:
    """Makes the session's channels at the sample rate `rate`. `sounds`: an entry's name → what it plays."""

    project: Project
    mixer: Mixer
    sounds: dict[str, Sound]
    rate: int
    media: Media

    def read(self) -> Channels:
        """All channels. What a session cannot hold is a Loss."""
        channels, inputs = Channels(), self._inputs()
        for entry in self.mixer.entries:
            self._read(entry, channels, entry.name in inputs)
        if self.mixer.master is not None:
            channels.master = self._master(self.mixer.master)
        return channels

    def _lose(self, kind: str, entry: Entry, what: str) -> None:
        self.project.document.losses.add(kind, _where(entry), what)

    def _inputs(self) -> set[str]:
        """The names of the entries that others output or send to, and of effect tracks and groups."""
        names = {row.name for row in self.mixer.entries if row.is_group or row.role in ("effect", "submix")}
        for entry in self.mixer.entries:
            sends = [] if entry.channel is None else entry.channel.iterfind("Sends/Send")
            targets = [self.mixer.by_id(send.get("destination")) for send in sends] + [self._output(entry)]
            names |= {target.name for target in targets if target is not None}
        return names

    def _output(self, entry: Entry) -> Entry | None:
        """Where it outputs to: its destination, else the group around it; None for the master."""
        identity = None if entry.channel is None else entry.channel.get("destination")
        found = self.mixer.by_id(identity) or (entry.group if identity is None else None)
        return None if found is self.mixer.master else found

    def _read(self, entry: Entry, channels: Channels, has_inputs: bool) -> None:
        chain = read_chain(self.project, entry.channel, _where(entry))
        source = self._source(entry, chain)
        if not source or has_inputs:
            channels.buses.append(Bus(**self._common(entry, chain, 2)))
        if source and has_inputs:
            name = self._free_name(f"{entry.name} (own)")
            channels.tracks.append(Track(name=name, output=entry.name, **source | {"channels": 2}))
        elif source:
            pan_law = 2 if "instrument" in source else source["channels"]
            channels.tracks.append(Track(**self._common(entry, chain, pan_law), **source))
        elif not has_inputs:
            self._lose("foreign.empty_track", entry, "it plays nothing, and becomes a bus")

    def _free_name(self, name: str) -> str:
        while name in {entry.name for entry in self.mixer.entries}:
            name += "'"
        return name

    def _source(self, entry: Entry, chain: Chain) -> dict[str, Any]:
        """A track's fields for what it plays; empty if it plays nothing."""
        sound = self.sounds.get(entry.name, Sound())
        if chain.instrument is not None and not sound.pieces:
            notes = self.media.add_notes(sound.notes, f"{entry.name} notes") if sound.notes else None
            return {"instrument": chain.instrument, "midi_clips": (MidiClip(midi=notes),) if notes else ()}
        if chain.instrument is not None:
            self._lose("foreign.instrument", entry, "its instrument, since it plays audio too")
        if sound.notes:
            self._lose("foreign.notes", entry, f"{len(sound.notes)} notes, which no instrument plays")
        clips = make_clips(self.project, sound.pieces, self.rate, _where(entry))
        if not clips:
            return {}
        fact = self.project.document.facts(entry.track).get("channels")
        guess = 1 if all(file.channels == 1 for _, file in sound.pieces) else 2
        return {"clips": clips, "channels": fact if fact in (1, 2) else guess}

    def _common(self, entry: Entry, chain: Chain, pan_law: int) -> dict[str, Any]:
        """The fields that tracks and buses share."""
        document, channel = self.project.document, entry.channel
        output = self._output(entry)
        if channel is not None and channel.get("destination") and self.mixer.by_id(channel.get("destination")) is None:
            self._lose(
                "foreign.reference", entry, f"its output to {channel.get('destination')!r}, which does not exist"
            )
        return {
            "name": entry.name,
            "trim_db": chain.trim_db,
            "devices": self._devices(chain, entry),
            "is_inverted": document.facts(entry.track).get("is_inverted") is True,
            "is_muted": document.flag(None if channel is None else channel.find("Mute"), "value", False),
            "is_soloed": document.flag(channel, "solo", False),
            "output": MASTER if output is None else output.name,
            "sends": tuple(self._sends(entry)),
            **read_levels(self.project, channel, "fader_db", pan_law, _where(entry)),
        }

    def _devices(self, chain: Chain, entry: Entry) -> tuple[Device, ...]:
        """The chain's devices with their sidechains, whose sources are named only now. Also sets the instrument's."""
        sidechains = chain.sidechains
        if chain.instrument is not None and INSTRUMENT in sidechains:
            chain.instrument = self._with_sidechain(chain.instrument, sidechains[INSTRUMENT], entry)
        rows = enumerate(chain.devices)
        return tuple(self._with_sidechain(row, sidechains.get(position), entry) for position, row in rows)

    def _with_sidechain(self, device: Device, sidechain: Sidechain | None, entry: Entry) -> Device:
        if sidechain is None:
            return device
        source = self.mixer.by_id(sidechain.source)
        if source is None or source is self.mixer.master:
            self._lose("foreign.reference", entry, f"a sidechain from {sidechain.source!r}, which does not exist")
            return device
        return device.model_copy(update={"sidechain": sidechain.model_copy(update={"source": source.name})})

    def _sends(self, entry: Entry) -> Iterator[Send]:
        document = self.project.document
        for element in [] if entry.channel is None else entry.channel.iterfind("Sends/Send"):
            target = self.mixer.by_id(element.get("destination"))
            if target is None or target is self.mixer.master:
                self._lose("foreign.send", entry, f"a send to {_target_name(target, element)}, which is no bus")
                continue
            fields = read_levels(self.project, element, "gain_db", 2, _where(entry))
            is_on = document.flag(element.find("Enable"), "value", True)
            yield Send(to=target.name, is_pre_fader=element.get("type") == "pre", is_muted=not is_on, **fields)

    def _master(self, entry: Entry) -> Master:
        chain, document = read_chain(self.project, entry.channel, MASTER), self.project.document
        for tag in ("Sends/Send", "Mute"):
            row = None if entry.channel is None else entry.channel.find(tag)
            if row is not None and (tag != "Mute" or document.flag(row, "value", False)):
                document.losses.add("foreign.master", MASTER, f"its {tag.partition('/')[0].lower()}")
        if chain.instrument is not None or self.sounds.get(MASTER):
            document.losses.add("foreign.master", MASTER, "what it plays itself")
        devices = list(self._devices(chain, entry))
        if chain.trim_db:
            devices.insert(0, Device(device="gain", values={"gain_db": max(chain.trim_db, -24.0)}))
        return Master(devices=tuple(devices), **read_levels(self.project, entry.channel, "fader_db", 2, MASTER))


def _where(entry: Entry) -> str:
    return f"track {entry.name!r}"


def _target_name(target: Entry | None, element: etree._Element) -> str:
    return repr(element.get("destination", "")) if target is None else "the master"
