"""What the fixtures of Ardour's reader hold: one session a feature."""

from dataclasses import replace

from ardour_text import MASTER, RATE, Region, Route, Text, automation, route_id, send, when

LENGTH = 480
S, M = Region("stereo.wav", 0, LENGTH), Region("mono.wav", 0, LENGTH)
SOURCES = {"stereo.wav": 2, "mono.wav": 1, "notes.mid": 1}
HALL = route_id(1)
BUS = Route("Hall", "bus", gain=0.8)
INPUT = (
    '<Processor id="0" name="Polarity" active="1" type="polarity"/><Processor id="0" name="Amp" active="1" type="trim">'
    '<Controllable name="trimcontrol" id="0" flags="GainLike" value="0.5"/></Processor>'
)
BYPASSED = '<PannerShell bypassed="1" user-panner="" linked-to-route="1"/>'
EQUAL_POWER = '<PannerShell bypassed="0" user-panner="http://ardour.org/plugin/panner_2in2out" linked-to-route="1"/>'
MUTED = '<MuteMaster mute-point="PostFader,Listen,Main" muted="1"/>'


def control(name: str, value: str, more: str = "") -> str:
    return f'<Controllable name="{name}" id="0" flags="" value="{value}" {more}/>'


def plugin(kind: str, unique_id: str, state: str, more: str = 'active="1"', name: str = "plugin", id: int = 0) -> str:
    inside = f"<{kind}>{state}</{kind}>"
    return (
        f'<Processor id="{id}" name="{name}" {more} type="{kind}" unique-id="{unique_id}" count="1" custom="0">'
        f"{inside}</Processor>"
    )


ZAM_ID = "2046504473616C633251455A00000000"
ZAM_PRESET = (
    "VlNUMwEAAAAyMDQ2NTA0NDczNjE2QzYzMzI1MTQ1NUEwMDAwMDAwMDUAAAAAAAAAc3RhdGVMaXN0AQAAAENvbXAwAAAAAAAAAAUAAAAAAAAA"
)
ZAM = plugin("vst3", ZAM_ID, f"<chunk>{ZAM_PRESET}</chunk>", name="ZamEQ2")
BANDS = plugin("lxvst", "1144210769", '<parameters param-0="0.5" param-1="0.5" param-2="0.75"/>', name="3 Band EQ")
PLATE = plugin("lxvst", "1684434995", '<chunk program="0">c3RhdGU=</chunk>', name="Dragonfly Plate Reverb")
OWN_EQ = plugin("lv2", "urn:dawbridge:eq", '<Port symbol="bell_1_gain_db" value="6"/>', name="dawbridge EQ")
STRANGE = plugin("lv2", "urn:ardour:a-comp", '<Port symbol="att" value="10"/>', name="ACE Compressor")
STRANGE_VST3 = plugin("vst3", "0123456789ABCDEF0123456789ABCDEF", "", 'active="0"', name="Deluxe")
SIDE = plugin("lxvst", "1514360882", '<parameters param-0="0.5"/>', name="ZamCompX2", id=777).replace(
    "</lxvst>",
    '</lxvst><Processor id="0" name="SC" active="1" own-input="1" own-output="1" type="sidechain"><IO name="SC" '
    'id="0" direction="Input" default-type="audio"><Port type="audio" name="SC/audio_in 1"/></IO></Processor>',
)
SIDE_SEND = (
    '<Processor id="0" name="send 1" active="1" own-input="1" own-output="1" type="send" role="Send" bitslot="1">'
    '<IO name="send 1" id="0" direction="Output" default-type="audio"><Port type="audio" name="send 1/audio_send 1">'
    '<Connection other="SC/audio_in 1"/></Port></IO><Controllable name="gaincontrol" id="0" value="0.5"/></Processor>'
)
SYNTH = plugin("lxvst", "1634562937", '<parameters param-0="0.5"/>', name="amsynth")


def points(tag: str, name: str, *rows: tuple[int, float]) -> str:
    """A list within a region; points in samples."""
    events = "".join(f"{when(at)} {value!r}\n" for at, value in rows)
    return (
        f'<{tag}><AutomationList automation-id="{name}" id="0" interpolation-style="Curved" time-domain="AudioTime" '
        f'state="Off"><events>{events}</events></AutomationList></{tag}>'
    )


def region(begin: int, length: int, fades: int = 0, **more) -> Region:
    """A region of the stereo file; `fades`: the samples of its linear fades, as Ardour counts them."""
    inside = more.pop("inside", "")
    if fades:
        up, down = ((0, 1e-7), (fades, 1.0)), ((0, 1.0), (fades, 1e-7))
        inside += points("FadeIn", "fadein", *up) + points("InverseFadeIn", "fadein", *down)
        inside += points("FadeOut", "fadeout", *down) + points("InverseFadeOut", "fadeout", *up)
    switches = f'fade-in-active="{int(fades > 0)}" fade-out-active="{int(fades > 0)}"'
    told = more.pop("told", 'muted="0" opaque="1" scale-amplitude="1"')
    return Region("stereo.wav", begin, length, more=f"{told} {switches}", inside=inside, **more)


