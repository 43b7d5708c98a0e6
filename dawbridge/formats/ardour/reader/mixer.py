"""The mixer of an Ardour session, every route with what it plays, as tracks, buses and the master."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from lxml import etree

from dawbridge.formats.ardour.reader.channel_strip import ChannelStrip, separate_pan
from dawbridge.formats.ardour.reader.channels import ChannelMaker, Content
from dawbridge.formats.ardour.reader.clips import ClipReader
from dawbridge.formats.ardour.reader.master import make_master
from dawbridge.formats.ardour.reader.midi import MidiClipReader
from dawbridge.formats.ardour.reader.outputs import Output, Outputs
from dawbridge.formats.ardour.reader.ports import Ports
from dawbridge.formats.ardour.reader.routes import read_routes
from dawbridge.formats.ardour.reader.sidechains import Sidechains
from dawbridge.formats.ardour.reader.solo import SoloState, with_solos
from dawbridge.formats.ardour.reader.sources import SourceFiles, read_sources
from dawbridge.formats.ardour.reader.stage_names import StageNames
from dawbridge.formats.ardour.reader.strip_reader import ChannelStripReader
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.ardour.reader.vcas import Vcas
from dawbridge.formats.loss import Losses
from dawbridge.formats.media import Media
from dawbridge.session import Bus, Session, Track
from dawbridge.session.model import MASTER


class MixReader:
    """Reads the mixer of one document. `has_fades`: whether the session plays the fades of regions."""

    def __init__(
        self, root: etree._Element, path: Path, media: Media, clock: Clock, has_fades: bool, losses: Losses
    ) -> None:
        self._root, self._losses = root, losses
        sources = read_sources(root)
        files = SourceFiles(path, media, clock.rate, losses)
        self._playlists = {row.get("id", ""): row for row in root.iterfind("Playlists/Playlist")}
        self._clips = ClipReader(sources, files, media, clock, has_fades, losses)
        self._midi_clips = MidiClipReader(sources, files, media, clock, losses)
        self._vcas = Vcas(root, clock, losses)
        self._clock = clock

    def mix(self) -> Callable[..., Session]:
        """A function that makes the session from its other fields. Raises InputError."""
        routes = read_routes(self._root)
        heard = [route for route in routes if route.kind != "foldback"]
        ports = Ports(self._root.findall("Routes/Route"))
        widths = {route.id: route.width for route in routes}
        reader = ChannelStripReader(widths, self._vcas, self._clock, self._losses)
        strips = [reader.read(route) for route in heard]
        connections = Outputs(ports, {route.id: route.kind for route in routes}, widths, self._losses)
        outputs = {strip.route.id: connections.outputs(strip) for strip in strips if strip.route.kind != "master"}
        for strip in strips:
            separate_pan(strip, [output.gains for output in outputs.get(strip.route.id, [])[:1]])
        found = {strip.route.id: self._content(strip) for strip in strips}
        contents = {route: content for route, content in found.items() if content is not None}
        names = StageNames(strips, self._losses)
        sidechains = Sidechains(strips, names, ports, self._losses)
        return partial(self._session, strips, outputs, contents, names, sidechains)

    def _session(
        self,
        strips: list[ChannelStrip],
        outputs: dict[str, list[Output]],
        contents: dict[str, Content],
        names: StageNames,
        sidechains: Sidechains,
        **fields: Any,
    ) -> Session:
        maker = ChannelMaker(names, sidechains, contents, self._clock.rate, self._losses)
        made = {
            strip.route.id: maker.channels(strip, outputs[strip.route.id])
            for strip in strips
            if strip.route.kind != "master"
        }
        channels = [_with_instrument(row, strips, sidechains) for rows in made.values() for row in rows]
        main = next((strip for strip in strips if strip.route.kind == "master"), None)
        master, before_master = make_master(main, names, sidechains, self._clock.rate, self._losses)
        buses = [row for row in channels if isinstance(row, Bus)] + before_master + maker.silent_bus()
        tracks = tuple(row for row in channels if isinstance(row, Track))
        session = Session(tracks=tracks, buses=tuple(buses), master=master, **fields)
        main_id = MASTER if main is None else main.route.id
        names_of_routes = {route: [row.name for row in rows] for route, rows in made.items()}
        names_of_routes[main_id] = [MASTER, *(bus.name for bus in before_master)]
        return with_solos(session, _solo_state(strips, outputs, names_of_routes, main_id), self._losses)

    def _content(self, strip: ChannelStrip) -> Content | None:
        """What a track plays; None for a bus, and for a track that plays nothing, which becomes a bus."""
        route, where = strip.route, strip.route.label
        playlist = self._playlists.get(route.playlist)
        if route.kind == "midi":
            if strip.instrument is None:
                self._losses.add("foreign.empty_track", where, "that it is a track: it has no instrument")
                return None
            midi_clips = () if playlist is None else self._midi_clips.clips(playlist, where)
            return Content({"instrument": strip.instrument[1], "midi_clips": midi_clips})
        if route.kind != "track":
            return None
        clips, channels = ((), 1) if playlist is None else self._clips.clips(playlist, max(route.width, 1), where)
        if not clips:
            self._losses.add("foreign.empty_track", where, "that it is a track: nothing plays on it")
            return None
        return Content({"clips": clips}, channels)


def _with_instrument(row: Track | Bus, strips: list[ChannelStrip], sidechains: Sidechains) -> Track | Bus:
    """A track with its instrument's sidechain connected; any other channel unchanged."""
    if not isinstance(row, Track) or row.instrument is None:
        return row
    plugin = next(s.instrument[0] for s in strips if s.instrument and s.instrument[1] is row.instrument)
    return row.model_copy(update={"instrument": sidechains.connect(plugin, row.instrument, f"track {row.name!r}")})


def _solo_state(
    strips: list[ChannelStrip], outputs: dict[str, list[Output]], names: dict[str, list[str]], main_id: str
) -> SoloState:
    """`names`: route id → its channels; `main_id`: the master's id."""
    fed = {route: [main_id if o.target == MASTER else o.target for o in found] for route, found in outputs.items()}
    for strip in strips:
        sends = [send for stage in strip.stages for send in stage.sends]
        fed.setdefault(strip.route.id, []).extend(send.target for send in sends if send.target and send.is_active)
    own = [strip for strip in strips if strip.route.kind != "master"]
    soloed = {strip.route.id for strip in own if strip.is_soloed}
    isolated = {strip.route.id for strip in own if strip.is_isolated}
    saved = [strip for strip in strips if strip.is_let_through is not None]
    let_through = {strip.route.id for strip in saved if strip.is_let_through}
    return SoloState(names, fed, soloed, isolated | {main_id}, let_through if saved else None)
