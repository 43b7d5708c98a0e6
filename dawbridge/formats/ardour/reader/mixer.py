"""The mixer of an Ardour session: every route with what it plays → tracks, buses and the master."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from lxml import etree

from dawbridge.formats.ardour.reader.channel_strips import ChannelStrip, StrandReader, part_from_pan
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
from dawbridge.session import Bus, Session, Track
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
        strips = [reader.strip(route) for route in heard]
        followed = Outputs(ports, {route.id: route.kind for route in routes}, widths, self._losses)
        outputs = {strip.route.id: followed.outputs(strip) for strip in strips if strip.route.kind != "master"}
        for strip in strips:
            part_from_pan(strip, [output.sides for output in outputs.get(strip.route.id, [])[:1]])
        found = {strip.route.id: self._content(strip) for strip in strips}
        contents = {route: content for route, content in found.items() if content is not None}
        maker = ChannelMaker(strips, contents, ports, self._clock.rate, self._losses)
        return partial(self._made, strips, outputs, maker)

    def _made(
        self, strips: list[ChannelStrip], outputs: dict[str, list[Output]], maker: ChannelMaker, **fields: Any
    ) -> Session:
        made = {
            strip.route.id: maker.channels(strip, outputs[strip.route.id])
            for strip in strips
            if strip.route.kind != "master"
        }
        channels = [self._with_instrument(row, strips, maker) for rows in made.values() for row in rows]
        main = next((strip for strip in strips if strip.route.kind == "master"), None)
        master, before_master = maker.master(main)
        buses = [row for row in channels if not isinstance(row, Track)] + before_master + maker.silent_bus()
        tracks = tuple(row for row in channels if isinstance(row, Track))
        session = Session(tracks=tracks, buses=tuple(buses), master=master, **fields)
        return with_solos(session, self._soloing(strips, outputs, made, main, before_master), self._losses)

    def _soloing(
        self,
        strips: list[ChannelStrip],
        outputs: dict[str, list[Output]],
        made: dict[str, list[Track | Bus]],
        main: ChannelStrip | None,
        before_master: list[Bus],
    ) -> Soloing:
        main_id = MASTER if main is None else main.route.id
        names = {route: [row.name for row in rows] for route, rows in made.items()}
        names[main_id] = [MASTER, *(bus.name for bus in before_master)]
        rows = {route: [main_id if o.target == MASTER else o.target for o in found] for route, found in outputs.items()}
        for strip in strips:
            taps = [tap for stage in strip.stages for tap in (*stage.before, *stage.after)]
            rows.setdefault(strip.route.id, []).extend(tap.target for tap in taps if tap.target and tap.is_active)
        soloed = {strip.route.id for strip in strips if strip.is_soloed and strip.route.id in made}
        isolated = {strip.route.id for strip in strips if strip.is_isolated and strip.route.id in made}
        noted = [strip for strip in strips if strip.is_let_through is not None]
        through = {strip.route.id for strip in noted if strip.is_let_through}
        return Soloing(names, rows, soloed, isolated | {main_id}, through if noted else None)

    def _with_instrument(self, row: Track | Bus, strips: list[ChannelStrip], maker: ChannelMaker) -> Track | Bus:
        """The track with what steers its instrument."""
        if not isinstance(row, Track) or row.instrument is None:
            return row
        plugin = next(s.instrument[0] for s in strips if s.instrument and s.instrument[1] is row.instrument)
        return row.model_copy(update={"instrument": maker.steered(plugin, row.instrument, f"track {row.name!r}")})

    def _content(self, strip: ChannelStrip) -> Content | None:
        """What a track plays; None for a bus, and for a track that plays nothing."""
        route, place = strip.route, strip.route.place
        playlist = self._playlists.get(route.playlist)
        if route.kind == "midi":
            if strip.instrument is None:
                self._losses.add("foreign.empty_track", place, "that it is a track: it has no instrument")
                return None
            notes = () if playlist is None else self._notes.clips(playlist, place)
            return Content({"instrument": strip.instrument[1], "midi_clips": notes})
        if route.kind != "track":
            return None
        clips, channels = ((), 1) if playlist is None else self._clips.clips(playlist, max(route.width, 1), place)
        if not clips:
            self._losses.add("foreign.empty_track", place, "that it is a track: nothing plays on it")
            return None
        return Content({"clips": clips}, channels)
