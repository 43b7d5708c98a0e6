"""Sessions that Ardour loaded, edited by its Lua interface and saved are read, and null against its own export.

All but curved fades null at -100 dB or better. Ardour's exporter is not wholly reliable: a file from a run that went
wrong may differ. So an export may be taken again.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import lfilter

from ardour_lua import edit
from ardour_text import MASTER, RATE, Region, Route, Text, route_id, send, write_session
from dawbridge.formats import Media, ardour
from dawbridge.paths import find_plugin_file
from dawbridge.render import Farm, render_session
from dawbridge.session.automation import curve_of
from dawbridge.units import db_to_gain
from render_bench.agreement import null_db
from render_bench.ardour import Ardour

NULL_DB = -100.0
PLUGINS = ("ZamEQ2.vst3", "3BandEQ-vst.so")


def zam_eq(**ports: float) -> str:
    """ZamEQ2 on two channels, with values by ParamID."""
    rows = "".join(f'<Port id="{name[1:]}" value="{value}"/>' for name, value in ports.items())
    return (
        '<Processor id="0" name="ZamEQ2" active="1" type="vst3" unique-id="2046504473616C633251455A00000000" '
        f'count="2" custom="0"><vst3>{rows}</vst3></Processor>'
    )


THREE_BANDS = (
    '<Processor id="0" name="3 Band EQ" active="1" type="lxvst" unique-id="1144210769" count="1" custom="0"><lxvst>'
    '<parameters param-0="0.9" param-1="0.5" param-2="0.2" param-3="0.5" param-4="0.3" param-5="0.5"/></lxvst>'
    "</Processor>"
)
INPUT = (
    '<Processor id="0" name="Polarity" active="1" type="polarity"/><Processor id="0" name="Amp" active="1" type="trim">'
    '<Controllable name="trimcontrol" id="0" flags="GainLike" value="1"/></Processor>'
)
HALL = route_id(1)
SONG = Text(
    (
        MASTER,
        Route("Hall", "bus", gain=0.8, azimuth=0.4, before=THREE_BANDS),
        Route("Group", "bus", azimuth=0.6),
        Route("Gtr", before=INPUT + zam_eq(p3=9, p5=700) + THREE_BANDS, after=send(HALL, 0.5),
              regions=(Region("stereo.wav", 0, RATE),)),
        Route("Vox", inputs=1, before=INPUT, to=("Group",), regions=(Region("mono.wav", 1000, 40000, 500),)),
    ),
    {"stereo.wav": 2, "mono.wav": 1},
    end=RATE,
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """What Ardour does, how well it must null, and which losses the reader tells."""

    script: str
    null_db: float = NULL_DB
    losses: frozenset = frozenset()


EDITS = {
    "faders and pans": Edit("""
        set(route("Gtr"):gain_control(), 0.5)
        set(route("Gtr"):pan_azimuth_control(), 0.3)
        set(route("Vox"):gain_control(), 1.5)
        set(route("Vox"):pan_azimuth_control(), 0.8)
        set(route("Group"):gain_control(), 0.7)
        set(route("Master"):gain_control(), 0.9)
    """),
    "hard pan with a send": Edit("""
        set(route("Gtr"):pan_azimuth_control(), 0.0)
    """),
    "trim and polarity": Edit("""
        set(route("Gtr"):trim_control(), 0.7)
        route("Gtr"):phase_control():set_phase_invert(0, true)
        route("Gtr"):phase_control():set_phase_invert(1, true)
        set(route("Master"):trim_control(), 0.6)
    """),
    "mute": Edit("""
        set(route("Gtr"):mute_control(), 1)
    """),
    "mute with a send that sounds on": Edit("""
        send_from("Gtr", "Group", ARDOUR.Placement.PreFader)
        set(route("Gtr"):nth_send(0):to_internalsend():gain_control(), 0.4)
        set(route("Gtr"):mute_control(), 1)
    """, losses=frozenset({"session.buses", "channel.output"})),
    "solo": Edit("""
        set(route("Vox"):solo_control(), 1)
    """),
    "solo of what sends": Edit("""
        set(route("Gtr"):solo_control(), 1)
    """),
    "sends": Edit("""
        set(route("Gtr"):nth_send(0):to_internalsend():gain_control(), 0.25)
        send_from("Vox", "Hall", ARDOUR.Placement.PostFader)
        set(route("Vox"):nth_send(0):to_internalsend():gain_control(), 0.8)
        send_from("Vox", "Group", ARDOUR.Placement.PreFader)
    """),
    "plugins": Edit("""
        ARDOUR.LuaAPI.set_processor_param(route("Gtr"):nth_plugin(0), 2, 5.0)
        ARDOUR.LuaAPI.set_processor_param(route("Gtr"):nth_plugin(1), 0, 0.2)
        route("Hall"):nth_plugin(0):deactivate()
        local new = ARDOUR.LuaAPI.new_plugin(session, "ZamEQ2", ARDOUR.PluginType.VST3, "")
        ARDOUR.LuaAPI.set_processor_param(new, 8, 6.0)
        route("Vox"):add_processor_by_index(new, 0, nil, true)
        local last = ARDOUR.LuaAPI.new_plugin(session, "3 Band EQ", ARDOUR.PluginType.LXVST, "")
        ARDOUR.LuaAPI.set_processor_param(last, 2, 0.9)
        route("Master"):add_processor_by_index(last, 0, nil, true)
    """),
    "regions": Edit("""
        local gtr, vox = regions("Gtr")[1], regions("Vox")[1]
        gtr:to_audioregion():set_scale_amplitude(0.7)
        gtr:set_position(at(3000))
        gtr:to_audioregion():set_fade_in_active(true)
        gtr:to_audioregion():set_fade_in_shape(ARDOUR.FadeShape.FadeLinear)
        gtr:to_audioregion():set_fade_in_length(5000)
        vox:trim_front(at(4000))
    """),
    "regions over each other": Edit("""
        local playlist = route("Gtr"):to_track():playlist()
        local whole = regions("Gtr")[1]
        playlist:duplicate(whole, at(20000), Temporal.timecnt_t(20000), 1)
        for _, region in pairs(regions("Gtr")) do
            local audio = region:to_audioregion()
            audio:set_fade_in_active(true)
            audio:set_fade_in_shape(ARDOUR.FadeShape.FadeLinear)
            audio:set_fade_in_length(2000)
            if region:position():samples() > 0 then region:raise_to_top() end
        end
    """),
    "a muted region": Edit("""
        regions("Vox")[1]:set_muted(true)
    """, losses=frozenset({"foreign.empty_track"})),
    "outputs": Edit("""
        local gtr = route("Gtr"):output()
        for side = 0, 1 do
            local port = gtr:audio(side)
            port:disconnect_all()
            port:connect("Group/audio_in " .. (side + 1))
        end
    """),
    "a curved fade": Edit("""
        local gtr = regions("Gtr")[1]:to_audioregion()
        gtr:set_fade_in_active(true)
        gtr:set_fade_in_shape(ARDOUR.FadeShape.FadeConstantPower)
        gtr:set_fade_in_length(9000)
    """, null_db=-45.0, losses=frozenset({"clip.fade_shape"})),
    "VCAs": Edit("""
        local made = session:vca_manager():create_vca(2, "all")
        local vca, second = session:vca_manager():vca_by_number(1), session:vca_manager():vca_by_number(2)
        set(vca:gain_control(), 0.8)
        route("Gtr"):to_slavable():assign(vca)
        route("Vox"):to_slavable():assign(second)
        set(vca:gain_control(), 0.5)
        set(second:mute_control(), 1)
    """, losses=frozenset({"foreign.vca"})),
}  # fmt: skip


@pytest.fixture(scope="module")
def exporter(ardour, zam_plugins, tmp_path_factory) -> Ardour:
    """Ardour, knowing the plugins."""
    found = [path for name in PLUGINS if (path := find_plugin_file(name))]
    if len(found) < len(PLUGINS):
        pytest.skip("plugin missing: run tools/fetch_plugins")
    made = Ardour(Path(ardour), tmp_path_factory.mktemp("ardour-home"))
    made.scan(found)
    return made


@pytest.fixture
def song(tmp_path) -> Path:
    """The session file of the song, with noise for audio."""
    path, random = write_session(tmp_path / "song", SONG), np.random.default_rng(7)
    for name, channels in SONG.sources.items():
        noise = (0.1 * random.standard_normal((RATE, channels))).astype(np.float32)
        soundfile.write(path.parent / "interchange" / "song" / "audiofiles" / name, noise, RATE, subtype="FLOAT")
    return path


DRAWN = """
    local control = route("Gtr"):gain_control()
    local list = control:alist()
    for time, value in pairs({[0] = 1.0, [24000] = 0.2, [30000] = 0.8}) do list:add(at(time), value, false, false) end
    %s
    control:set_automation_state(ARDOUR.AutoState.Play)
    set(route("Vox"):mute_control(), 1)
    route("Gtr"):nth_send(0):deactivate()