def text(*routes: Route, **more) -> Text:
    return Text((MASTER, *routes), SOURCES, **({"end": LENGTH} | more))


def solo(route: Route, before: int = 0, after: int = 0, own: int = 1) -> Route:
    counts = f'self-solo="{own}" soloed-by-upstream="{before}" soloed-by-downstream="{after}"'
    return replace(route, inside=control("solo", str(own), counts))


MIDI = 'muted="0" opaque="0" scale-amplitude="1"'
TEMPOS = (
    '<Tempos><Tempo npm="60" enpm="120" note-type="4" type="Tempo::Ramped" active="1" sclock="0" quarters="0:0" '
    'bbt="1|1|0" omega="0"/><Tempo npm="90" enpm="90" note-type="4" type="Tempo::Constant" active="1" sclock="0" '
    'quarters="8:0" bbt="3|1|0" omega="0"/><Tempo npm="200" enpm="200" note-type="8" type="Tempo::Constant" active="1" '
    'sclock="0" quarters="12:960" bbt="4|1|0" omega="0"/></Tempos><Meters><Meter note-value="4" divisions-per-bar="3" '
    'sclock="0" quarters="0:0" bbt="1|1|0"/><Meter note-value="8" divisions-per-bar="7" sclock="0" quarters="6:0" '
    'bbt="3|1|0"/></Meters><MusicTimes/>'
)
VCA = (
    '<VCAManager><VCA name="all" number="1"><Controllable name="gaincontrol" id="800" flags="GainLike" value="0.5"/>'
    '<Controllable name="mute" id="0" value="0"/><Slavable/></VCA></VCAManager>'
)
FAR = ("/nowhere/at all.wav", "../../../secret.wav", "/dev/zero")
DEVICE = ("system:playback_1@1", "system:playback_2@2")
MOVED_EQ = OWN_EQ.replace(
    "<lv2>", f"<Automation>{automation('parameter-7', [(0, -6.0), (240, 6.0)])}</Automation><lv2>"
)
UNFADED = 'fade-in-active="0" fade-out-active="0"'
SEE_THROUGH = 'muted="0" opaque="0" scale-amplitude="0.5"'
SILENT = 'muted="1" opaque="1" scale-amplitude="1"'
STEPS = automation("gain", [(0, 1.0), (200, 0.5), (400, 0.25)], "Discrete")
SWEEP = [(0, 1.0), (240, 0.25)]

