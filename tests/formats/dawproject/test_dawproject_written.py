"""Written DAWprojects: played by a plain player, loaded into other hosts, and read back to the same sound."""

import base64
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

import dawproject_fixtures as fixtures
from dawbridge.devices import get_device
from dawbridge.formats import Media, dawproject
from dawbridge.render import Farm, render_session
from dawbridge.session import (
    Automation,
    Bus,
    Clip,
    Device,
    ForeignPlugin,
    Master,
    MidiClip,
    Point,
    Send,
    Session,
    Track,
)
from dawbridge.session.model import MASTER
from dawproject_player import Player
from hosted_presets import hosted
from midi_files import write_midi
from plugin_ids import reported_class_id
from strip_jobs import RATE, noise

LENGTH = 24000


def written(session: Session, rendered, folder: Path, out: Path) -> tuple[Path, list]:
    losses = dawproject.write(session, rendered, out, folder)
    (path,) = out.iterdir()
    return path, losses


def of_one(track: Track) -> Session:
    return Session(sample_rate=RATE, length_samples=LENGTH, tracks=(track,))


def error_db(one, other) -> float:
    """The loudest sample of the difference against the loudest of `one`, in decibels."""
    assert np.abs(one).max() > 0.01
    return 20 * np.log10(max(np.abs(one - other).max(), 1e-12) / np.abs(one).max())


