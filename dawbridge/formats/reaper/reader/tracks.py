"""REAPER's tracks as tracks and buses.

A track of REAPER may play items, an instrument, and what others send to it, all at once. Where it does more than one of
these it becomes a bus with its chain and fader, and a track for each that plays into it: the same sound.
"""

from dataclasses import dataclass, field

from dawbridge.errors import InputError
from dawbridge.formats.reaper.points import is_active
from dawbridge.formats.reaper.reader.chain import read_entries
from dawbridge.formats.reaper.reader.context import BALANCE, CLASSIC, Import
from dawbridge.formats.reaper.reader.devices import Devices, Effect
from dawbridge.formats.reaper.reader.items import audio_clips, item_losses, takes_of
from dawbridge.formats.reaper.reader.levels import TRIM_READ, ReadLevels, gain_db, join_levels, read_envelope
from dawbridge.formats.reaper.reader.midi import is_midi, played_notes, pool_of, read_midi_source
from dawbridge.formats.reaper.reader.routing import POST_FADER, PRE_FX, Receive, Routes, read_routes
from dawbridge.formats.reaper.reader.sources import Sources
from dawbridge.formats.reaper.text import Block, number
from dawbridge.names import unique_name
from dawbridge.session import Bus, Clip, Device, MidiClip, Send, Sidechain, Track
from dawbridge.session.model import MASTER

_MOST_TRACKS = 10_000
NOWHERE = "no output"


@dataclass
class Part:
    """What a track of REAPER is made of, before it is known what it becomes."""

    name: str
    where: str
    clips: list[Clip] = field(default_factory=list)
    notes: list[MidiClip] = field(default_factory=list)
    channels: int = 2
    effects: list[Effect] = field(default_factory=list)
    instrument: Device | None = None
    trim: tuple[float, bool] = (0.0, False)


