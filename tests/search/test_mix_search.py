"""The recipe's parts: what they promise on cases whose answer is known, and all of them together."""

import numpy as np
import pytest

from dawbridge.methods.inversion.search import JOINT_DESCENT, STEMS_ESTIMATED, MixSearch
from dawbridge.render import Farm
from dawbridge.search.descent import Descent, energy
from dawbridge.search.dictionary import estimate_stems, make_dictionary
from dawbridge.search.filter_moves import filter_moves_cost, find_filter_moves
from dawbridge.search.filter_roles import Filter, roles_of
from dawbridge.search.level_fit import fit_levels
from dawbridge.search.single_track import make_single_track_problems
from dawbridge.search.starts import Starts
from dawbridge.search.track_fit import fit_track
from dawbridge.session.chain import Chain, ChainDevice, read_chain
from dawbridge.session.parameter_space import ParameterSpace
from noise_problem import LENGTH, STRIP, TRUE, make


@pytest.fixture(scope="module")
def farm():
    with Farm(2) as farm:
        yield farm


@pytest.fixture
def problem(farm):
    return make(farm, STRIP, 2, TRUE)


def null_db(wanted: np.ndarray, found: np.ndarray) -> float:
    return 10 * np.log10(energy(wanted - found) / energy(wanted))


def test_roles_are_read_off_names():
    console, zam = (roles_of(ParameterSpace(read_chain(name).of_track("any"))) for name in ("console", "zam"))
    names = [row.spec.name for row in ParameterSpace(read_chain("console").of_track("any")).free]
    assert names[console.level] == "gain_db" and [names[i] for i in console.thresholds] == ["threshold_db"]
    assert Filter(*(names.index(f"bell_2_{what}") for what in ("gain_db", "hz", "q"))) in console.filters
    assert len(console.filters) == 3
    names = [row.spec.name for row in ParameterSpace(read_chain("zam").of_track("any")).free]
    assert names[zam.level] == "fader_db" and zam.thresholds == () and names[zam.pan] == "pan_lr"
    bell = Filter(*(names.index(name) for name in ("boost_cut_1_db", "frequency_1_hz", "bandwidth_1")))
    assert bell in zam.filters and len(zam.filters) == 3, "the shelves have no frequency"
    gain_alone = Chain(devices=(ChainDevice(device="reverb", free={"wet_0to1": (0, 1)}),))
    assert roles_of(ParameterSpace(gain_alone.of_track("any"))).level is None


def test_a_library_takes_a_mix_apart(problem):
    dictionary = make_dictionary(problem, np.random.default_rng(1))
    parts = estimate_stems(problem.target, dictionary)
    stems = Descent(problem, TRUE).stems
    assert all(null_db(stems[key], parts[key]) < -20 for key in stems)
    stem = dictionary.stem(0, 0, 5)
    (again,) = problem.render([problem.candidates([dictionary.positions[0][5], TRUE[1]], [0])[0]])
    assert null_db(again, stem) < -60, "kept in 16 bits"


# The channel pans a stereo track by another law than the one that is read off: a descent comes after it.
@pytest.mark.parametrize(("name", "near_db"), [("console", -45), ("zam_strip", -20)])
def test_gain_and_pan_alone_are_where_a_search_begins(farm, name, near_db, request):
    """A mix of levels and pans alone: found without a descent, and no small budget loses it again."""
    if name != "console":
        request.getfixturevalue("zam_plugins")
    chain = read_chain(name)
    space = ParameterSpace(chain.of_track("any"))
    roles, true = roles_of(space), [space.default_0to1, space.default_0to1]
    for positions, level, pan in zip(true, (0.4, 0.62), (0.3, 0.8)):
        positions[[roles.level, roles.pan]] = level, pan
    problem = make(farm, chain, 2, true)
    found = fit_levels(problem)
    assert Descent(problem, found).null_db < near_db
    for budget in (len(problem.candidates(found)), 40, 120):
        before = farm.rendered_strips
        positions = MixSearch(problem, budget, np.random.default_rng(2)).run()
        assert farm.rendered_strips - before <= budget
        assert budget < 40 or Descent(problem, positions).null_db < near_db
    if name == "console":
        large = MixSearch(problem, 2000, np.random.default_rng(2))
        assert Descent(problem, large.run()).null_db < -70
        assert {step.stage for step in large.steps} == {JOINT_DESCENT}, "no dictionary, no fits"


def test_a_track_is_cut_where_it_is_loudest(problem):
    stems = Descent(problem, TRUE).stems
    single_tracks = make_single_track_problems(problem, stems)
    assert single_tracks.tracks == (0, 1) and single_tracks.problem.heard.sum() == 2
    for track in single_tracks.tracks:
        _, first, last = single_tracks.cuts[track]
        assert (
            single_tracks.problem.target[single_tracks.window_of(track)].shape == (2, last - first) and last <= LENGTH
        )
    descent = Descent(single_tracks.problem, TRUE, [0])
    assert descent.null_db < -80, "the lead brings a compressor to where it was"


