"""Reads REAPER's tracks as tracks and buses.

One track of REAPER may play audio items, play an instrument and receive other tracks, all at once. If it does more than
one of these, it becomes a bus with its effects and fader, and a track for each thing that plays into it. The sound is
the same.
"""

from functools import partial
from typing import Any

from dawbridge.errors import InputError
from dawbridge.formats.reaper.points import is_active
from dawbridge.formats.reaper.reader.context import ImportContext
from dawbridge.formats.reaper.reader.levels import TRIM_READ, gain_db, join_levels, read_envelope
from dawbridge.formats.reaper.reader.midi import midi_pool_of
from dawbridge.formats.reaper.reader.routing import POST_FADER, PRE_FX, Receive, Routes, read_routes
from dawbridge.formats.reaper.reader.sources import Sources
from dawbridge.formats.reaper.reader.track_content import ContentReader, TrackContent
from dawbridge.formats.reaper.reader.track_fader import add_track_losses, read_fader, read_pre_fx_db
from dawbridge.formats.reaper.text import Block, number
from dawbridge.names import unique_name
from dawbridge.session import Bus, Send, Sidechain, Track
from dawbridge.session.model import MASTER

_MOST_TRACKS = 10_000
_NO_OUTPUT = "no output"


class Tracks:
    """Reads all tracks of a project."""

    def __init__(self, context: ImportContext):
        self.context, self.losses = context, context.losses
        self.blocks = context.project.blocks("TRACK")
        if len(self.blocks) > _MOST_TRACKS:
            raise InputError(f"{context.where}: {len(self.blocks)} tracks, at most {_MOST_TRACKS} are read; part it")
        self.routes: Routes = read_routes(self.blocks, context)
        self.names = self._names()
        self.content = ContentReader(context, Sources(context), midi_pool_of(self.blocks))
        self.no_output_bus = ""  # the name of the muted bus for tracks without an output, if one is needed

    def read(self) -> tuple[list[Track], list[Bus]]:
        """The tracks and the buses, each in REAPER's order."""
        tracks: list[Track] = []
        buses: list[Bus] = []
        for index, block in enumerate(self.blocks):
            self._add(index, block, tracks, buses)
        if self.no_output_bus:
            buses.append(Bus(name=self.no_output_bus, is_muted=True))
        return tracks, buses

    def _names(self) -> list[str]:
        names: list[str] = []
        taken = {MASTER}
        for count, block in enumerate(self.blocks, start=1):
            given = (block.first("NAME") or [""])[0]
            name = unique_name(given or f"Track {count}", taken)
            if name != given:
                what = f"its name {given!r}" if given else "that it has no name"
                self.losses.add("foreign.track_name", f"track {count}", f"{what}; it is {name!r}")
            taken.add(name)
            names.append(name)
        return names

    def _new_name(self, wanted: str) -> str:
        name = unique_name(wanted, {*self.names, MASTER})
        self.names.append(name)
        return name

    def _add(self, index: int, block: Block, tracks: list[Track], buses: list[Bus]) -> None:
        """Add the tracks and buses that REAPER's track becomes."""
        content = self._content(index, block)
        kinds = [bool(content.clips), content.instrument is not None, self.routes.has_inputs(index)]
        pan_law = content.channels if kinds == [True, False, False] else 2
        common = self._common(index, block, content, pan_law)
        audio: dict[str, Any] = {"clips": tuple(content.clips)}
        notes: dict[str, Any] = {"instrument": content.instrument, "midi_clips": tuple(content.notes)}
        if sum(kinds) > 1:
            what = "that it plays and receives at once; it becomes a bus, and a track for what it plays"
            self.losses.add("foreign.mixed_track", content.where, what)
            buses.append(Bus(name=content.name, **common))
            if content.clips:
                name = self._new_name(f"{content.name} audio")
                tracks.append(Track(name=name, channels=2, output=content.name, **audio))
            if content.instrument is not None:
                name = self._new_name(f"{content.name} notes")
                tracks.append(Track(name=name, output=content.name, **notes))
        elif content.clips:
            tracks.append(Track(name=content.name, channels=pan_law, **audio, **common))
        elif content.instrument is not None:
            tracks.append(Track(name=content.name, **notes, **common))
        else:
            buses.append(Bus(name=content.name, **common))

    def _content(self, index: int, block: Block) -> TrackContent:
        content = TrackContent(self.names[index], f"track {self.names[index]!r}")
        add_track_losses(block, self.context, content.where)
        sidechain_at = partial(self._sidechain, index)
        effects, used = self.content.read_effects(block, content.where, sidechain_at)
        for row in self.routes.into(index):
            if row.first and row.first not in used:
                what = f"what comes in from {self.names[row.source]!r} on channel {row.first + 1}"
                self.losses.add("foreign.receive", content.where, what)
        self.content.add_effects(effects, content)
        self.content.read_items(block, content)
        return content

    def _sidechain(self, index: int, channel: int) -> Sidechain | None:
        """The sidechain that comes in on the channel and the next one."""
        found = [row for row in self.routes.into(index) if row.first == channel and not row.is_muted]
        if not found:
            return None
        row = found[0]
        level = gain_db(abs(row.gain), f"track {self.names[index]!r} sidechain", self.losses)
        return Sidechain(source=self.names[row.source], is_pre_fader=row.mode != POST_FADER, gain_db=level)

    def _common(self, index: int, block: Block, content: TrackContent, pan_law: int) -> dict[str, Any]:
        """The fields that tracks and buses share."""
        where = content.where
        levels = read_fader(block, pan_law, self.context, where)
        muted, solo = (number(block.first("MUTESOLO"), field, 0, where) for field in (0, 1))
        trim_db, is_inverted = content.trim
        inverted = number(block.first("IPHASE"), 0, 0, where) != 0
        trim_db += read_pre_fx_db(block, self.context, where)
        output, as_output = self._output(index, where)
        sends = [row for row in self.routes.out_of(index) if row is not as_output and not row.first]
        return {
            "trim_db": max(-120.0, min(trim_db, 24.0)),
            "is_inverted": inverted != is_inverted,
            "is_muted": bool(muted),
            "is_soloed": bool(solo),
            "output": output,
            "sends": tuple(self._send(row) for row in sends),
            "devices": tuple(content.devices),
            "fader_db": levels.level_db,
            "pan_lr": levels.pan_lr,
            "automation": levels.automation("fader_db"),
        }

    def _output(self, index: int, where: str) -> tuple[str, Receive | None]:
        """(name of the output, the receive that stands for it or None)."""
        parent = self.routes.parents[index]
        if self.routes.has_main[index]:
            return (MASTER if parent is None else self.names[parent]), None
        found = self.routes.output_of(index)
        if found is not None:
            return self.names[found.target], found
        bus = self.no_output_bus = self.no_output_bus or self._new_name(_NO_OUTPUT)
        self.losses.add("foreign.main_send", where, f"that it has no main send; it goes to the muted bus {bus!r}")
        return bus, None

    def _send(self, row: Receive) -> Send:
        where = f"track {self.names[row.source]!r} send to {self.names[row.target]!r}"
        if row.is_inverted or not row.is_plain:
            self.losses.add("foreign.send", where, "that it takes other channels, is mono or inverted")
        if row.mode == PRE_FX and self.blocks[row.source].blocks("FXCHAIN"):
            self.losses.add("foreign.send", where, "that it leaves before the effects; it leaves after them")
        named = {block.name: block for block in row.envelopes}
        if "AUXMUTEENV" in named and is_active(named["AUXMUTEENV"]):
            self.losses.add("foreign.envelope", where, "its envelope AUXMUTEENV")
        gains, pans = (read_envelope(named.get(name), where, self.context) for name in ("AUXVOLENV", "AUXPANENV"))
        gain_db(abs(row.gain), where, self.losses)
        is_trim = row.automation <= TRIM_READ
        levels = join_levels((abs(row.gain), row.pan), gains, pans, 2, is_trim)
        return Send(
            to=self.names[row.target],
            gain_db=levels.level_db,
            pan_lr=levels.pan_lr,
            is_pre_fader=row.mode != POST_FADER,
            is_muted=row.is_muted,
            **({"automation": levels.automation("gain_db")} if levels.moves else {}),
        )
