"""The Ardour format: what stands in its XML, and null proofs by Ardour itself."""

import base64
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from render_bench.agreement import null_db
from render_bench.ardour import Ardour

from dawbridge.audio import Audio, write_audio
from dawbridge.devices import get_device
from dawbridge.devices.states.fxp import Fxp, encode_fxp
from dawbridge.devices.states.vstpreset import VstPreset, encode_vstpreset
from dawbridge.errors import InputError
from dawbridge.formats import get_format
from dawbridge.formats.ardour.layout import fader_and_azimuth
from dawbridge.formats.ardour.names import free_name, legal_text
from dawbridge.render import Farm, render_session
from dawbridge.session import Device, Rendered, Session, Track, channel_gains

RATE = 48000
LENGTH = RATE + 17
PROOF_DB = -100.0
ARDOUR = get_format("ardour")


def rendered_without_devices(session: Session) -> Rendered:
    """Noise on every track, and what the channels make of it."""
    random = np.random.default_rng(1)
    rate, length = session.sample_rate, session.length_samples
    noise = {track.name: 0.05 * random.standard_normal((track.channels, length)) for track in session.tracks}
    dry = {name: Audio(samples, rate) for name, samples in noise.items()}
    wet = {name: audio.stereo() for name, audio in dry.items()}
    stems = {}
    for track in session.tracks:
        gains = (0.0, 0.0) if track.is_muted else channel_gains(track, session.pan_law)
        stems[track.name] = Audio(wet[track.name].samples * np.array(gains)[:, None], rate)
    mix = sum((stem.samples for stem in stems.values()), np.zeros((2, length), np.float32))
    return Rendered(Audio(mix, rate), stems, dry, wet)


def session_of(*tracks: Track, name: str = "song", length: int = 64) -> Session:
    return Session(name=name, sample_rate=RATE, length_samples=length, tracks=tracks)


def track_of(*devices: Device, **more) -> Track:
    return Track(**{"name": "Vox", "audio": "v.wav", "devices": devices} | more)


def written(session: Session, rendered: Rendered, folder: Path) -> tuple[etree._Element, list]:
    """(the session document, the losses)."""
    losses = ARDOUR.write(session, rendered, folder, folder)
    (path,) = folder.glob("*.ardour")
    return etree.parse(str(path)).getroot(), losses


# The text