@pytest.fixture(scope="module")
def farm():
    with Farm(1) as farm:
        yield farm


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with noise, in stereo and mono, and a MIDI file."""
    folder = tmp_path_factory.mktemp("song")
    soundfile.write(folder / "noise.wav", noise(LENGTH).T, RATE, subtype="FLOAT")
    soundfile.write(folder / "mono.wav", noise(LENGTH, 2)[0], RATE, subtype="FLOAT")
    write_midi(folder / "notes.mid", (60, 100, 0, 0.5), (67, 80, 0.25, 0.75))
    return folder


def _no_render(session: Session):
    from carried_sessions import rendered_of

    return rendered_of(session.model_copy(update={"length_samples": 16}))


def moves(*points, unit="s") -> Automation:
    """Points as (second or beat, value, shape)."""
    return Automation(points=tuple(Point(time=t, value=v, shape=(*s, "linear")[0]) for t, v, *s in points), unit=unit)


RIDE = moves((0.02, -20.0), (0.1, 3.0, "hold"), (0.2, -6.0), (0.2, -12.0), (0.6, 2.0))
SWEEP = moves((0, -1.0), (0.15, 0.2), (0.3, 1.0, "hold"), (0.31, -0.4))


def plain_song() -> Session:
    """All that the plain player knows."""
    fades = {"fade_in_samples": 3000, "fade_out_samples": 4800}
    clips = (
        Clip(audio="noise.wav", start_samples=0, offset_samples=500, length_samples=9000, gain_db=-7.5, **fades),
        Clip(audio="mono.wav", start_samples=8000, length_samples=12000, gain_db=3, fade_shape="equal_power", **fades),
    )
    gains = (
        Device(device="gain", values={"gain_db": -3.5}),
        Device(device="gain", values={"gain_db": 24.0}, is_bypassed=True),
    )
    sends = (
        Send(to="Echo", gain_db=-9.0, pan_lr=0.4, is_pre_fader=True),
        Send(to="Echo", gain_db=-3.0, automation={"gain_db": RIDE, "pan_lr": SWEEP}),
        Send(to="Echo", is_muted=True),
    )
    moved = {"fader_db": RIDE, "pan_lr": SWEEP}
    tracks = (
        Track(name="Clips", clips=clips, devices=gains, fader_db=-4.0, pan_lr=-0.3, trim_db=2.5, output="Group"),
        Track(name="Mono", audio="mono.wav", channels=1, automation=moved, sends=sends, start_samples=1200),
        Track(name="Balanced", audio="mono.wav", channels=2, pan_lr=0.7, output="Group"),
        Track(name="Silent", audio="noise.wav", is_muted=True, sends=(Send(to="Echo"),)),
    )
    group = Bus(name="Group", fader_db=-2.0, pan_lr=0.25, trim_db=-1.0)
    buses = (group, Bus(name="Echo", automation={"pan_lr": SWEEP}))
    master = Master(fader_db=-1.5, pan_lr=-0.1)
    return Session(sample_rate=RATE, length_samples=LENGTH, tracks=tracks, buses=buses, master=master)


def test_a_plain_player_hears_what_we_render(farm, folder, tmp_path):
    session = plain_song()
    rendered = render_session(session, folder, farm)
    path, losses = written(session, rendered, folder, tmp_path / "out")
    assert losses == []
    assert error_db(rendered.mix.samples, Player(path, RATE, LENGTH).mix()) < -100


def zam_song() -> Session:
    """Plugins, sends, an instrument, and automation whose points lie on samples."""
    steps = moves((0.0, -12.0, "hold"), (0.1, -3.0, "hold"), (0.25, -20.0, "hold"))
    beats = moves((0.0, -9.0, "hold"), (0.5, 0.0, "hold"), unit="beats")
    compressor = Device(
        device="zam_comp_x2",
        values={"ratio": 8.0, "attack_s": 0.005},
        automation={"threshold_db": moves((0.0, -40.0, "hold"), (0.2, -10.0, "hold"))},
    )
    equalizer = Device(device="zam_eq2", values={"boost_cut_1_db": 9.0, "frequency_1_hz": 800.0})
    synth = Device(device="synth", values={"cutoff_hz": 900.0})
    tracks = (
        Track(name="Vox", audio="mono.wav", channels=1, devices=(equalizer, compressor), automation={"fader_db": steps},
              sends=(Send(to="Verb", gain_db=-6.0, automation={"gain_db": beats}),), is_inverted=True, trim_db=-3.0),
        Track(name="Keys", instrument=synth, midi_clips=(MidiClip(midi="notes.mid"),), output="Verb"),
    )  # fmt: skip
    reverb = Device(device="reverb", values={"wet_0to1": 0.5})
    bus = Bus(name="Verb", devices=(reverb, Device(device="eq", values={"bell_2_gain_db": 6.0})), fader_db=-2.0)
    master = Master(devices=(Device(device="compressor", values={"threshold_db": -30.0}),))
    return Session(sample_rate=RATE, length_samples=LENGTH, tracks=tracks, buses=(bus,), master=master, tail_s=0.25)


@pytest.fixture(scope="module")
def zam(farm, folder, zam_plugins, tmp_path_factory):
    """(the session, as rendered, the archive, its losses)."""
    session = zam_song()
    rendered = render_session(session, folder, farm)
    return session, rendered, *written(session, rendered, folder, tmp_path_factory.mktemp("out"))


def test_a_song_with_plugins_comes_back_to_the_same_sound(zam, farm, tmp_path):
    _, rendered, path, _ = zam
    moved = tmp_path / "elsewhere" / "moved.dawproject"
    moved.parent.mkdir()
    moved.write_bytes(path.read_bytes())
    again, losses = dawproject.read(moved, Media(tmp_path / "back"))
    assert losses == [] and again.tail_s == 0.25
    assert again.tracks[0].devices[0].state is not None and not again.tracks[0].devices[0].values
    assert error_db(rendered.mix.samples, render_session(again, tmp_path / "back", farm).mix.samples) < -120
    dry = again.tracks[0].model_copy(update={"devices": ()})
    bare = render_session(again.with_tracks([dry, again.tracks[1]]), tmp_path / "back", farm)
    assert error_db(rendered.mix.samples, bare.mix.samples) > -40


def test_ramps_come_back_to_100_db(farm, folder, tmp_path):
    session = plain_song()
    first = render_session(session, folder, farm)
    path, _ = written(session, first, folder, tmp_path / "out")
    again, _ = dawproject.read(path, Media(tmp_path / "back"))
    assert error_db(first.mix.samples, render_session(again, tmp_path / "back", farm).mix.samples) < -100


def test_what_no_daw_plays_is_told(zam):
    rows = [(loss.kind, loss.where) for loss in zam[3]]
    assert rows == [
        ("channel.is_inverted", "track 'Vox'"),
        ("device.device", "bus 'Verb' device 1 (reverb)"),
        ("device.device", "bus 'Verb' device 2 (eq)"),
        ("device.device", "track 'Keys' instrument"),
        ("device.device", "master device 1 (compressor)"),
    ]


@pytest.mark.parametrize(("position", "name"), [(0, "zam_eq2"), (1, "zam_comp_x2")])
def test_states_in_the_archive_load_in_pedalboard(position, name, zam, zam_plugins, tmp_path):
    session, rendered, path, _ = zam
    spec = get_device(name)
    with zipfile.ZipFile(path) as archive:
        data = archive.read(f"plugins/{position + 1:03d}-{name}.vstpreset")
        xml = archive.read("project.xml").decode()
    assert data == rendered.states["Vox", position] and f'deviceID="{spec.class_id}"' in xml
    (tmp_path / "state.vstpreset").write_bytes(data)
    texts = hosted_texts("pedalboard", zam_plugins[spec.file_name], tmp_path)
    label, value = {"zam_eq2": ("Boost/Cut 1", 9.0), "zam_comp_x2": ("Ratio", 8.0)}[name]
    assert float(texts[label].split()[0]) == pytest.approx(value, abs=0.05)


def hosted_texts(how: str, plugin: Path, folder: Path, state: str = "state.vstpreset") -> dict:
    """The parameters' texts after a preset was loaded in a host, in a process of its own."""
    return hosted(how, str(plugin), str(folder / state), str(folder / "out.npy"))["texts"]