def test_starts_have_the_level_the_pan_and_the_bell(problem):
    single_tracks = make_single_track_problems(problem, Descent(problem, TRUE).stems)
    dictionary = make_dictionary(problem, np.random.default_rng(1), 8)
    for track in single_tracks.tracks:
        starts = Starts(single_tracks)
        rows = starts.from_dictionary(track, dictionary)
        assert starts.spent > 20 and all((0 <= row).all() and (row <= 1).all() for row in rows)
        assert all(abs(row[6] - TRUE[track][6]) < 0.05 for row in rows[:2])
        assert abs(rows[1][1] - TRUE[track][1]) <= 0.1, "the spectrum tells where the bell is"
        assert (rows[1][2] - 0.5) * (TRUE[track][2] - 0.5) > 0, "and its sign"


def test_filters_that_have_swapped_roles_are_told_by_the_spectrum(farm):
    """A shelf that does the bell's work and a bell that does the shelf's: no filter alone can go back."""
    eq = {"low_shelf_hz": (40, 800), "low_shelf_gain_db": (-15, 15), "bell_2_hz": (100, 8000),
          "bell_2_gain_db": (-15, 15), "bell_2_q": (0.3, 3)}  # fmt: skip
    chain = Chain(devices=(ChainDevice(device="gain", free={"gain_db": (-12, 12)}), ChainDevice(device="eq", free=eq)))
    true = np.array([0.6, 0.3, 0.8, 0.7, 0.25, 0.4])
    problem = make(farm, chain, 1, [true])
    single_tracks = make_single_track_problems(problem, Descent(problem, [true]).stems)
    swapped = np.array([0.6, 1.0, 0.3, 0.15, 0.75, 0.2])
    assert Descent(problem, [swapped]).run(12).null_db > -30, "a descent does not find back"
    starts = Starts(single_tracks)
    found = fit_track(single_tracks, 0, starts.with_other_filters(0, swapped, 4), 400 - starts.spent)
    assert found.null_db < -40 and np.abs(found.positions - true).max() < 0.05


def test_the_whole_recipe_comes_back_to_the_truth(problem, farm):
    steps, before = [], farm.rendered_strips
    search = MixSearch(problem, 2500, np.random.default_rng(3), on_step=steps.append)
    positions = search.run()
    assert farm.rendered_strips - before <= 2500 and steps[-1].renders <= 2500
    assert Descent(problem, positions).null_db < -50
    assert steps == search.steps


def test_workers_do_not_change_what_is_found():
    found = []
    for workers in (1, 3):
        with Farm(workers) as farm:
            found.append(MixSearch(make(farm, STRIP, 2, TRUE), 700, np.random.default_rng(3)).run())
    assert np.array_equal(np.concatenate(found[0]), np.concatenate(found[1]))


@pytest.mark.parametrize("budget", [0, 1, 3, 60])
def test_a_small_budget_is_kept(problem, farm, budget):
    before = farm.rendered_strips
    positions = MixSearch(problem, budget, np.random.default_rng(3)).run()
    assert farm.rendered_strips - before <= budget and len(positions) == 2


@pytest.mark.parametrize(("budget", "begins_there"), [(300, True), (700, True), (1200, False)])
def test_a_guess_is_where_a_small_budget_begins_and_is_tried_by_a_large_one(problem, budget, begins_there):
    close = [row + 0.02 for row in TRUE]
    search = MixSearch(problem, budget, np.random.default_rng(3), close)
    assert Descent(problem, search.run()).null_db < -40
    assert (STEMS_ESTIMATED not in [step.stage for step in search.steps]) == begins_there


def test_silent_tracks_stay_at_their_defaults(farm):
    problem = make(farm, STRIP, 2, TRUE)
    problem.heard[1] = False
    del problem.dry[1, 0]
    found = MixSearch(problem, 1000, np.random.default_rng(3)).run()
    assert np.array_equal(found[1], problem.spaces[1].default_0to1)
    problem.heard[0] = False
    del problem.dry[0, 0]
    search = MixSearch(problem, 1000, np.random.default_rng(3), TRUE)
    assert search.run() is TRUE and search.run_from_guess() is TRUE and not search.steps


def test_a_filter_in_the_wrong_octave_is_moved_by_what_is_left(problem):
    start = [position.copy() for position in TRUE]
    start[0][1:4] = 0.85, 0.4, 0.4
    stuck = Descent(problem, start).run(12)
    assert stuck.null_db > -40
    before = stuck.spent
    found = find_filter_moves(stuck, [0, 1])
    derivatives = sum(map(len, TRUE))
    assert stuck.spent - before <= derivatives + sum(filter_moves_cost(stuck, track) for track in (0, 1))
    best = found[0][0]
    assert best.error_share < 0.4 and abs(best.positions[1] - TRUE[0][1]) < 0.12
    positions = list(problem.defaults())
    positions[0] = best.positions
    assert Descent(stuck.single_track_problem(0), positions, [0]).run(5).error < 0.2 * stuck.error
