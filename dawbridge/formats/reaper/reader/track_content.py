"""Reads what a track plays and the effects it plays through."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dawbridge.formats.reaper.reader.chain import read_entries
from dawbridge.formats.reaper.reader.context import ImportContext
from dawbridge.formats.reaper.reader.devices import Devices, Effect
from dawbridge.formats.reaper.reader.items import add_item_losses, audio_clips, takes_of
from dawbridge.formats.reaper.reader.midi import is_midi, played_notes, read_midi_source
from dawbridge.formats.reaper.reader.sources import Sources
from dawbridge.formats.reaper.text import Block, number
from dawbridge.session import Clip, Device, MidiClip, Sidechain

_MONO_MODES = (2, 3, 4)


@dataclass
class TrackContent:
    """What a track of REAPER holds, before it is known whether it becomes a track, a bus or both.

    channels: 1 if all its audio is mono, else 2
    trim:     (decibels, whether the polarity is inverted) of a trim that dawbridge wrote as the first effect
    """

    name: str
    where: str
    clips: list[Clip] = field(default_factory=list)
    notes: list[MidiClip] = field(default_factory=list)
    channels: int = 2
    devices: list[Device] = field(default_factory=list)
    instrument: Device | None = None
    trim: tuple[float, bool] = (0.0, False)


@dataclass
class ContentReader:
    """Reads the content of one track after the other. `midi_pool`: MIDI sources that items share, by their id."""

    context: ImportContext
    sources: Sources
    midi_pool: dict[str, Block]

    def read_items(self, block: Block, content: TrackContent) -> None:
        """Add the clips and notes of the track's items."""
        is_mono: list[bool] = []
        for count, item in enumerate(block.blocks("ITEM"), start=1):
            self._read_item(item, content, is_mono, f"{content.where} item {count}")
        guess = 1 if is_mono and all(is_mono) else 2
        content.channels = self.context.notes.channels.get((block.tokens[1:2] or [""])[0], guess)
        if content.notes and content.instrument is None:
            self.context.losses.add("foreign.midi", content.where, "its MIDI items: no instrument plays them")

    def _read_item(self, item: Block, content: TrackContent, is_mono: list[bool], where: str) -> None:
        if (item.first("MUTE") or ["0"])[0] != "0":
            self.context.losses.add("foreign.muted_item", where, "the item, which is muted")
            return
        add_item_losses(item, self.context, where)
        for take in takes_of(item):
            source = take.first_block("SOURCE")
            if source is None:
                continue
            if is_midi(source):
                self._add_notes(item, take, source, content, where)
                continue
            clips = audio_clips(item, take, self.sources, where)
            content.clips += clips
            found = self.sources.read(source, where) if clips else None
            mode = number(take.first("CHANMODE"), 0, 0, where)
            is_mono += [found.channels == 1 or mode in _MONO_MODES] if found else []

    def _add_notes(self, item: Block, take: Block, source: Block, content: TrackContent, where: str) -> None:
        midi = read_midi_source(source, self.context, self.midi_pool, where)
        if midi.others:
            self.context.losses.add("foreign.midi_events", where, ", ".join(sorted(midi.others)))
        start, notes = played_notes(item, take, midi, self.context, where)
        path = self.context.media.add_notes(notes, f"{content.name[:80]} notes")
        content.notes.append(MidiClip(midi=path, start_beats=start))

    def read_effects(
        self, block: Block, where: str, sidechain_at: Callable[[int], Sidechain | None]
    ) -> tuple[list[Effect], set[int]]:
        """(the track's effects, the channels on which they listen to a sidechain).

        `sidechain_at` gives the sidechain that comes in on a channel and the next one.
        """
        chain = block.first_block("FXCHAIN")
        is_off = (block.first("FX") or ["1"])[0] == "0"
        entries = [] if chain is None else read_entries(chain, is_off, self.context.losses, where)
        devices = Devices(self.context, sidechain_at)
        return devices.read(entries, where), devices.used

    def add_effects(self, effects: list[Effect], content: TrackContent) -> None:
        """Add the effects as the track's instrument, trim and devices. Those for which there is no place are a Loss."""
        instrument = next((index for index, effect in enumerate(effects) if effect.is_instrument), None)
        if instrument is not None:
            content.instrument = effects[instrument].device
            self._drop(effects[:instrument], content.where, "it is before the instrument")
            effects = effects[instrument + 1 :]
        if effects and effects[0].trim is not None:
            content.trim = effects[0].trim
            effects = effects[1:]
        others = [effect for effect in effects if effect.is_instrument or effect.device is None]
        self._drop(others, content.where, "a session's track has one instrument")
        kept = [effect for effect in effects if effect not in others]
        content.devices = [effect.device for effect in kept if effect.device is not None]

    def _drop(self, effects: list[Effect], where: str, why: str) -> None:
        for effect in effects:
            name = "a trim" if effect.device is None else effect.device.device
            label = effect.device.plugin.label if effect.device is not None and effect.device.plugin else name
            self.context.losses.add("foreign.instrument", where, f"the effect {label!r}", why)