def test_fxp_in_the_archive_loads_in_dawdreamer(farm, folder, zam_plugins, tmp_path):
    spec = get_device("dragonfly_plate")
    device = Device(device=spec.name, values={"decay_s": 2.5})
    session = of_one(Track(name="a", audio="noise.wav", devices=(device,)))
    path, losses = written(session, render_session(session, folder, farm), folder, tmp_path / "out")
    with zipfile.ZipFile(path) as archive:
        (tmp_path / "state.fxp").write_bytes(archive.read("plugins/001-dragonfly_plate.fxp"))
        assert f'<Vst2Plugin deviceID="{spec.class_id}"'.encode() in archive.read("project.xml")
    texts = hosted_texts("dawdreamer_preset", zam_plugins[spec.file_name], tmp_path, "state.fxp")
    assert losses == [] and float(texts["Decay"].split()[0]) == pytest.approx(2.5, abs=0.05)


def test_ids_are_what_the_plugins_say(zam_plugins):
    for name in ("zam_eq2", "zam_comp_x2"):
        spec = get_device(name)
        reported = reported_class_id(zam_plugins[spec.file_name])
        assert reported.upper() == spec.class_id.upper()


def test_the_same_session_gives_the_same_bytes(folder, tmp_path):
    session = plain_song()
    paths = [written(session, _no_render(session), folder, tmp_path / name)[0] for name in ("one", "two")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with zipfile.ZipFile(paths[0]) as archive:
        infos = archive.infolist()
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert [info.filename for info in infos] == sorted(info.filename for info in infos)
    assert str(folder).encode() not in paths[0].read_bytes()


def test_what_lies_before_the_timeline_is_cut_and_told(folder, tmp_path):
    clips = (
        Clip(audio="noise.wav", start_samples=-1000, length_samples=5000, fade_in_samples=1500),
        Clip(audio="noise.wav", start_samples=-6000, length_samples=5000),
    )
    session = of_one(Track(name="a", clips=clips))
    path, losses = written(session, _no_render(session), folder, tmp_path / "out")
    kinds = [("clip.start_samples", "clip.fade_in_samples"), ("clip.start_samples",), ("track.clips",)]
    assert [loss.kinds for loss in losses] == kinds
    again, lost = dawproject.read(path, Media(tmp_path / "back"))
    (clip,) = again.tracks[0].clips
    assert (clip.start_samples, clip.offset_samples, clip.length_samples) == (0, 1000, 4000)
    assert [loss.kind for loss in lost] == ["foreign.clip_envelope"], "half a fade is no session's"


@pytest.mark.parametrize("shape", ["linear", "equal_power"])
def test_a_fade_that_begins_before_the_timeline_is_heard_from_where_it_is(shape, farm, folder, tmp_path):
    fades = {"fade_in_samples": 6000, "fade_out_samples": 3000, "fade_shape": shape, "gain_db": -3.0}
    session = of_one(Track(name="a", clips=(Clip(audio="noise.wav", start_samples=-4000, **fades),)))
    rendered = render_session(session, folder, farm)
    path, _ = written(session, rendered, folder, tmp_path / "out")
    assert error_db(rendered.mix.samples, Player(path, RATE, LENGTH).mix()) < -95


def test_plugins_of_other_daws_pass_through(folder, tmp_path):
    rows = [ForeignPlugin(kind=kind, id=f"urn:{kind}", label=f"A {kind}") for kind in ("lv2", "jsfx", "ardour")]
    state = base64.b64encode(b"its own text").decode()
    strange = {"parameter-3": moves((0, 1.0))}
    devices = tuple(Device(device="foreign", plugin=row, state=state, automation=strange) for row in rows)
    session = of_one(Track(name="a", audio="noise.wav", devices=devices))
    path, losses = written(session, _no_render(session), folder, tmp_path / "out")
    assert [loss.kind for loss in losses] == ["device.device", "device.automation"] * 3
    again, _ = dawproject.read(path, Media(tmp_path / "back"))
    assert [(d.plugin, d.state) for d in again.tracks[0].devices] == [(d.plugin, d.state) for d in devices]


def test_a_plugin_that_did_not_run_keeps_its_values(folder, tmp_path):
    device = Device(device="zam_comp_x2", values={"ratio": 6.0}, is_bypassed=True)
    session = of_one(Track(name="a", audio="noise.wav", devices=(device,)))
    path, losses = written(session, _no_render(session), folder, tmp_path / "out")
    assert [loss.kind for loss in losses] == ["device.state"]
    back = dawproject.read(path, Media(tmp_path / "back"))[0].tracks[0].devices[0]
    assert back.is_bypassed and back.state is None and back.values["ratio"] == pytest.approx(6.0, rel=1e-6)


def test_hundreds_of_buses_in_buses_stay_readable(folder, tmp_path):
    names = [f"bus {number}" for number in range(300)]
    buses = tuple(Bus(name=name, output=to) for name, to in zip(names, [*names[1:], MASTER]))
    track = Track(name="a", audio="noise.wav", output="bus 0")
    session = Session(sample_rate=RATE, length_samples=LENGTH, tracks=(track,), buses=buses)
    path, _ = written(session, _no_render(session), folder, tmp_path / "out")
    again, _ = dawproject.read(path, Media(tmp_path / "back"))
    assert [(row.name, row.output) for row in again.channels] == [(row.name, row.output) for row in session.channels]


@pytest.mark.parametrize("name", ["plugins", "dynamics", "equalizers"])
def test_foreign_devices_go_back_as_they_came(name, tmp_path):
    session, _ = dawproject.read(fixtures.ROOT / f"{name}.dawproject", Media(tmp_path / "out"))
    path, _ = written(session, _no_render(session), tmp_path / "out", tmp_path / "again")
    again, losses_again = dawproject.read(path, Media(tmp_path / "back"))
    rows = [[d for d in s.tracks[0].devices if d.device == "foreign"] for s in (session, again)]
    assert [d.plugin for d in rows[0]] == [d.plugin for d in rows[1]] != []
    for one, other in zip(*rows):
        assert len(one.automation) == len(other.automation)
        if one.plugin.kind != "dawproject":
            assert one == other
        elif one.state is not None:
            states = [base64.b64decode(row.state) for row in (one, other)]
            assert all(b"Limiter" not in data or b"Y2xhcCBzdGF0ZQ==" in data for data in states)
    assert "foreign.device" not in {loss.kind for loss in losses_again} or name != "plugins"