"""
EXPORT_LAG_SAMPLES = 256  # of moving faders, in an export with Ardour's dummy backend
SMOOTHING = 156.825 / RATE  # Ardour's faders: what is left of the way goes by this share a sample


def as_ardour_moves(gain: np.ndarray) -> np.ndarray:
    """Gains over time as Ardour's export has them: later, and smoothed."""
    late = np.concatenate([np.full(EXPORT_LAG_SAMPLES, gain[0]), gain[:-EXPORT_LAG_SAMPLES]])
    return lfilter([0.0, SMOOTHING], [1.0, SMOOTHING - 1.0], late - late[0]) + late[0]


STYLES = {
    "exponential": "",  # a fader's own
    "linear": "list:set_interpolation(Evoral.InterpolationStyle.Linear)",
    "discrete": "list:set_interpolation(Evoral.InterpolationStyle.Discrete)",
}


@pytest.mark.parametrize(
    "style", ["exponential", *(pytest.param(s, marks=pytest.mark.long) for s in ("linear", "discrete"))]
)
def test_faders_that_ardour_moves(style, song, exporter, tmp_path):
    """To -75 dB, with the lag and the smoothing of Ardour's own export taken into account."""
    edit(exporter, song, DRAWN % STYLES[style])
    session, losses = ardour.read(song, Media(tmp_path / "out"))
    assert losses == []
    (gtr,) = [track for track in session.tracks if track.name == "Gtr"]
    still = gtr.model_copy(update={"automation": {}, "fader_db": 0.0})
    with Farm(1) as farm:
        dry = render_session(session.with_tracks([still]), tmp_path / "out", farm).mix.samples
    gain = db_to_gain(curve_of(gtr.automation["fader_db"], session.tempo, RATE).at(np.arange(RATE)))
    moved = dry * as_ardour_moves(gain)
    assert null_db(moved, exporter.nearest_export(song.parent, moved, -75.0)) < -75.0


def read_and_rendered(path: Path, folder: Path) -> tuple[np.ndarray, set[str]]:
    """(the mix of what is read, the kinds of its losses)"""
    session, losses = ardour.read(path, Media(folder))
    with Farm(1) as farm:
        return render_session(session, folder, farm).mix.samples, {loss.kind for loss in losses}


QUICK = {"faders and pans", "sends", "solo of what sends", "plugins", "regions over each other"}


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in EDITS]
)
def test_what_ardour_edited_nulls(name, song, exporter, tmp_path):
    before, _ = read_and_rendered(song, tmp_path / "before")
    edit(exporter, song, EDITS[name].script)
    mix, losses = read_and_rendered(song, tmp_path / "after")
    assert losses == EDITS[name].losses
    assert null_db(before, mix) > -40.0, "the edit changes nothing: no proof"
    heard = exporter.nearest_export(song.parent, mix, EDITS[name].null_db)
    assert null_db(mix, heard) < EDITS[name].null_db
