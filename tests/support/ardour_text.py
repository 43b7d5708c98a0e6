"""The text of Ardour sessions as Ardour 7.3 writes them, as little of it as it takes: what tests read and Ardour loads.

A route is `Route(...)`, told in Ardour's own terms; ids are given out in `session_text`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

RATE = 48000
CLOCKS = 282240000
SAMPLE = CLOCKS // RATE


def when(samples: int) -> str:
    """A position as Ardour writes it."""
    return f"a{samples * SAMPLE}"


@dataclass(frozen=True)
class Region:
    """A region of a file. `more`: further attributes; `inside`: its children."""

    source: str
    position: int
    length: int
    start: int = 0
    more: str = 'fade-in-active="0" fade-out-active="0"'
    inside: str = ""
    sources: tuple[str, ...] = ()
    layer: int = 0
    kind: str = "audio"


@dataclass(frozen=True)
class Route:
    """A route: `kind` track, midi, bus or master; `before` and `after`: processors before and after the fader."""

    name: str
    kind: str = "track"
    inputs: int = 2
    outputs: int = 2
    gain: float = 1.0
    azimuth: float = 0.5
    before: str = ""
    after: str = ""
    to: tuple[str, ...] = ("Master",)
    panner: str = '<PannerShell bypassed="0" user-panner="" linked-to-route="1"/>'
    regions: tuple[Region, ...] = ()
    attributes: str = 'active="1"'
    inside: str = ""
    gain_list: str = ""
    pan_list: str = ""
    mute: str = '<MuteMaster mute-point="PostFader,Listen,Main" muted="0"/>'
    trim: str = ""
    width: float = 1.0
    id: int = 0


@dataclass
class _Ids:
    last: int = 5000

    def __call__(self) -> int:
        self.last += 1
        return self.last


@dataclass(frozen=True)
class Text:
    """A session's parts that tests change."""

    routes: tuple[Route, ...]
    sources: dict[str, int] = field(default_factory=dict)  # file name → channels
    start: int = 0
    end: int = RATE
    tempo: str = ""
    locations: str = ""
    extra: str = ""
    version: str = "7002"
    config: str = '<Option name="use-region-fades" value="1"/>'


FLAGS = {"track": "AudioTrack", "midi": "MidiTrack", "bus": "AudioBus", "master": "MasterOut"}
TEMPO = (
    '<Tempos><Tempo npm="120" enpm="120" note-type="4" type="Tempo::Constant" active="1" locked-to-meter="0" '
    'continuing="0" sclock="0" quarters="0:0" bbt="1|1|0" omega="0"/></Tempos><Meters><Meter note-value="4" '
    'divisions-per-bar="4" sclock="0" quarters="0:0" bbt="1|1|0"/></Meters><MusicTimes/>'
)


def automation(what: str, points: list[tuple[int, float]], style: str = "Linear", state: str = "Play") -> str:
    """An automation list; points in samples."""
    rows = "".join(f"{when(at)} {value!r}\n" for at, value in points)
    return (
        f'<AutomationList automation-id="{what}" id="0" interpolation-style="{style}" time-domain="AudioTime" '
        f'state="{state}"><events>{rows}</events></AutomationList>'
    )


def send(target: int, gain: float = 1.0, more: str = 'active="1"', inside: str = "", linked: bool = False) -> str:
    """An aux send to the bus whose route has the id `target`."""
    pannable = (
        '<Pannable><Controllable name="pan-azimuth" id="0" value="0.5"/>'
        '<Controllable name="pan-width" id="0" value="1"/></Pannable>'
    )
    return (
        f'<Processor id="0" name="send" {more} own-input="1" own-output="1" type="intsend" role="Aux" bitslot="1" '
        f'selfdestruct="0" target="{target}" allow-feedback="0">'
        f'<PannerShell bypassed="0" user-panner="" linked-to-route="{int(linked)}"/>'
        f'{inside or pannable}<Controllable name="gaincontrol" id="0" flags="GainLike,InlineControl" value="{gain!r}"/>'
        "</Processor>"
    )


def route_id(number: int) -> int:
    """The id that the route at that place (from 0) gets."""
    return 100 + number


def session_text(text: Text, name: str = "song") -> str:
    """The whole session document."""
    ids = _Ids()
    source_ids = {(file, c): ids() for file, count in text.sources.items() for c in range(count)}
    sources = "".join(
        f'<Source name={quoteattr(file)} take-id="" type="{"midi" if file.endswith(".mid") else "audio"}" flags="" '
        f'id="{source_ids[file, c]}" channel="{c}" origin="" gain="1"/>'
        for file, c in source_ids
    )
    routes, playlists = "", ""
    for number, row in enumerate(text.routes):
        playlist = ids() if row.kind in ("track", "midi") else 0
        routes += _route(row, number, text, ids, playlist)
        if playlist:
            regions = "".join(_region(region, text, source_ids, ids) for region in row.regions)
            kind = "midi" if row.kind == "midi" else "audio"
            playlists += (
                f'<Playlist id="{playlist}" name={quoteattr(row.name)} type="{kind}" '
                f'orig-track-id="{row.id or route_id(number)}" frozen="0" combine-ops="0">{regions}</Playlist>'
            )
    locations = text.locations or (
        f'<Location id="{ids()}" name="session" start="{when(text.start)}" end="{when(text.end)}" '
        'flags="IsSessionRange" locked="0" timestamp="0" cue="0" domain="AudioTime"/>'
    )
    whole = (
        f'<Session version="{text.version}" name={quoteattr(name)} sample-rate="{RATE}" session-range-is-free="0" '
        'id-counter="900000" name-counter="1" event-counter="0" vca-counter="1"><Metadata/><Bundles/>'
        '<ProgramVersion created-with="Ardour 7.3.0" modified-with="Ardour 7.3.0"/><Config>'
        '<Option name="native-file-data-format" value="FormatFloat"/>'
        f'<Option name="native-file-header-format" value="WAVE"/>{text.config}</Config><Sources>{sources}</Sources>'
        f"<Regions/><Locations>{locations}</Locations><Routes>{routes}</Routes><Playlists>{playlists}</Playlists>"
        f'<RouteGroups/>{text.extra}<TempoMap superclocks-per-second="{CLOCKS}">{text.tempo or TEMPO}</TempoMap>'
        "</Session>"
    )
    while 'id="0"' in whole:
        whole = whole.replace('id="0"', f'id="{ids()}"', 1)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + whole


