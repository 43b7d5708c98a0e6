"""The mixer of an Ardour session: every route with what it plays → tracks, buses and the master."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from lxml import etree

from dawbridge.formats.ardour.reader.channel_strips import Strand, StrandReader, part_from_pan
from dawbridge.formats.ardour.reader.channels import ChannelMaker, Content
from dawbridge.formats.ardour.reader.clips import ClipReader
from dawbridge.formats.ardour.reader.midi import MidiClipReader
from dawbridge.formats.ardour.reader.outputs import Output, Outputs
from dawbridge.formats.ardour.reader.ports import Ports
from dawbridge.formats.ardour.reader.routes import read_routes
from dawbridge.formats.ardour.reader.solo import Soloing, with_solos
from dawbridge.formats.ardour.reader.sources import Files, read_sources
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.ardour.reader.vcas import Vcas
from dawbridge.formats.loss import Losses
from dawbridge.formats.media import Media
from dawbridge.session import Session, Track
from dawbridge.session.model import MASTER


class MixReader:
    """Reads the mixer of one document."""

    def __init__(self, root: etree._Element, path: Path, media: Media, clock: Clock, has_fades: bool, losses: Losses):
        self._root, self._losses = root, losses
        sources = read_sources(root)
        files = Files(path, media, clock.rate, losses)
        self._playlists = {row.get("id", ""): row for row in root.iterfind("Playlists/Playlist")}
        self._clips = ClipReader(sources, files, media, clock, has_fades, losses)
        self._notes = MidiClipReader(sources, files, media, clock, losses)
        self._vcas = Vcas(root, clock, losses)
        self._clock = clock

    def mix(self) -> Callable[..., Session]:
        """What makes the session, once told the rest of its fields. Raises InputError."""
        routes = read_routes(self._root)
        heard = [route for route in routes if route.kind != "foldback"]
        ports = Ports(self._root.findall("Routes/Route"))
        widths = {route.id: route.width for route in routes}
        reader = StrandReader(widths, self._vcas, self._clock, self._losses)
        strands = [reader.strand(route) for route in heard]
        followed = Outputs(ports, {route.id: route.kind for route in routes}, widths, self._losses)
        outputs = {strand.route.id: followed.outputs(strand) for strand in strands if strand.route.kind != "master"}
        for strand in strands:
            part_from_pan(strand, [output.sides for output in outputs.get(strand.route.id, [])[:1]])
        found = {strand.route.id: self._content(strand) for strand in strands}
        contents = {route: content for route, content in found.items() if content is not None}
        maker = ChannelMaker(strands, contents, ports, self._clock.rate, self._losses)
        return partial(self._made, strands, outputs, maker)

    def _made(self, strands: list[Strand], outputs: dict[str, list[Output]], maker: ChannelMaker, **fields) -> Session:
        made = {
            strand.route.id: maker.channels(strand, outputs[strand.route.id])
            for strand in strands
            if strand.route.kind != "master"
        }
        channels = [self._with_instrument(row, strands, maker) for rows in made.values() for row in rows]
        main = next((strand for strand in strands if strand.route.kind == "master"), None)
        master, before_master = maker.master(main)
        buses = [row for row in channels if not isinstance(row, Track)] + before_master + maker.silent_bus()
        tracks = tuple(row for row in channels if isinstance(row, Track))
        session = Session(tracks=tracks, buses=tuple(buses), master=master, **fields)
        return with_solos(session, self._soloing(strands, outputs, made, main, before_master), self._losses)

    def _soloing(self, strands, outputs, made, main: Strand | None, before_master) -> Soloing:
        main_id = MASTER if main is None else main.route.id
        names = {route: [row.name for row in rows] for route, rows in made.items()}
        names[main_id] = [MASTER, *(bus.name for bus in before_master)]
        rows = {route: [main_id if o.target == MASTER else o.target for o in found] for route, found in outputs.items()}
        for strand in strands:
            taps = [tap for stage in strand.stages for tap in (*stage.before, *stage.after)]
            rows.setdefault(strand.route.id, []).extend(tap.target for tap in taps if tap.target and tap.is_active)
        soloed = {strand.route.id for strand in strands if strand.is_soloed and strand.route.id in made}
        isolated = {strand.route.id for strand in strands if strand.is_isolated and strand.route.id in made}
        noted = [strand for strand in strands if strand.is_let_through is not None]
        through = {strand.route.id for strand in noted if strand.is_let_through}
        return Soloing(names, rows, soloed, isolated | {main_id}, through if noted else None)

    def _with_instrument(self, row, strands: list[Strand], maker: ChannelMaker):
        """The track with what steers its instrument."""
        if not isinstance(row, Track) or row.instrument is None:
            return row
        plugin = next(s.instrument[0] for s in strands if s.instrument and s.instrument[1] is row.instrument)
        return row.model_copy(update={"instrument": maker.steered(plugin, row.instrument, f"track {row.name!r}")})

    def _content(self, strand: Strand) -> Content | None:
        """What a track plays; None for a bus, and for a track that plays nothing."""
        route, place = strand.route, strand.route.place
        playlist = self._playlists.get(route.playlist)
        if route.kind == "midi":
            if strand.instrument is None:
                self._losses.add("foreign.empty_track", place, "that it is a track: it has no instrument")
                return None
            clips = () if playlist is None else self._notes.clips(playlist, place)
            return Content({"instrument": strand.instrument[1], "midi_clips": clips})
        if route.kind != "track":
            return None
        clips, channels = ((), 1) if playlist is None else self._clips.clips(playlist, max(route.width, 1), place)
        if not clips:
            self._losses.add("foreign.empty_track", place, "that it is a track: nothing plays on it")
            return None
        return Content({"clips": clips}, channels)
