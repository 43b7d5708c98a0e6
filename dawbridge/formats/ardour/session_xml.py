"""The .ardour file: Ardour's session document, version 7002.

Ardour refuses a session without a tempo map, sources, locations, regions, playlists, routes, route groups, or
the file format among its options.
Times are "a" and superclocks, 282240000 a second. Every id is a whole number below `id-counter`.
"""

from dataclasses import dataclass
from itertools import count

from lxml import etree
from lxml.builder import E

from dawbridge.formats.ardour.layout import ArdourTrack
from dawbridge.formats.ardour.route_xml import master_route, track_route

SUPERCLOCKS_PER_SECOND = 282240000
_VERSION = "7002"
_PROGRAM = "Ardour 7.3.0"
# Without the file format Ardour says "Cannot get samplerate from session".
_OPTIONS = {
    "native-file-data-format": "FormatFloat",
    "native-file-header-format": "WAVE",
    "use-region-fades": "0",
}


@dataclass(frozen=True)
class AudioFile:
    """A file in the session's `audiofiles` folder."""

    name: str
    channels: int


class Ids:
    """Ardour's ids: each call gives the next one, as text."""

    def __init__(self):
        self._numbers = count(1000)

    def __call__(self) -> str:
        return str(next(self._numbers))


def session_xml(
    name: str, sample_rate: int, length_samples: int, tracks: list[ArdourTrack], files: dict[str, AudioFile]
) -> bytes:
    """The session document. `files`: Ardour track name → its audio."""
    ids = Ids()
    length = round(length_samples * SUPERCLOCKS_PER_SECOND / sample_rate)
    root = E.Session(
        {"version": _VERSION, "name": name, "sample-rate": str(sample_rate), "session-range-is-free": "0"}
    )
    sources, regions, playlists = E.Sources(), E.Regions(), E.Playlists()
    routes = E.Routes(master_route([track.name for track in tracks], ids))
    for order, track in enumerate(tracks, start=1):
        route_id, playlist_id = ids(), ids()
        source_ids = _add_sources(sources, files[track.name], ids)
        regions.append(_region(track.name, source_ids, length, ids, is_whole_file=True))
        region = _region(track.name, source_ids, length, ids, is_whole_file=False)
        playlists.append(_playlist(track, playlist_id, route_id, region))
        routes.append(track_route(track, order, route_id, playlist_id, ids))
    locations = E.Locations(_session_range(length, ids))
    made = {"created-with": _PROGRAM, "modified-with": _PROGRAM}
    config = E.Config(*[E.Option({"name": name, "value": value}) for name, value in _OPTIONS.items()])
    root.extend([E.Metadata(), E.Bundles(), E.ProgramVersion(made), config])
    root.extend([sources, regions, locations, routes, playlists, E.RouteGroups(), _tempo_map()])
    root.attrib.update({"id-counter": ids(), "name-counter": "1", "event-counter": "0", "vca-counter": "1"})
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _add_sources(sources: etree._Element, file: AudioFile, ids: Ids) -> list[str]:
    """One source per channel of the file; the ids for left and right. A mono file is both."""
    made = []
    for channel in range(file.channels):
        made.append(ids())
        attributes = {"name": file.name, "type": "audio", "flags": "", "id": made[-1]}
        sources.append(E.Source(attributes | {"channel": str(channel), "origin": "", "gain": "1"}))
    return made if len(made) == 2 else made * 2


def _region(name: str, source_ids: list[str], length: int, ids: Ids, is_whole_file: bool) -> etree._Element:
    attributes = {
        "name": name, "type": "audio", "id": ids(), "whole-file": str(int(is_whole_file)), "external": "0",
        "opaque": "1", "start": "a0", "length": f"a{length}@a0", "scale-amplitude": "1",
        "fade-in-active": "0", "fade-out-active": "0", "channels": "2",
    }  # fmt: skip
    for channel, source_id in enumerate(source_ids):
        attributes |= {f"source-{channel}": source_id, f"master-source-{channel}": source_id}
    return E.Region(attributes)


def _playlist(track: ArdourTrack, playlist_id: str, route_id: str, region: etree._Element) -> etree._Element:
    attributes = {"id": playlist_id, "name": track.name, "type": "audio", "orig-track-id": route_id}
    return E.Playlist(attributes | {"frozen": "0", "combine-ops": "0"}, region)


def _session_range(length: int, ids: Ids) -> etree._Element:
    return E.Location(
        {
            "id": ids(), "name": "session", "start": "a0", "end": f"a{length}", "flags": "IsSessionRange",
            "locked": "0", "timestamp": "0", "cue": "0", "domain": "AudioTime",
        }  # fmt: skip
    )


def _tempo_map() -> etree._Element:
    """120 beats a minute in 4/4: a Session has no tempo, Ardour must have one."""
    at_start = {"sclock": "0", "quarters": "0:0", "bbt": "1|1|0"}
    tempo = {
        "npm": "120", "enpm": "120", "note-type": "4", "type": "Tempo::Constant", "active": "1",
        "locked-to-meter": "0", "continuing": "0", "omega": "0",
    }  # fmt: skip
    meter = E.Meter({"note-value": "4", "divisions-per-bar": "4"} | at_start)
    superclocks = {"superclocks-per-second": str(SUPERCLOCKS_PER_SECOND)}
    return E.TempoMap(superclocks, E.Tempos(E.Tempo(tempo | at_start)), E.Meters(meter), E.MusicTimes())