def test_ids_are_unique_and_below_the_counter(tmp_path):
    session = session_of(track_of(name="a"), track_of(Device(device="eq"), name="b", channels=1))
    root, _ = written(session, rendered_without_devices(session), tmp_path)
    ids = [int(element.get("id")) for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert max(ids) < int(root.get("id-counter"))


def test_no_absolute_path_and_every_source_lies_in_the_folder(tmp_path):
    session = session_of(track_of(channels=1), track_of(name="two/b"))
    root, _ = written(session, rendered_without_devices(session), tmp_path)
    assert str(tmp_path).encode() not in etree.tostring(root)
    audio = tmp_path / "interchange" / "song" / "audiofiles"
    names = {source.get("name") for source in root.iter("Source")}
    assert names == {path.name for path in audio.iterdir()} and len(names) == 2
    assert [region.get("length") for region in root.iter("Region")] == ["a376320@a0"] * 4


def test_a_chain_with_a_built_in_device_is_printed(tmp_path):
    session = session_of(track_of(Device(device="eq"), Device(device="zam_eq2"), fader_db=-6.0))
    root, (loss,) = written(session, rendered_without_devices(session), tmp_path)
    dry, printed = root.findall("Routes/Route")[1:]
    assert (dry.get("name"), printed.get("name")) == ("Vox", "Vox (printed)")
    assert [route.find("MuteMaster").get("muted") for route in (dry, printed)] == ["1", "0"]
    gain = printed.find("Processor[@type='amp']/Controllable").get("value")
    assert float(gain) == pytest.approx(10 ** (-6 / 20), rel=1e-12)
    assert root.find("Routes/Route/Processor[@type='vst3']") is None
    assert "EQ, ZamEQ2" in loss.what and "Vox (printed)" in loss.why


def preset_of(name: str, content: bytes) -> bytes:
    return encode_vstpreset(VstPreset(get_device(name).class_id, content))


def test_hosted_plugins_carry_their_states(tmp_path):
    names = ("zam_eq2", "zam_comp_x2", "dragonfly_plate")
    session = session_of(track_of(*(Device(device=name) for name in names)))
    rendered = rendered_without_devices(session)
    plate = get_device("dragonfly_plate")
    states = [preset_of("zam_eq2", b"q"), preset_of("zam_comp_x2", b"c")]
    states.append(encode_fxp(Fxp(int(plate.class_id), chunk=b"plate")))
    rendered.states.update({("Vox", position): state for position, state in enumerate(states)})
    root, losses = written(session, rendered, tmp_path)
    assert losses == []
    plugins = [p for p in root.iter("Processor") if p.get("unique-id")]
    kinds = [(p.get("type"), p.get("unique-id"), p.get("count"), p.get("active")) for p in plugins]
    assert [kind[0] for kind in kinds[:2]] == ["vst3", "vst3"]
    assert [kind[1] for kind in kinds] == [get_device(d.device).class_id for d in session.tracks[0].devices]
    assert [kind[2:] for kind in kinds] == [("2", "1"), ("1", "1"), ("1", "1")]
    chunks = [base64.b64decode(next(p.iter("chunk")).text) for p in plugins]
    assert chunks == [states[0], states[1], b"plate"]


@pytest.mark.parametrize("is_bypassed", [True, False])
def test_a_plugin_that_did_not_run_is_written_and_is_a_loss(is_bypassed, tmp_path):
    held = base64.b64encode(preset_of("zam_eq2", b"held")).decode()
    devices = [
        Device(device="zam_eq2", is_bypassed=is_bypassed),
        Device(device="zam_eq2", is_bypassed=is_bypassed, state=held),
        Device(device="dragonfly_plate", is_bypassed=is_bypassed, values={"dry_level_percent": 25.0}),
    ]
    session = session_of(track_of(*devices))
    root, losses = written(session, rendered_without_devices(session), tmp_path)
    assert len(losses) == 3
    assert all(("bypassed" if is_bypassed else "missing") in loss.why for loss in losses)
    bare, with_state, plate = [p for p in root.iter("Processor") if p.get("unique-id")]
    assert {p.get("active") for p in (bare, with_state, plate)} == {str(int(not is_bypassed))}
    assert len(bare.find("vst3")) == 0
    assert with_state.find("vst3/chunk") is not None
    assert float(next(plate.iter("parameters")).get("param-0")) == 0.25


@pytest.mark.parametrize("state, says", [("%%%", "no base64"), ("VlNUMw==", "cut off")])
def test_a_broken_state_in_the_session_is_refused(state, says, tmp_path):
    session = session_of(track_of(Device(device="zam_eq2", is_bypassed=True, state=state)))
    with pytest.raises(InputError, match=says):
        ARDOUR.write(session, rendered_without_devices(session), tmp_path, tmp_path)


def test_names_are_legal_and_unique():
    taken = set()
    names = [free_name(name, taken) for name in ("a:b/c", "a-b-c", "A-b-c", "Master", "\x07", " ", "x" * 300)]
    assert names == ["a-b-c", "a-b-c 2", "A-b-c 3", "Master 2", "_", "track", "x" * 60]


@given(text=st.text())
@settings(max_examples=50, deadline=None)
def test_any_text_becomes_xml(text):
    element = etree.Element("a", name=legal_text(text))
    assert etree.fromstring(etree.tostring(element)).get("name") == legal_text(text)


@given(left=st.floats(1e-6, 16), right=st.floats(0, 16))
def test_balance_meets_any_pair_of_gains(left, right):
    fader, azimuth = fader_and_azimuth(left, right)
    assert 0.0 <= azimuth <= 1.0
    assert fader * min(1.0, 2.0 * (1.0 - azimuth)) == pytest.approx(left, rel=1e-9, abs=1e-9)
    assert fader * min(1.0, 2.0 * azimuth) == pytest.approx(right, rel=1e-9, abs=1e-9)


# Null proofs by Ardour


@pytest.fixture(scope="session")
def ardour_home(tmp_path_factory) -> Path:
    """One home for all exports of a run: it keeps the plugin scan."""
    return tmp_path_factory.mktemp("ardour")


@pytest.fixture
def exporter(ardour, ardour_home) -> Ardour:
    return Ardour(Path(ardour), ardour_home)


PLUGIN_FREE = session_of(
    track_of(name="Vöx: Lead/2 <&>\x07", channels=1),
    track_of(name="Master", channels=1, pan_lr=-1.0),
    track_of(name="漢字", channels=1, pan_lr=1.0, fader_db=-1.0),
    track_of(name="left of centre", channels=1, pan_lr=-0.3, fader_db=12.0),
    track_of(name="muted", is_muted=True),
    track_of(name="hard left", pan_lr=-1.0),
    track_of(name="right of centre", pan_lr=0.4, fader_db=-60.0),
    track_of(name="stereo, centre"),
    name="Söng/ 1.x",
    length=LENGTH,
)


def test_channels_null_in_ardour_and_the_folder_may_move(exporter, tmp_path):
    """Muted tracks, names, both pan laws at their ends and centre, a fader past +6 dB; a moved folder."""
    rendered = rendered_without_devices(PLUGIN_FREE)
    losses = ARDOUR.write(PLUGIN_FREE, rendered, tmp_path / "here", tmp_path)
    assert {loss.what for loss in losses} == {"its name"} and len(losses) == 2
    (tmp_path / "else where").mkdir()
    shutil.move(tmp_path / "here", tmp_path / "else where" / "thére")
    exported = exporter.export(tmp_path / "else where" / "thére")
    assert null_db(rendered.mix.samples, exported) < PROOF_DB


def middling(name: str, share: float, *left_alone: str) -> Device:
    """The device with every parameter at `share` of its range, but for those that stay at their default."""
    moved = [p for p in get_device(name).parameters if p.name not in left_alone]
    return Device(device=name, values={p.name: float(p.from_0to1(share)) for p in moved})


def plugin_session() -> Session:
    """Mono and stereo through EQ and compressor, a VST2 that only turns down, and a printed chain."""
    # With a knee and a slew, ZamCompX2's samples depend on the host's block size: no two hosts agree on them.
    compressor = middling("zam_comp_x2", 0.4, "knee_db", "slew")
    chain = (middling("zam_eq2", 0.6), compressor)
    dry_only = {"dry_level_percent": 35.0, "wet_level_percent": 0.0}
    built_in = Device(device="eq", values={"bell_1_gain_db": 9.0})
    return session_of(
        track_of(*chain, name="mono", channels=1, audio="mono.wav", pan_lr=-0.4, fader_db=-3.0),
        track_of(*chain, name="stereo", audio="stereo.wav", pan_lr=0.7, fader_db=1.5),
        track_of(Device(device="dragonfly_plate", values=dry_only), name="plate", audio="plate.wav"),
        track_of(built_in, name="printed", audio="printed.wav", fader_db=-9.0),
        length=LENGTH,
    )


def test_plugins_null_in_ardour_and_are_in_the_path(exporter, zam_plugins, tmp_path):
    exporter.scan(list(zam_plugins.values()))
    session, random = plugin_session(), np.random.default_rng(2)
    for track in session.tracks:
        noise = 0.1 * random.standard_normal((track.channels, LENGTH))
        write_audio(tmp_path / track.audio, Audio(noise, RATE))
    with Farm(1) as farm:
        rendered = render_session(session, tmp_path, farm)
    losses = ARDOUR.write(session, rendered, tmp_path / "out", tmp_path)
    assert [loss.where for loss in losses] == ["track 'printed'"]
    mix = rendered.mix.samples
    assert null_db(mix, exporter.export(tmp_path / "out")) < PROOF_DB

    path = tmp_path / "out" / "song.ardour"
    document = etree.parse(str(path))
    for plugin in [p for p in document.iter("Processor") if p.get("unique-id")]:
        plugin.getparent().remove(plugin)
    document.write(str(path), xml_declaration=True, encoding="UTF-8")
    assert null_db(mix, exporter.export(tmp_path / "out")) > -20.0, "the plugins change nothing: no proof"
