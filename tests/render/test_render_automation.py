"""What moves: faders, pans and sends exactly, sample by sample; devices in steps of a short block, never early."""

import numpy as np
import pytest
import soundfile

from dawbridge.render import Farm, make_plan, render_session
from dawbridge.render.farm.job import AUTOMATED_BLOCK_SIZE as BLOCK
from dawbridge.session import Automation, Bus, Device, Master, Point, Send, Session, Tempo, TempoMap, Track
from plain_mix import PlainMix, db
from strip_jobs import RATE, noise

LENGTH = 24000
LEVEL = 0.25


@pytest.fixture(scope="module")
def farm():
    """One worker for the whole file: what one strip leaves behind, the next would hear."""
    with Farm(1) as farm:
        yield farm


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where `noise.wav`, `mono.wav` and `level.wav`, a constant, lie."""
    folder = tmp_path_factory.mktemp("moves")
    soundfile.write(folder / "noise.wav", noise(LENGTH).T, RATE, subtype="FLOAT")
    soundfile.write(folder / "mono.wav", noise(LENGTH, 2)[0], RATE, subtype="FLOAT")
    soundfile.write(folder / "level.wav", np.full((LENGTH, 2), LEVEL), RATE, subtype="FLOAT")
    tone = LEVEL * np.sin(2 * np.pi * 1000 * np.arange(LENGTH) / RATE)
    soundfile.write(folder / "tone.wav", np.stack([tone, tone], axis=1), RATE, subtype="FLOAT")
    return folder


def moves(*points, unit="s") -> Automation:
    """Points as (sample or beat, value, shape)."""
    scale = RATE if unit == "s" else 1
    rows = [Point(time=at / scale, value=value, shape=(*shape, "linear")[0]) for at, value, *shape in points]
    return Automation(points=tuple(rows), unit=unit)


def session(*channels, **fields) -> Session:
    tracks = tuple(channel for channel in channels if isinstance(channel, Track))
    buses = tuple(channel for channel in channels if isinstance(channel, Bus))
    return Session(**dict(sample_rate=RATE, length_samples=LENGTH) | fields, tracks=tracks, buses=buses)


def through(device: str, automation, file="level.wav", values=None, name="t") -> Track:
    chain = (Device(device=device, values=values or {}, automation=automation),)
    return Track(name=name, audio=file, devices=chain)


# Faders, pans and sends

RIDE = moves((500, -20.0), (4000, 3.0, "hold"), (9000, -6.0), (9000, -12.0), (LENGTH + 5000, 12.0))
SWEEP = moves((0, -1.0), (7000, 0.2), (12001, 1.0, "hold"), (12002, -0.4))
BEATS = moves((0.5, -9.0), (2, 0.0, "hold"), (3.3, -30.0), unit="beats")


@pytest.mark.parametrize("pre_roll", [0, 777])
def test_faders_pans_and_sends_move_sample_by_sample(farm, folder, pre_roll):
    fader = {"fader_db": RIDE, "pan_lr": SWEEP}
    sends = [
        Send(to="room", automation={"gain_db": BEATS, "pan_lr": SWEEP}),
        Send(to="room", automation={"gain_db": RIDE}, is_pre_fader=True, pan_lr=-0.5),
    ]
    made = session(
        Track(name="stereo", audio="noise.wav", automation=fader, sends=tuple(sends)),
        Track(name="mono", audio="mono.wav", channels=1, automation=fader, sends=tuple(sends)),
        Track(name="riding", audio="mono.wav", channels=1, automation={"fader_db": BEATS}, pan_lr=0.3, output="room"),
        Bus(name="room", automation={"pan_lr": SWEEP}, fader_db=-3.0),
        master=Master(automation={"fader_db": BEATS}),
        pre_roll_samples=pre_roll,
        tempo=TempoMap(tempos=(Tempo(bpm=480.0),)),
    )
    rendered, plain = render_session(made, folder, farm), PlainMix(made, folder)
    np.testing.assert_allclose(rendered.mix.samples, plain.mix(), atol=2e-6)
    for name in plain.channels:
        np.testing.assert_allclose(rendered.stems[name].samples, plain.stem(name), atol=2e-6, err_msg=name)


def test_an_exponential_fader_runs_evenly_in_the_ratio_of_its_values(farm, folder):
    fader = moves((0, -40.0, "exponential"), (16000, -10.0))
    made = session(Track(name="t", audio="level.wav", automation={"fader_db": fader}))
    levels = 20 * np.log10(render_session(made, folder, farm).mix.samples[0] / LEVEL)
    share = np.minimum(np.arange(LENGTH) / 16000, 1)
    np.testing.assert_allclose(levels, -40 * (1 / 4) ** share, atol=1e-4)


def test_a_long_ride_is_exact_over_the_pieces_it_is_rendered_in(farm, folder):
    """A render goes through its samples in pieces of 32768."""
    made = session(
        Track(name="t", audio="level.wav", automation={"fader_db": moves((0, -60.0), (100_000, 0.0))}),
        length_samples=100_000,
    )
    soundfile.write(folder / "level.wav", np.full((100_000, 2), LEVEL), RATE, subtype="FLOAT")
    wanted = LEVEL * db(np.linspace(-60, 0, 100_001)[:-1])
    np.testing.assert_allclose(render_session(made, folder, farm).mix.samples[1], wanted, rtol=1e-5)


# Devices. The host takes values once a block, so what is asked for at a sample acts from the next block on.


def first_blocks(samples: int) -> int:
    return -(-samples // BLOCK) * BLOCK


@pytest.mark.parametrize("at", [0, 1, 63, 64, 65, 10_000, 10_048, 19_999])
def test_a_step_acts_within_a_block_and_never_early(farm, folder, at):
    step = moves((0, -6.0, "hold"), (at, 6.0, "hold"))
    made = session(through("gain", {"gain_db": step}))
    wanted = np.where(np.arange(LENGTH) < first_blocks(at), db(-6.0), db(6.0)) * LEVEL
    samples = render_session(made, folder, farm).mix.samples
    np.testing.assert_allclose(samples, np.stack([wanted, wanted]), rtol=1e-5)


REAL = {
    "zam_comp_x2": ("makeup_db", 0.0, 12.0),
    "zam_eq2": ("master_gain_db", 0.0, -12.0),
    "three_band_eq": ("master_db", 0.0, -12.0),
    "lsp_compressor_stereo": ("g_out_db", 0.0, -12.0),
}


def need(device: str) -> None:
    """Skips where the plugin is missing."""
    from dawbridge.devices import get_device
    from dawbridge.paths import find_plugin_file

    if find_plugin_file(get_device(device).file_name) is None:
        pytest.skip("plugin missing: run tools/fetch_plugins")


@pytest.mark.parametrize("device", REAL)
@pytest.mark.parametrize("at", [10_000, 15_999])
def test_a_plugins_step_acts_at_the_first_block_after_it_as_if_it_had_stood_there_before(farm, folder, device, at):
    need(device)
    name, before, after = REAL[device]
    still = session(through(device, {name: moves((0, before))}, "tone.wav"))
    moved = session(through(device, {name: moves((0, before, "hold"), (at, after, "hold"))}, "tone.wav"))
    still, moved = (render_session(one, folder, farm).mix.samples for one in (still, moved))
    differs = np.flatnonzero(np.abs(moved - still).max(axis=0) > 1e-6)
    # The tone itself crosses zero for a sample now and then.
    assert first_blocks(at) <= differs[0] <= first_blocks(at) + 1
    change_db = 20 * np.log10(np.abs(moved[:, -2000:]).max() / np.abs(still[:, -2000:]).max())
    assert change_db == pytest.approx(after - before, abs=0.1)


@pytest.mark.parametrize("device", ["gain", *REAL])
def test_an_automation_that_stands_still_is_the_fixed_value(farm, folder, device):
    need(device) if device != "gain" else None
    name, _, value = REAL.get(device, ("gain_db", 0.0, -12.0))
    moved = session(through(device, {name: moves((3000, value))}, "noise.wav"))
    fixed = session(through(device, {}, "noise.wav", {name: value}))
    moved, fixed = (render_session(one, folder, farm).mix.samples for one in (moved, fixed))
    np.testing.assert_allclose(moved, fixed, atol=1e-6)


@pytest.mark.parametrize("slope_db", [3.0, -24.0, 48.0])
def test_a_ramp_is_a_staircase_of_blocks_late_by_no_more_than_one(farm, folder, slope_db):
    """Each step holds the line's value at its block's start: the error stays below what the line rises in a block."""
    span = 16000
    ramp = moves((0, -slope_db / 2), (span, slope_db / 2))
    samples = render_session(session(through("gain", {"gain_db": ramp})), folder, farm).mix.samples[0]
    levels = 20 * np.log10(samples[:span] / LEVEL)
    line = -slope_db / 2 + slope_db * np.arange(span) / span
    late = (line - levels) * np.sign(slope_db)
    bound = abs(slope_db) * (BLOCK - 1) / span
    assert late.min() > -1e-4 and late.max() == pytest.approx(bound, abs=1e-4)
    assert np.abs(late.reshape(-1, BLOCK)[:, 0]).max() < 1e-4


def test_beats_follow_the_tempo_map_and_the_pre_roll_shifts_nothing(farm, folder):
    tempo = TempoMap(tempos=(Tempo(bpm=600.0), Tempo(beat=2, bpm=300.0, shape="linear"), Tempo(beat=4, bpm=1000.0)))
    second_s = 2 * 0.1 + 60 * 2 / 700 * np.log(1000 / 300)  # when beat 4 is there
    for pre_roll in (0, 1000):
        step = moves((0, -6.0, "hold"), (4, 6.0, "hold"), unit="beats")
        made = session(through("gain", {"gain_db": step}), tempo=tempo, pre_roll_samples=pre_roll)
        samples = render_session(made, folder, farm).mix.samples[0]
        louder = int(np.flatnonzero(samples > LEVEL)[0])
        assert louder == first_blocks(round(second_s * RATE) + pre_roll) - pre_roll


def test_a_point_past_the_end_pulls_the_line_and_nothing_more(farm, folder):
    ramp = moves((0, 0.0), (10 * LENGTH, -24.0))
    samples = render_session(session(through("gain", {"gain_db": ramp})), folder, farm).mix.samples[0]
    last = (LENGTH - 1) // BLOCK * BLOCK
    assert 20 * np.log10(samples[-1] / LEVEL) == pytest.approx(-24 * last / (10 * LENGTH), abs=1e-4)


def test_what_follows_an_automated_strip_in_the_same_worker_is_as_in_a_fresh_one(folder):
    ride = {"gain_db": moves((0, -24.0), (LENGTH, 24.0))}
    automated = session(through("gain", ride, "noise.wav"))
    still = session(through("gain", {}, "noise.wav", {"gain_db": -3.0}))
    with Farm(1) as fresh:
        wanted = render_session(still, folder, fresh).mix.samples
    with Farm(1) as used:
        first = render_session(automated, folder, used).mix.samples
        np.testing.assert_array_equal(render_session(still, folder, used).mix.samples, wanted)
        np.testing.assert_array_equal(render_session(automated, folder, used).mix.samples, first)
        assert used.failures == []


def test_two_parameters_of_two_devices_move_side_by_side(farm, folder):
    """A pan that moves behind a gain that moves, beside a device that stands still."""
    chain = (
        Device(device="gain", automation={"gain_db": moves((0, 0.0, "hold"), (6400, -6.0, "hold"))}),
        Device(device="gain", values={"gain_db": 2.0}),
        Device(device="pan", automation={"pan_lr": moves((0, -1.0, "hold"), (12800, 1.0, "hold"))}),
    )
    made = session(Track(name="t", audio="level.wav", devices=chain))
    left, right = render_session(made, folder, farm).mix.samples
    level = LEVEL * np.where(np.arange(LENGTH) < 6400, db(2.0), db(-4.0)) * np.sqrt(2)
    np.testing.assert_allclose(left, level * (np.arange(LENGTH) < 12800), atol=1e-6)
    np.testing.assert_allclose(right, level * (np.arange(LENGTH) >= 12800), atol=1e-6)


def test_a_mono_plugin_moves_on_both_sides_alike(farm, folder, zam_plugins):
    ride = {"master_gain_db": moves((0, -12.0), (LENGTH, 12.0))}
    left, right = render_session(session(through("zam_eq2", ride, "tone.wav")), folder, farm).mix.samples
    np.testing.assert_array_equal(left, right)
    assert np.abs(left[-2000:]).max() > 8 * np.abs(left[:2000]).max()


def test_the_plan_says_what_moves(folder):
    made = session(
        through("gain", {"gain_db": moves((0, 1.0))}), Track(name="u", audio="level.wav", automation={"pan_lr": SWEEP})
    )
    text = str(make_plan(made, folder))
    assert "t: Gain (automated) → channel" in text and "u: no devices → channel (pan automated) → mix" in text


def test_a_hosts_tempo_follows_the_map_behind_the_pre_roll(folder):
    """One value every 24th of a beat, as long as the render; before the timeline the first tempo."""
    tempo = TempoMap(tempos=(Tempo(bpm=60.0), Tempo(beat=0.25, bpm=120.0, shape="linear"), Tempo(beat=0.5, bpm=240.0)))
    made = session(Track(name="t", audio="level.wav"), tempo=tempo, length_samples=RATE, pre_roll_samples=RATE // 2)
    bpm = np.array(make_plan(made, folder).master.node.job.bpm)
    np.testing.assert_array_equal(bpm[: 12 + 6], 60.0)
    np.testing.assert_allclose(bpm[12 + 6 : 12 + 12], 120 + 20 * np.arange(6))
    np.testing.assert_array_equal(bpm[12 + 12 :], 240.0)
    assert np.sum(60 / bpm / 24) == pytest.approx(1.5, abs=0.06)
    still = make_plan(session(Track(name="t", audio="level.wav"), tempo=TempoMap(tempos=(Tempo(bpm=97.0),))), folder)
    assert still.master.node.job.bpm == (97.0,)
