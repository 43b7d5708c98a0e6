"""The Ardour format's writer: what stands in its document. `test_ardour_matrix` has Ardour play it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from ardour_written import ARDOUR, RATE, kinds, session_of, track_of, written
from carried_sessions import carried_sessions
from dawbridge.audio import Audio, write_audio
from dawbridge.formats.ardour.writer.elements import Ids, events_text
from dawbridge.formats.ardour.writer.fades import fade_in, fade_out
from dawbridge.formats.ardour.writer.mute_solo import mute_solo_states
from dawbridge.formats.ardour.writer.names import free_name, legal_text
from dawbridge.formats.ardour.writer.ramps import subdivide_ramps
from dawbridge.formats.loss import allowed_losses
from dawbridge.render import Farm, render_session
from dawbridge.session import (
    Bus,
    Clip,
    Send,
    Session,
    Tempo,
    TempoMap,
    TimeSignature,
)
from render_bench.agreement import null_db
from render_bench.ardour import Ardour

pytest_plugins = ("ardour_fixtures",)

LENGTH = RATE + 17
PROOF_DB = -100.0


# The whole document


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(session=carried_sessions())
def test_any_session_becomes_a_document_that_holds_together(session, any_lv2, sounds, tmp_path_factory):
    """Ids are unique and below the counter; what is named is there; all files lie in the folder; losses are listed."""
    folder = tmp_path_factory.mktemp("any")
    root, losses = written(session, folder, sounds)
    ids = [int(element.get("id")) for element in root.iter() if element.get("id") and element.tag != "Port"]
    assert len(ids) == len(set(ids)) and max(ids) < int(root.get("id-counter"))
    names = [route.get("name") for route in root.iter("Route")]
    assert len({name.lower() for name in names}) == len(names)
    ports = {port.get("name") for port in root.iter("Port")}
    links = {link.get("other") for link in root.iter("Connection")}
    assert {link for link in links if not link.startswith("system:")} <= ports
    found = {path.name for path in folder.rglob("*") if path.suffix in (".wav", ".mid")}
    assert {source.get("name") for source in root.iter("Source")} == found
    assert str(folder).encode() not in etree.tostring(root)
    assert {loss.kind for loss in losses} <= set(allowed_losses("ardour"))
    shutil.rmtree(folder)


@given(text=st.text())
@settings(max_examples=50, deadline=None)
def test_any_text_becomes_xml(text):
    element = etree.Element("a", name=legal_text(text))
    assert etree.fromstring(etree.tostring(element)).get("name") == legal_text(text)


def test_names_are_legal_and_unique():
    taken = set()
    names = [free_name(name, taken) for name in ("a:b/c", "a-b-c", "A-b-c", "Master", "\x07", " ", "x" * 300)]
    assert names == ["a-b-c", "a-b-c 2", "A-b-c 3", "Master 2", "_", "track", "x" * 60]


def test_a_tail_lengthens_the_range_and_what_ardour_has_not_stands_in_its_extra(sounds, tmp_path):
    session = session_of(track_of(), name="Sög/", tail_s=0.5, pre_roll_samples=480)
    root, losses = written(session, tmp_path, sounds)
    location = root.find("Locations/Location")
    assert int(location.get("end")[1:]) == (4800 + 24000) * 5880
    extra = root.find("Extra/dawbridge")
    assert bytes.fromhex(extra.get("name-utf8")).decode() == "Sög/"
    assert (extra.get("tail-s"), extra.get("pre-roll-samples"), extra.get("length-samples")) == ("0.5", "480", "4800")
    assert kinds(losses) == ["session.pre_roll_samples"]


# Clips


def test_clips_that_cover_others_are_see_through(sounds, tmp_path):
    rows = [Clip(audio="stereo.wav", start_samples=at, length_samples=1000, gain_db=-6.0) for at in (0, 999, 3000)]
    root, losses = written(session_of(track_of(audio="", clips=tuple(rows))), tmp_path, sounds)
    regions = root.findall("Playlists/Playlist/Region")
    assert [row.get("opaque") for row in regions] == ["1", "0", "1"]
    assert [row.get("length") for row in regions] == [f"a5880000@a{at * 5880}" for at in (0, 999, 3000)]
    assert float(regions[0].get("scale-amplitude")) == pytest.approx(10**-0.3, rel=1e-12)
    assert losses == []


def test_what_of_a_clip_lies_before_the_session_or_after_its_file_is_told(sounds, tmp_path):
    rows = (
        Clip(audio="stereo.wav", start_samples=-1000, length_samples=3000, fade_in_samples=2000),
        Clip(audio="stereo.wav", start_samples=-1000, length_samples=1000),
        Clip(audio="stereo.wav", offset_samples=4000, length_samples=2000, fade_out_samples=1500),
    )
    root, losses = written(session_of(track_of(audio="", clips=rows)), tmp_path, sounds)
    first, last = root.findall("Playlists/Playlist/Region")
    assert (first.get("start"), first.get("length")) == (f"a{1000 * 5880}", f"a{2000 * 5880}@a0")
    assert first.find("FadeIn/AutomationList/events").text.startswith("a0 0.5\n")
    assert last.get("length") == f"a{800 * 5880}@a0"
    assert kinds(losses) == ["clip.fade_out_samples", "clip.start_samples", "track.clips"]


@given(
    length=st.integers(2, 3000),
    fade=st.integers(2, 3000),
    cut=st.integers(0, 500),
    shape=st.sampled_from(["linear", "equal_power"]),
)
@settings(max_examples=60, deadline=None)
def test_a_fade_read_as_ardour_reads_it_is_ours(length, fade, cut, shape):
    """At the times i·n/(n-1): each sample's gain to 1e-5."""
    fade, cut = min(fade, length), min(cut, length - 1)
    clip = Clip(audio="a", length_samples=length, fade_in_samples=fade, fade_out_samples=fade, fade_shape=shape)
    share = np.arange(fade) / fade
    ramp = share if shape == "linear" else np.sin(share * np.pi / 2)
    ours_in, ours_out = ramp[cut:], ramp[::-1][max(cut - (length - fade), 0) :]
    for nodes, ours in (
        (fade_in(clip, cut, length, RATE, Ids()), ours_in),
        (fade_out(clip, cut, length, length, RATE, Ids()), ours_out),
    ):
        if len(ours) < 2:
            continue
        rows = [line.split() for line in nodes[0].find("AutomationList/events").text.splitlines()]
        times, values = np.array([[int(at[1:]) / 5880, float(value)] for at, value in rows]).T
        count = len(ours)
        read = np.interp(np.arange(count) * count / (count - 1), times, values)
        assert np.abs(read - ours).max() < 1e-5