def _region(region: Region, text: Text, source_ids: dict, ids: _Ids) -> str:
    files = region.sources or (region.source,) * text.sources.get(region.source, 1)
    seen: dict[str, int] = {}
    rows = ""
    for place, file in enumerate(files):
        channel = seen[file] = seen.get(file, -1) + 1
        found = source_ids.get((file, channel), 4999)
        rows += f' source-{place}="{found}" master-source-{place}="{found}"'
    length = f"a{region.length * SAMPLE}@{when(region.position)}"
    return (
        f'<Region name="r" muted="0" opaque="1" locked="0" type="{region.kind}" id="{ids()}" whole-file="0" '
        f'external="0" start="{when(region.start)}" length="{length}" layering-index="{region.layer}" '
        f'scale-amplitude="1" channels="{len(files)}" {region.more}{rows}>{region.inside}</Region>'
        if "scale-amplitude" not in region.more and "opaque" not in region.more and "muted" not in region.more
        else f'<Region name="r" type="{region.kind}" id="{ids()}" whole-file="0" external="0" '
        f'start="{when(region.start)}" length="{length}" layering-index="{region.layer}" '
        f'channels="{len(files)}" {region.more}{rows}>{region.inside}</Region>'
    )


def _route(row: Route, number: int, text: Text, ids: _Ids, playlist: int) -> str:
    name = quoteattr(row.name)
    places = {other.name: other for other in text.routes}

    def ports(direction: str, kind: str, count: int) -> str:
        made = ""
        for side in range(count):
            links = ""
            if direction == "Output" and row.kind != "master":
                for target in row.to:
                    if target in places:
                        wide = places[target].inputs
                        links += f"<Connection other={quoteattr(f'{target}/audio_in {min(side, wide - 1) + 1}')}/>"
                    elif "/" in target or ":" in target:
                        at, _, only = target.partition("@")
                        links += f"<Connection other={quoteattr(at)}/>" if only in ("", str(side + 1)) else ""
            if direction == "Output" and row.kind == "master":
                links = f'<Connection other="system:playback_{side + 1}"/>'
            made += f'<Port type="audio" name={quoteattr(f"{row.name}/{kind} {side + 1}")}>{links}</Port>'
        if row.kind == "midi" and direction == "Input":
            made = f'<Port type="midi" name={quoteattr(f"{row.name}/midi_in 1")}/>'
        return f'<IO name={name} id="0" direction="{direction}" default-type="audio">{made}</IO>'

    kind = "midi" if row.kind == "midi" else "audio"
    tracks = f' {kind}-playlist="{playlist}" alignment-choice="Automatic" mode="Normal"' if playlist else ""
    disk = (
        '<Processor id="0" name="recorder" active="1" type="diskwriter" record-safe="0"/>'
        '<Processor id="0" name="player" active="1" type="diskreader"/>'
        if playlist
        else ""
    )
    returns = (
        '<Processor id="0" name="return" active="1" own-input="1" own-output="0" type="intreturn" bitslot="0"/>'
        if row.kind == "bus"
        else ""
    )
    return (
        f'<Route version="{text.version}" id="{row.id or route_id(number)}" name={name} default-type="{kind}" '
        f'strict-io="0" meter-point="MeterPostFader" disk-io-point="DiskIOPreFader" meter-type="MeterPeak"{tracks} '
        f'{row.attributes}><PresentationInfo order="{number}" flags="{FLAGS[row.kind]},OrderSet"/>'
        f"{ports('Input', 'audio_in', row.inputs)}{ports('Output', 'audio_out', row.outputs)}{row.mute}{row.inside}"
        f'<Pannable><Controllable name="pan-azimuth" id="0" flags="" value="{row.azimuth!r}"/>'
        f'<Controllable name="pan-width" id="0" flags="" value="{row.width!r}"/>'
        f"<Automation>{row.pan_list}</Automation></Pannable>{disk}{returns}"
        f'{row.trim}{row.before}<Processor id="0" name="Amp" active="1" type="amp">'
        f"<Automation>{row.gain_list}</Automation>"
        f'<Controllable name="gaincontrol" id="0" flags="GainLike" value="{row.gain!r}"/></Processor>{row.after}'
        f'<Processor id="0" name={name} active="1" own-input="1" own-output="0" output={name} type="main-outs" '
        f'role="Main">{row.panner}</Processor><Slavable/></Route>'
    )


MASTER = Route("Master", "master", to=())


def write_session(folder: Path, text: Text, name: str = "song") -> Path:
    """The session file in `folder`, whose sounds lie in interchange/."""
    for kind in ("audiofiles", "midifiles"):
        (folder / "interchange" / name / kind).mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ardour"
    path.write_text(session_text(text, name), encoding="utf-8")
    return path