class Tracks:
    """Reads all tracks of a project."""

    def __init__(self, imported: Import):
        self.imported, self.losses = imported, imported.losses
        self.blocks = imported.project.blocks("TRACK")
        if len(self.blocks) > _MOST_TRACKS:
            raise InputError(f"{imported.where}: {len(self.blocks)} tracks, at most {_MOST_TRACKS} are read; part it")
        self.routes: Routes = read_routes(self.blocks, imported)
        self.names = self._names()
        self.sources = Sources(imported)
        self.pool = pool_of(self.blocks)
        self.nowhere = ""  # the name of the bus for what goes nowhere, where one is needed

    def read(self) -> tuple[list[Track], list[Bus]]:
        """The tracks and the buses, each in REAPER's order."""
        tracks: list[Track] = []
        buses: list[Bus] = []
        for place, block in enumerate(self.blocks):
            self._place(place, block, tracks, buses)
        if self.nowhere:
            buses.append(Bus(name=self.nowhere, is_muted=True))
        return tracks, buses

    def _names(self) -> list[str]:
        found: list[str] = []
        taken = {MASTER}
        for place, block in enumerate(self.blocks, start=1):
            given = (block.first("NAME") or [""])[0]
            name = unique_name(given or f"Track {place}", taken)
            if name != given:
                told = f"its name {given!r}" if given else "that it has no name"
                self.losses.add("foreign.track_name", f"track {place}", f"{told}; it is {name!r}")
            taken.add(name)
            found.append(name)
        return found

    def _free(self, wanted: str) -> str:
        name = unique_name(wanted, {*self.names, MASTER})
        self.names.append(name)
        return name

    # One track

    def _place(self, place: int, block: Block, tracks: list[Track], buses: list[Bus]) -> None:
        part = self._part(place, block)
        has_inputs = self.routes.has_inputs(place)
        kinds = [bool(part.clips), part.instrument is not None, has_inputs]
        channels = part.channels if kinds == [True, False, False] else 2
        common = self._channel(place, block, part, channels)
        if sum(kinds) > 1:
            what = "that it plays and receives at once; a bus stands for it, and a track for what it plays"
            self.losses.add("foreign.mixed_track", part.where, what)
            buses.append(Bus(name=part.name, **common))
            if part.clips:
                name = self._free(f"{part.name} audio")
                tracks.append(Track(name=name, clips=tuple(part.clips), channels=2, output=part.name))
            if part.instrument is not None:
                rows = {"instrument": part.instrument, "midi_clips": tuple(part.notes), "output": part.name}
                tracks.append(Track(name=self._free(f"{part.name} notes"), **rows))
        elif part.clips:
            tracks.append(Track(name=part.name, clips=tuple(part.clips), channels=channels, **common))
        elif part.instrument is not None:
            rows = {"instrument": part.instrument, "midi_clips": tuple(part.notes)}
            tracks.append(Track(name=part.name, **rows, **common))
        else:
            buses.append(Bus(name=part.name, **common))

    def _part(self, place: int, block: Block) -> Part:
        part = Part(self.names[place], f"track {self.names[place]!r}")
        self._note(block, part.where)
        self._chain(place, block, part)
        is_mono = []
        for number_, item in enumerate(block.blocks("ITEM"), start=1):
            self._item(item, part, is_mono, f"{part.where} item {number_}")
        heard = 1 if is_mono and all(is_mono) else 2
        part.channels = self.imported.notes.channels.get((block.tokens[1:2] or [""])[0], heard)
        if part.notes and part.instrument is None:
            self.losses.add("foreign.midi", part.where, "its MIDI items: no instrument plays them")
        return part

    def _item(self, item: Block, part: Part, is_mono: list[bool], where: str) -> None:
        if (item.first("MUTE") or ["0"])[0] != "0":
            self.losses.add("foreign.muted_item", where, "the item, which is muted")
            return
        item_losses(item, self.imported, where)
        for take in takes_of(item):
            source = next(iter(take.blocks("SOURCE")), None)
            if is_midi(source):
                self._notes(item, take, source, part, where)
            elif source is not None:
                clips = audio_clips(item, take, self.sources, where)
                part.clips += clips
                found = self.sources.read(source, where) if clips else None
                mode = number(take.first("CHANMODE"), 0, 0, where)
                is_mono += [found.channels == 1 or mode in (2, 3, 4)] if found else []

    def _notes(self, item: Block, take: Block, source: Block, part: Part, where: str) -> None:
        midi = read_midi_source(source, self.imported, self.pool, where)
        if midi.others:
            self.losses.add("foreign.midi_events", where, ", ".join(sorted(midi.others)))
        start, notes = played_notes(item, take, midi, self.imported, where)
        path = self.imported.media.add_notes(notes, f"{part.name[:80]} notes")
        part.notes.append(MidiClip(midi=path, start_beats=start))

    def _chain(self, place: int, block: Block, part: Part) -> None:
        chain = next(iter(block.blocks("FXCHAIN")), None)
        is_off = (block.first("FX") or ["1"])[0] == "0"
        entries = [] if chain is None else read_entries(chain, is_off, self.losses, part.where)
        devices = Devices(self.imported, lambda first: self._sidechain(place, first))
        effects = devices.read(entries, part.where)
        for row in self.routes.into(place):
            if row.first and row.first not in devices.used:
                text = f"what comes in from {self.names[row.source]!r} on channel {row.first + 1}"
                self.losses.add("foreign.receive", part.where, text)
        spot = next((at for at, effect in enumerate(effects) if effect.is_instrument), None)
        if spot is not None:
            part.instrument = effects[spot].device
            self._drop(effects[:spot], part.where, "it stands before the instrument")
            effects = effects[spot + 1 :]
        if effects and effects[0].trim is not None:
            part.trim = effects[0].trim
            effects = effects[1:]
        others = [effect for effect in effects if effect.is_instrument or effect.device is None]
        self._drop(others, part.where, "a session's track has one instrument")
        part.effects = [effect for effect in effects if effect not in others]

    def _drop(self, effects: list[Effect], where: str, why: str) -> None:
        for effect in effects:
            name = "a trim" if effect.device is None else effect.device.device
            label = effect.device.plugin.label if effect.device is not None and effect.device.plugin else name
            self.losses.add("foreign.instrument", where, f"the effect {label!r}", why)

    def _sidechain(self, place: int, first: int) -> Sidechain | None:
        found = [row for row in self.routes.into(place) if row.first == first and not row.is_muted]
        if not found:
            return None
        row = found[0]
        level = gain_db(abs(row.gain), f"track {self.names[place]!r} sidechain", self.losses)
        return Sidechain(source=self.names[row.source], is_pre_fader=row.mode != POST_FADER, gain_db=level)

    # Levels and routes

    def _channel(self, place: int, block: Block, part: Part, channels: int) -> dict:
        """What tracks and buses have alike."""
        levels = self._levels(block, channels, part.where)
        muted, solo = (number(block.first("MUTESOLO"), spot, 0, part.where) for spot in (0, 1))
        trim_db, is_inverted = part.trim
        inverted = number(block.first("IPHASE"), 0, 0, part.where) != 0
        trim_db += self._pre_fx(block, part.where)
        output, taken = self._output(place, part.where)
        return {
            "trim_db": max(-120.0, min(trim_db, 24.0)),
            "is_inverted": inverted != is_inverted,
            "is_muted": bool(muted),
            "is_soloed": bool(solo),
            "output": output,
            "sends": tuple(self._send(row) for row in self.routes.out_of(place) if row is not taken and not row.first),
            "devices": tuple(effect.device for effect in part.effects),
            "fader_db": levels.level_db,
            "pan_lr": levels.pan_lr,
            "automation": levels.automation("fader_db"),
        }

    def _levels(self, block: Block, channels: int, where: str) -> ReadLevels:
        row = block.first("VOLPAN")
        gain, pan, own_law = (number(row, spot, default, where) for spot, default in enumerate((1.0, 0.0, -1.0)))
        law = self.imported.pan_law if own_law < 0 else own_law
        gain_db(gain, where, self.losses)
        self._check_pan(block, row, pan, law, where)
        gains, pans = (
            read_envelope(next(iter(block.blocks(name)), None), where, self.imported) for name in ("VOLENV2", "PANENV2")
        )
        is_trim = number(block.first("AUTOMODE"), 0, TRIM_READ, where) == TRIM_READ
        return join_levels((abs(gain), pan), gains, pans, channels, is_trim, min(law, 1.0))

    def _check_pan(self, block: Block, row: list[str], pan: float, law: float, where: str) -> None:
        moves = any(is_active(env) for env in block.blocks("PANENV2")) or pan != 0.0
        if law != 1.0 and moves:
            self.losses.add("foreign.pan_law", where, f"the pan law {law:g} away from the centre; it is a balance")
        own = block.first("PANMODE")
        mode = int(number(own, 0, self.imported.pan_mode, where))
        sides = number(row, 3, -1.0, where), number(row, 4, 1.0, where)
        is_neutral = not moves and sides[1] == 1.0 and (mode == 5 or sides[0] == -1.0)
        if mode not in (BALANCE, CLASSIC) and not is_neutral:
            self.losses.add("foreign.pan_mode", where, f"pan mode {mode} with {sides}; it is a balance")

    def _pre_fx(self, block: Block, where: str) -> float:
        """Decibels of the volume before the effects; what moves there, or pans, is a Loss."""
        for name in ("PANENV", "WIDTHENV", "WIDTHENV2", "DUALPANENVL", "DUALPANENV", "DUALPANENVL2", "DUALPANENV2",
                     "MUTEENV", "VOLENV3"):  # fmt: skip
            if any(is_active(envelope) for envelope in block.blocks(name)):
                self.losses.add("foreign.envelope", where, f"its envelope {name}")
        points = read_envelope(next(iter(block.blocks("VOLENV")), None), where, self.imported)
        if not points:
            return 0.0
        if len({value for _, value in points}) > 1:
            self.losses.add("foreign.envelope", where, "that its volume before the effects moves")
        return gain_db(abs(points[0][1]), where, self.losses)

    def _output(self, place: int, where: str) -> tuple[str, Receive | None]:
        """(name of the output, the receive that it is)."""
        parent = self.routes.parents[place]
        if self.routes.mains[place]:
            return (MASTER if parent is None else self.names[parent]), None
        found = self.routes.output_of(place)
        if found is not None:
            return self.names[found.target], found
        self.nowhere = self.nowhere or self._free(NOWHERE)
        self.losses.add(
            "foreign.main_send", where, f"that it has no main send; it goes to the muted bus {self.nowhere!r}"
        )
        return self.nowhere, None

    def _send(self, row: Receive) -> Send:
        where = f"track {self.names[row.source]!r} send to {self.names[row.target]!r}"
        if row.is_inverted or not row.is_plain:
            self.losses.add("foreign.send", where, "that it takes other channels, is mono or inverted")
        if row.mode == PRE_FX and self.blocks[row.source].blocks("FXCHAIN"):
            self.losses.add("foreign.send", where, "that it leaves before the effects; it leaves after them")
        named = {block.name: block for block in row.envelopes}
        if "AUXMUTEENV" in named and is_active(named["AUXMUTEENV"]):
            self.losses.add("foreign.envelope", where, "its envelope AUXMUTEENV")
        gains, pans = (read_envelope(named.get(name), where, self.imported) for name in ("AUXVOLENV", "AUXPANENV"))
        gain_db(abs(row.gain), where, self.losses)
        is_trim = row.automation <= TRIM_READ
        levels = join_levels((abs(row.gain), row.pan), gains, pans, 2, is_trim)
        moves = {"automation": levels.automation("gain_db")} if levels.moves else {}
        pre = {"is_pre_fader": row.mode != POST_FADER, "is_muted": row.is_muted}
        return Send(to=self.names[row.target], gain_db=levels.level_db, pan_lr=levels.pan_lr, **pre, **moves)

    def _note(self, block: Block, where: str) -> None:
        """What a track has that changes its sound and no session has."""
        for name, kind, what in (
            ("FREEZE", "foreign.freeze", "what was frozen; the frozen audio plays"),
            ("HWOUT", "foreign.hardware_output", "its hardware output"),
            ("GROUP_FLAGS", "foreign.group", "that it is in a group"),
            ("LANESOLO", "foreign.lanes", "that only some of its lanes play"),
        ):
            if block.blocks(name) or block.all(name):
                self.losses.add(kind, where, what)
        if number(block.first("PLAYOFFS"), 0, 0.0, where) != 0.0:
            self.losses.add("foreign.play_offset", where, "that its items play earlier or later")
        if number(block.first("MAINSEND"), 1, 0.0, where) != 0.0:
            self.losses.add("foreign.main_send", where, "that its main send goes to other channels")