FEATURES: dict[str, Text] = {
    "pans": text(
        Route("mono", inputs=1, azimuth=0.25, regions=(M,)),
        Route("stereo", azimuth=0.25, regions=(S,)),
        Route("bypassed", inputs=1, azimuth=0.25, panner=BYPASSED, regions=(M,)),
        Route("wide", azimuth=0.5, panner=EQUAL_POWER, regions=(S,)),
        Route("narrow", azimuth=0.5, width=0.5, panner=EQUAL_POWER, regions=(S,)),
    ),
    "input": text(
        Route("inverted", before=INPUT, inside=control("phase", "3", 'phase-invert="11"'), regions=(S,)),
        Route("half", before=INPUT, inside=control("phase", "1", 'phase-invert="10"'), regions=(S,)),
    ),
    "sends": text(
        BUS,
        Route("before", before=send(HALL, 0.5), regions=(S,)),
        Route("after", azimuth=0.25, after=send(HALL, 0.5), regions=(S,)),
        Route("linked", azimuth=0.25, after=send(HALL, 0.5, linked=True), regions=(S,)),
        Route("off", after=send(HALL, 0.5, more='active="0"'), regions=(S,)),
        Route("hard", azimuth=0.0, after=send(HALL, 0.5), regions=(S,)),
        Route("lost", after=send(4711, 0.5), regions=(S,)),
    ),
    "outputs": text(
        BUS,
        Route("both", to=("Hall", "Master"), regions=(S,)),
        Route("left", to=("Master/audio_in 1@1",), regions=(S,)),
        Route("hardware", to=("system:playback_1",), regions=(S,)),
        Route("nowhere", to=(), regions=(S,)),
        Route("sends on", to=(), after=send(HALL), regions=(S,)),
        Route("one port", inputs=1, outputs=1, regions=(M,)),
    ),
    "no_master": Text((Route("a", to=DEVICE, regions=(S,)),), SOURCES, end=LENGTH),
    "mutes": text(
        BUS,
        Route("all", mute=MUTED.replace("PostFader", "PreFader,PostFader"), before=send(HALL), regions=(S,)),
        Route("sends on", mute=MUTED, before=send(HALL), after=send(HALL), regions=(S,)),
        Route("off", attributes='active="0"', regions=(S,)),
    ),
    "solo": text(
        solo(BUS, before=1, own=0),
        solo(Route("soloed", after=send(HALL), regions=(S,))),
        solo(Route("silent", regions=(S,)), own=0),
    ),
    "solo_as_mutes": text(
        solo(BUS, own=0),
        solo(Route("soloed", after=send(HALL), regions=(S,))),
        solo(Route("silent", regions=(S,)), own=0),
    ),
    "master": Text(
        (
            replace(MASTER, before=INPUT + ZAM, after=BANDS, gain=0.5),
            Route("a", regions=(S,)),
        ),
        SOURCES, end=LENGTH,
    ),
    "plugins": text(Route("a", before=ZAM + BANDS + PLATE + OWN_EQ + STRANGE + STRANGE_VST3, regions=(S,))),
    "plugin_places": text(
        BUS,
        Route("late", before=send(HALL) + ZAM, after=BANDS, azimuth=0.25, regions=(S,)),
    ),
    "sidechain": text(
        Route("kick", before=SIDE_SEND, regions=(S,)),
        Route("bass", before=SIDE, regions=(S,)),
    ),
    "automation": text(
        Route("exponential", gain_list=automation("gain", SWEEP, "Exponential"), regions=(S,)),
        Route("logarithmic", gain_list=automation("gain", SWEEP, "Logarithmic"), regions=(S,)),
        Route("discrete", gain_list=automation("gain", SWEEP, "Discrete"), regions=(S,)),
        Route("off", gain=0.5, gain_list=automation("gain", SWEEP, "Linear", "Off"), regions=(S,)),
        Route("pan", pan_list=automation("pan-azimuth", [(0, 0.0), (240, 1.0)]), regions=(S,)),
        Route("plugin", before=MOVED_EQ, regions=(S,)),
    ),
    "vca": text(
        Route("follows", gain=0.8, regions=(S,)),
        extra=VCA,
    ),
    "layers": text(
        Route("a", regions=(region(0, 400, 20), region(100, 200, 50, start=40, layer=1))),
        Route("see-through", regions=(region(0, 400), region(100, 200, layer=1, told=SEE_THROUGH))),
        Route("muted", regions=(region(0, 400), region(100, 200, layer=1, told=SILENT))),
    ),
    "fades": text(
        Route("linear", regions=(region(10, 400, 64),)),
        Route("default", regions=(Region("stereo.wav", 10, 400, more="default-fade-in=\"1\" default-fade-out=\"1\""),)),
        Route("curved", regions=(Region("stereo.wav", 10, 400, more='fade-in-active="1" fade-out-active="0"',
                                        inside=points("FadeIn", "fadein", (0, 0.0), (50, 0.9), (100, 1.0))),)),
        Route("envelope", regions=(Region("stereo.wav", 10, 400, more=f'{UNFADED} envelope-active="1"',
                                          inside=points("Envelope", "envelope", (0, 0.0), (400, 1.0))),)),
        Route("negative", regions=(region(0, 100, told='muted="0" opaque="1" scale-amplitude="-0.5"'),)),
    ),
    "sources": text(
        Route("two files", regions=(Region("", 0, LENGTH, sources=("mono.wav", "second.wav")),)),
        Route("right alone", inputs=1, regions=(Region("", 0, LENGTH, sources=("stereo.wav", "stereo.wav")),)),
        Route("mono on both", regions=(M,)),
        Route("missing", regions=(Region("gone.wav", LENGTH, LENGTH), S)),
        Route("far away", regions=tuple(Region(far, number * LENGTH, LENGTH) for number, far in enumerate(FAR))),
    ),
    "range": text(
        Route("a", gain_list=STEPS, regions=(region(50, 400),)),
        Route("keys", "midi", before=SYNTH, regions=(Region("notes.mid", 0, RATE, more=MIDI, kind="midi"),)),
        start=100, end=LENGTH, tempo=TEMPOS,
    ),
    "midi": text(
        Route("keys", "midi", before=SYNTH, regions=(
            Region("notes.mid", RATE // 2, 2 * RATE, more=MIDI, kind="midi"),
            Region("notes.mid", 4 * RATE, RATE // 4, RATE // 4, more=MIDI, kind="midi"),
        )),
        Route("no instrument", "midi", regions=(Region("notes.mid", 0, RATE, more=MIDI, kind="midi"),)),
        end=5 * RATE,
    ),
    "tempo": text(Route("a", regions=(S,)), tempo=TEMPOS),
    "names": text(
        Route("master", regions=(S,)),
        Route("", regions=(S,)),
        Route("Vöx <&> \"漢字\" 🎤", regions=(S,)),
        Route("x" * 300, regions=(S,)),
    ),
    "extras": text(
        Route("empty"),
        Route("launcher", regions=(S,), before='<Processor id="0" name="T" active="1" type="triggerbox"><Triggers>'
              '<Trigger name="x" region="12"/></Triggers></Processor>'),
        Route("insert", regions=(S,), before='<Processor id="0" name="I" active="1" type="port"/>'),
        Route("unknown", regions=(S,), before='<Processor id="0" name="U" active="1" type="fancy"/>'),
        locations='<Location id="0" name="session" start="a0" end="a2822400" flags="IsSessionRange"/>'
                  '<Location id="0" name="verse" start="a0" end="a0" flags="IsMark"/>',
    ),
}  # fmt: skip