# Automation


def test_a_jump_is_two_points_a_superclock_apart():
    assert events_text([(0.0, 1.0), (1.0, 1.0), (1.0, 0.5)]) == ("a0 1.0\na282239999 1.0\na282240000 0.5\n")


def test_ramps_of_a_parameter_are_cut_into_steps():
    rows = subdivide_ramps([(0.001, 0.0), (1.0, 1.0), (2.0, 1.0), (12.0, 1.0001)], (0.0, 1.0), RATE)
    times, values = np.array(rows).T
    assert (np.diff(times) > 0).all()
    inside = times[(times > 0.001) & (times < 1.0)] * RATE / 64
    assert np.allclose(inside, np.rint(inside))
    assert np.allclose(values, np.interp(times, [0.001, 1.0, 2.0, 12.0], [0.0, 1.0, 1.0, 1.0001]))
    assert np.diff(values).max() < 64 / RATE * 1.1 and len(rows) < 1000


# Mute and solo


def solos(*soloed: str, **more) -> Session:
    tracks = (
        track_of(name="a", output="group", sends=(Send(to="fx"),), is_soloed="a" in soloed),
        track_of(name="b", sends=(Send(to="fx", is_pre_fader=True),), is_soloed="b" in soloed, **more),
    )
    buses = (Bus(name="group", is_soloed="group" in soloed), Bus(name="fx", is_soloed="fx" in soloed))
    return session_of(*tracks, buses=buses)


