"""The same session gives the same samples, whatever the workers and whatever is remembered."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.paths import PACKAGE
from dawbridge.render import Farm, StripStore, render_session
from dawbridge.render.farm import worker_process
from dawbridge.render.farm.job import file_sha256
from dawbridge.render.graph.nodes import GROUP
from dawbridge.render.hosts import neural_version
from dawbridge.session import Device, Master, Session, Track
from strip_jobs import RATE, job, noise

pytest_plugins = ("fault_plugins",)

CHAINS = (
    (),
    ({"device": "eq", "values": {"bell_1_gain_db": 9.0, "low_shelf_gain_db": -5.0}},),
    ({"device": "compressor", "values": {"threshold_db": -30.0}}, {"device": "eq"}),
    ({"device": "reverb"}, {"device": "pan", "values": {"pan_lr": 0.4}}),
    ({"device": "zam_eq2", "values": {"boost_cut_1_db": 6.0}},),
    ({"device": "zam_comp_x2"}, {"device": "zam_eq2"}),
    ({"device": "dragonfly_plate", "values": {"algorithm": 1.0}},),
)


@pytest.fixture(scope="module")
def farm():
    """Two workers for the whole file."""
    with Farm(2) as farm:
        yield farm


def write_song(folder, chains=CHAINS) -> Session:
    """A session with a track of its own noise per chain."""
    tracks = []
    for number, chain in enumerate(chains):
        soundfile.write(folder / f"{number}.wav", noise(4801, seed=number).T, RATE, subtype="FLOAT")
        devices = tuple(Device(**row) for row in chain)
        tracks.append(Track(name=f"{number}", audio=f"{number}.wav", devices=devices, fader_db=-6.0))
    return Session(sample_rate=RATE, length_samples=4801, tracks=tuple(tracks))


def same(one, two) -> bool:
    """Whether mix, stems and states agree bit for bit."""
    stems = all(np.array_equal(one.stems[name].samples, two.stems[name].samples) for name in one.stems)
    return stems and np.array_equal(one.mix.samples, two.mix.samples) and one.states == two.states


def with_values(session: Session, track: int, device: int, **values) -> Session:
    tracks = list(session.tracks)
    devices = list(tracks[track].devices)
    devices[device] = devices[device].model_copy(update={"values": devices[device].values | values})
    tracks[track] = tracks[track].model_copy(update={"devices": tuple(devices)})
    return session.with_tracks(tracks)


# The same samples


def test_again_with_one_worker_and_with_three(zam_plugins, tmp_path):
    session = write_song(tmp_path)
    with Farm(1) as one, Farm(3) as three:
        first = render_session(session, tmp_path, one)
        assert same(first, render_session(session, tmp_path, one))
        assert same(first, render_session(session, tmp_path, three))
        render_session(with_values(session, 5, 1, boost_cut_1_db=-3.3), tmp_path, three)
        assert same(first, render_session(session, tmp_path, three))
        assert one.failures == three.failures == []


def test_what_a_reused_strip_played_before_leaves_no_trace():
    names = [device.name for device in BUILTIN]
    loud = noise(24000, seed=9)
    with Farm(1) as farm:
        fresh = [result.samples for result in farm.render([job(name) for name in names])]
        for name, wanted in zip(names, fresh, strict=True):
            _, again = farm.render([job(name, samples=loud), job(name)])
            np.testing.assert_array_equal(again.samples, wanted, err_msg=name)


def test_results_come_in_the_order_of_the_jobs(farm):
    lengths = np.random.default_rng(0).permutation(np.arange(1, 40)) * 997
    jobs = [job("gain", samples=noise(int(length), seed=int(length))) for length in lengths]
    for each, result in zip(jobs, farm.render(jobs), strict=True):
        np.testing.assert_allclose(result.samples, each.audio, rtol=1e-6)


def test_the_folder_a_farm_was_started_in_may_go(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    with Farm(1, starts_now=True) as farm:
        list(farm.render([job("gain")]))
        (tmp_path / "gone").rmdir()
        assert len(list(farm.render([job("eq"), job("compressor")]))) == 2 and farm.failures == []


def test_a_farm_counts_what_it_renders():
    with Farm(1) as farm:
        list(farm.render([job("gain", samples=noise(RATE)), job("gain", samples=noise(RATE // 2))]))
        assert (farm.rendered_strips, farm.rendered_s) == (2, 1.5)


def test_audio_past_what_a_worker_holds_is_sent_again(monkeypatch):
    monkeypatch.setattr(worker_process, "HELD_AUDIO_BYTES", 100_000)
    jobs = [job("gain", samples=noise(4800, seed=seed)) for seed in (0, 1, 2, 3, 0, 1, 2, 3, 3, 0)]
    with Farm(1) as farm:
        for each, result in zip(jobs, farm.render(jobs), strict=True):
            np.testing.assert_allclose(result.samples, each.audio, rtol=1e-6)


# The store


def counted(farm, session, folder, store=None):
    """(the rendered session, how many strips the farm rendered for it)."""
    before = farm.rendered_strips
    return render_session(session, folder, farm, store), farm.rendered_strips - before


def test_a_second_render_comes_from_the_store(tmp_path, farm):
    session, store = write_song(tmp_path, CHAINS[:4]), StripStore(tmp_path / "cache")
    first, renders = counted(farm, session, tmp_path, store)
    assert renders == 4 + 1  # the tracks, and the master
    for again in (store, StripStore(tmp_path / "cache")):
        second, renders = counted(farm, session, tmp_path, again)
        assert renders == 0 and same(first, second) and again.notes == []


def with_track(session: Session, place: int, **changes) -> Session:
    tracks = list(session.tracks)
    tracks[place] = tracks[place].model_copy(update=changes)
    return session.with_tracks(tracks)


# The master is a sum, made anew wherever something before it has changed.
@pytest.mark.parametrize(
    ("change", "renders"),
    [
        (lambda s: with_values(s, 1, 0, bell_1_gain_db=9.001), 1 + 1),
        (lambda s: with_track(s, 3, fader_db=3.0), 1),
        (lambda s: with_track(s, 3, is_muted=True), 1),
        (lambda s: with_track(s, 3, name="other"), 0),
        (lambda s: with_track(s, 0, start_samples=1), 1 + 1),
        (lambda s: with_track(s, 1, trim_db=1.0), 1 + 1),
        (lambda s: s.model_copy(update={"length_samples": 4802}), 4 + 1),
        (lambda s: s.model_copy(update={"sample_rate": 44100}), 4 + 1),
        (lambda s: s.with_tracks([*s.tracks, s.tracks[1].model_copy(update={"name": "twin"})]), 1),
        (lambda s: s.model_copy(update={"master": Master(fader_db=-1.0)}), 0),
        (lambda s: s.model_copy(update={"master": Master(devices=(Device(device="gain"),))}), 1),
    ],
    ids="value fader mute name start trim length rate twin master_fader master_device".split(),
)
def test_only_what_changed_is_rendered(tmp_path, farm, change, renders):
    session, store = write_song(tmp_path, CHAINS[:4]), StripStore(tmp_path / "cache")
    render_session(session, tmp_path, farm, store)
    changed = change(session)
    stored, count = counted(farm, changed, tmp_path, store)
    assert count == renders
    assert same(stored, render_session(changed, tmp_path, farm))


def test_of_many_tracks_only_the_group_of_the_changed_one_is_summed_again(tmp_path, farm):
    session, store = write_song(tmp_path, 40 * CHAINS[:1]), StripStore(tmp_path / "cache")
    _, renders = counted(farm, session, tmp_path, store)
    assert renders == 40 + 40 // GROUP + 1
    _, renders = counted(farm, with_track(session, 17, pan_lr=0.5), tmp_path, store)
    assert renders == 2
    _, renders = counted(farm, with_track(session, 3, fader_db=2.0), tmp_path, store)
    assert renders == 2


def test_two_equal_strips_are_rendered_once(tmp_path, farm):
    session = write_song(tmp_path, CHAINS[1:2])
    twins = session.with_tracks([session.tracks[0], session.tracks[0].model_copy(update={"name": "twin"})])
    rendered, renders = counted(farm, twins, tmp_path)
    assert renders == 1 + 1
    np.testing.assert_array_equal(rendered.stems["0"].samples, rendered.stems["twin"].samples)


def test_a_changed_file_is_read_again(tmp_path, farm):
    session, store = write_song(tmp_path, CHAINS[:2]), StripStore(tmp_path / "cache")
    render_session(session, tmp_path, farm, store)
    soundfile.write(tmp_path / "0.wav", noise(4801, seed=77).T, RATE, subtype="FLOAT")
    rendered = render_session(session, tmp_path, farm, store)
    np.testing.assert_array_equal(rendered.dry["0"].samples, noise(4801, seed=77))
    assert same(rendered, render_session(session, tmp_path, farm))


def test_a_plugin_file_that_changed_changes_the_key(add_faulty, own_plugins):
    name = add_faulty("NOTHING")
    binary = own_plugins(name)
    before = job(name).key()
    assert job(name).key() == before
    status = os.stat(binary)
    with open(binary, "ab") as file:
        file.write(b"\0")
    assert job(name).key() != before
    os.truncate(binary, status.st_size)
    os.utime(binary, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    assert job(name).key() == before, "the content counts, not the date"


def test_any_file_of_a_bundle_changes_the_key(zam_plugins, tmp_path):
    bundle = tmp_path / "ZamEQ2.vst3"
    shutil.copytree(zam_plugins["ZamEQ2.vst3"], bundle)
    before = file_sha256(str(bundle))
    assert before == file_sha256(str(zam_plugins["ZamEQ2.vst3"]))
    (bundle / "Contents" / "moduleinfo.json").write_text("{}")
    assert file_sha256(str(bundle)) != before


@pytest.mark.parametrize("changed", ["code", "torch", "device"])
def test_a_neural_strips_key_changes_with_what_decides_its_sound(monkeypatch, changed):
    neural, other = job("tcn_tube").key(), job("eq").key()
    assert job("tcn_tube").key() == neural
    if changed == "device":
        monkeypatch.setenv("DAWBRIDGE_TORCH_DEVICE", "mps")
    elif changed == "torch":
        monkeypatch.setattr(neural_version, "version", lambda package: "0.0.1")
    else:
        monkeypatch.setattr(neural_version, "source_sha256", lambda: "0" * 64)
    assert job("tcn_tube").key() != neural
    assert job("eq").key() == other


def test_the_code_of_networks_is_what_their_files_hold(monkeypatch, tmp_path):
    hash_of_source = neural_version.source_sha256.__wrapped__
    shutil.copytree(PACKAGE / "networks", tmp_path / "networks")
    before = hash_of_source()
    monkeypatch.setattr(neural_version, "PACKAGE", tmp_path)
    assert hash_of_source() == before
    with (tmp_path / "networks" / "tcn.py").open("a") as file:
        file.write("# changed\n")
    assert hash_of_source() != before


def test_no_key_loads_torch():
    code = "import sys, strip_jobs\nfor name in ('eq', 'tcn_tube'):\n    strip_jobs.job(name).key()\n"
    paths = os.pathsep.join([str(PACKAGE.parent), str(Path(__file__).parents[1] / "support")])
    done = subprocess.run(
        [sys.executable, "-c", code + "print('torch' in sys.modules)"],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"


def test_keys_differ_in_all_that_decides_a_result():
    base = job("eq")
    others = [
        job("eq", samples=noise(seed=2)),
        job("eq", samples=noise()[:1]),
        job("eq", samples=noise()[:, :-1]),
        job(("eq", {"bell_1_q": 0.701})),
        job("eq", "eq"),
        job("eq", wants_states=True),
        job("gain"),
        job(),
    ]
    keys = [each.key() for each in (base, *others)]
    assert len(set(keys)) == len(keys) and job("eq").key() == keys[0]
