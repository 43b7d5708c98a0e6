"""Gradient descent through the twins: its mixes are the farm's, its loss is MRSD, and it comes close to a mix."""

import numpy as np
import pytest
import soundfile
import torch

import tiny_song
from dawbridge.errors import InputError
from dawbridge.features.spectral_distance import spectral_distances
from dawbridge.features.spectral_loss import SpectralLoss
from dawbridge.methods.inversion.baselines import best_gain_and_pan
from dawbridge.methods.inversion.task import read_task
from dawbridge.progress import Progress
from dawbridge.render import Farm, render_session
from dawbridge.search.problem import Problem
from dawbridge.session.chain import Chain, ChainChannel, ChainDevice
from dawbridge.session.parameter_space import ParameterSpace
from inversion_bench.competitors import Task, get_competitor
from inversion_bench.competitors.twin_mix import TwinMix
from noise_problem import make

# Devices, fixed and free values, and a channel.
STRIP = Chain(
    devices=(
        ChainDevice(device="polarity", values={"inverted": 1.0}),
        ChainDevice(device="eq", values={"bell_1_gain_db": 6.0}, free={"low_shelf_gain_db": (-12, 12)}),
    ),
    channel=ChainChannel(fader_db=(-12, 6), pan_lr=(-1, 1)),
)
TRUE = [np.array([0.8, 0.7, 0.3]), np.array([0.3, 0.4, 0.9])]


@pytest.fixture(scope="module")
def farm():
    with Farm(1) as farm:
        yield farm


@pytest.mark.parametrize("channels", [1, 2])
def test_the_twins_make_the_farms_stems(farm, channels):
    made = make(farm, STRIP, 2, TRUE)
    session = made.session.with_tracks([t.model_copy(update={"channels": channels}) for t in made.session.tracks])
    dry = {place: samples[:channels] for place, samples in made.dry.items()}
    problem = Problem(session, made.spaces, made.windows, made.heard, made.target, dry, farm)
    twins = TwinMix(problem)
    for track, stem in enumerate(problem.render(problem.candidates(TRUE))):
        found = twins.stem(track, 0, torch.from_numpy(TRUE[track])).numpy()
        assert np.abs(found - stem).max() < 1e-5 * np.abs(stem).max()
    assert twins.renders == 2 and twins.rendered_s == pytest.approx(2.0)


def test_the_loss_is_the_distance():
    rng = np.random.default_rng(0)
    reference, estimate = rng.normal(0, 0.1, (2, 2, 9000)).astype(np.float32)
    for silenced in ((), (1,)):
        reference[list(silenced)] = 0
        loss = SpectralLoss(torch.from_numpy(reference))
        wanted = spectral_distances(reference, estimate, [(1.0, 1.0)])[0].mrsd
        assert loss(torch.from_numpy(estimate)).item() == pytest.approx(wanted, rel=1e-4)
    same = torch.from_numpy(reference).requires_grad_()
    loss(same).backward()
    assert loss(same).item() == 0 and torch.isfinite(same.grad).all()


def test_a_few_steps_beat_the_best_gain_and_pan(tmp_path, farm):
    stems = tiny_song.write_tracks(tmp_path / "stems", tiny_song.tracks(1.0))
    soundfile.write(tmp_path / "mix.wav", tiny_song.mixed(stems)[1], tiny_song.RATE, subtype="FLOAT")
    song, spaces, _ = read_task(stems, tmp_path / "mix.wav", "console")
    problem, before = song.to_problem(spaces, farm), farm.rendered_strips
    answer = get_competitor("colonel_reiss")(Task(song, problem, 62, 1, Progress()))
    assert farm.rendered_strips == before and answer.renders == 60
    assert answer.rendered_s == pytest.approx(60.0)
    found = render_session(problem.session_at(answer.positions), stems, farm).mix
    error, simple = (np.abs(mix.samples - song.mix.samples).mean() for mix in (found, best_gain_and_pan(song)))
    assert error < 0.9 * simple


@pytest.mark.parametrize("budget", [0, 1])
def test_without_a_budget_it_stays_at_the_defaults(farm, budget):
    problem = make(farm, STRIP, 2, TRUE)
    answer = get_competitor("colonel_reiss")(Task(None, problem, budget, 1, Progress()))
    assert answer.renders == 0
    assert all(np.array_equal(*pair) for pair in zip(answer.positions, problem.defaults()))


def test_what_never_sounds_or_never_moves_keeps_its_place(farm):
    """One track is silent, one has nothing free: it is rendered once."""
    fixed = Chain(devices=(ChainDevice(device="gain", values={"gain_db": -3.0}),))
    problem = make(farm, STRIP, 3, [*TRUE, TRUE[0]])
    problem.heard[1] = False
    problem.spaces = (*problem.spaces[:2], ParameterSpace(fixed.of_track("t2")))
    answer = get_competitor("colonel_reiss")(Task(None, problem, 6, 1, Progress()))
    assert answer.renders == 6 and len(answer.positions[2]) == 0
    assert np.array_equal(answer.positions[1], problem.spaces[1].default_0to1)
    assert not np.array_equal(answer.positions[0], problem.spaces[0].default_0to1)


def test_a_chain_without_twins_is_refused(farm):
    chain = Chain(devices=(ChainDevice(device="zam_eq2"),))
    problem = make(farm, STRIP, 1, TRUE[:1])
    problem.spaces = (ParameterSpace(chain.of_track("t0")),)
    with pytest.raises(InputError, match="track 't0': device 'zam_eq2' has no twin .* use a chain of gain"):
        get_competitor("colonel_reiss")(Task(None, problem, 10, 1, Progress()))