def test_a_bus_behind_a_soloed_tracks_send_is_isolated():
    found = mute_solo_states(solos("a"))
    assert {name for name, row in found.items() if row.is_isolated} == {"fx"} and found["a"].is_soloed
    assert found["group"].soloed_by == (1, 0) and not found["group"].is_isolated


def test_a_soloed_bus_that_gets_sends_alone_is_told_by_mutes():
    found = mute_solo_states(solos("fx"))
    assert not any(row.is_isolated for row in found.values())
    assert {name: row.is_muted for name, row in found.items()} == {"a": True, "b": True, "group": True, "fx": False}
    assert found["a"].mute_points == ("PreFader", "Listen", "Main") and not found["a"].silent_sends
    assert found["b"].mute_points == ("PostFader", "Listen", "Main")


def test_a_mute_closes_every_point():
    assert mute_solo_states(solos(is_muted=True))["b"].mute_points == ("PreFader", "PostFader", "Listen", "Main")


# The tempo map


def test_tempos_and_meters_stand_at_their_bars(sounds, tmp_path):
    tempo = TempoMap(
        tempos=(Tempo(bpm=90.0, shape="linear"), Tempo(beat=7.5, bpm=120.0)),
        signatures=(TimeSignature(numerator=3), TimeSignature(beat=6.0, numerator=7, denominator=8)),
    )
    root, _ = written(session_of(track_of(), tempo=tempo), tmp_path, sounds)
    first, second = root.findall("TempoMap/Tempos/Tempo")
    assert (first.get("type"), first.get("npm"), first.get("enpm")) == ("Tempo::Ramped", "90.0", "120.0")
    omega, per_beat = float(first.get("omega")), 60 * 282240000 / 90
    assert np.log1p(omega * per_beat * 7.5) / omega == pytest.approx(float(second.get("sclock")), abs=1)
    assert (second.get("quarters"), second.get("bbt")) == ("7:960", "3|4|0")
    assert [row.get("bbt") for row in root.findall("TempoMap/Meters/Meter")] == ["1|1|0", "3|1|0"]


# Null proofs by Ardour: names, both pan laws at their ends, a moved folder


PLUGIN_FREE = session_of(
    track_of(name="Vöx: Lead/2 <&>\x07", channels=1, audio="mono.wav"),
    track_of(name="Master", channels=1, audio="mono.wav", pan_lr=-1.0),
    track_of(name="漢字", channels=1, audio="mono.wav", pan_lr=1.0, fader_db=-1.0),
    track_of(name="left of centre", channels=1, audio="mono.wav", pan_lr=-0.3, fader_db=12.0),
    track_of(name="muted", is_muted=True),
    track_of(name="hard left", pan_lr=-1.0),
    track_of(name="right of centre", pan_lr=0.4, fader_db=-60.0),
    track_of(name="stereo, centre"),
    name="Söng/ 1.x",
    length=LENGTH,
)


def test_channels_null_in_ardour_and_the_folder_may_move(ardour, tmp_path_factory, tmp_path):
    random = np.random.default_rng(3)
    for name, channels in (("mono.wav", 1), ("stereo.wav", 2)):
        write_audio(tmp_path / name, Audio(0.05 * random.standard_normal((channels, LENGTH)), RATE))
    with Farm(1) as farm:
        rendered = render_session(PLUGIN_FREE, tmp_path, farm)
    losses = ARDOUR.write(PLUGIN_FREE, rendered, tmp_path / "here", tmp_path)
    assert kinds(losses) == ["channel.name"] and len(losses) == 2
    (tmp_path / "else where").mkdir()
    shutil.move(tmp_path / "here", tmp_path / "else where" / "thére")
    exporter = Ardour(Path(ardour), tmp_path_factory.mktemp("ardour"))
    mix = rendered.mix.samples
    assert null_db(mix, exporter.nearest_export(tmp_path / "else where" / "thére", mix, PROOF_DB)) < PROOF_DB
