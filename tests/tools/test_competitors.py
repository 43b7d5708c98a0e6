"""The competitors that render: they come nearer, keep the budget, and give the same for any number of workers."""

from dataclasses import replace

import numpy as np
import pytest

from dawbridge.errors import InputError
from dawbridge.methods.inversion.learning.layout import make_layout
from dawbridge.methods.inversion.learning.sampling import SamplingConfig, SamplingTraining
from dawbridge.methods.inversion.learning.weights import chain_facts
from dawbridge.render import Farm
from dawbridge.training import write_network
from inversion_bench.competitors import COMPETITORS, eami, get_competitor, published
from inversion_bench.competitors.black_box import BlackBox
from inversion_bench.competitors.single_song import start_network
from tiny_problem import GAIN, TRUTH, null_db, tiny_task

pytestmark = pytest.mark.usefixtures("one_thread")
SEARCHES = ("cma_es", "spsa", "eami")


@pytest.fixture(scope="module")
def farm():
    with Farm(2) as farm:
        yield farm


def test_every_name_leads_to_a_competitor():
    assert all(callable(get_competitor(name)) for name in COMPETITORS)
    with pytest.raises(InputError, match="legal are"):
        get_competitor("nobody")


def test_published_rows_name_competitors_and_the_best_is_first_or_last():
    for table in (published.ENST_DRUMS, published.MEDLEYDB, published.SAMPLING_ABLATION[::-1]):
        assert min(table, key=lambda row: row.mae) is min(table, key=lambda row: row.mrsd) is table[0]
    names = {row.competitor for row in published.SAMPLING_ABLATION}
    assert names <= COMPETITORS.keys() and len(names) == 6


def test_the_truth_has_no_error_and_is_kept_as_the_best(farm):
    task = tiny_task(farm, 100)
    box = BlackBox(task.problem, task.budget)
    truth = np.concatenate([TRUTH["a"], TRUTH["b"]])
    far, none, near = box.errors(np.stack([np.full(4, 0.5), truth, truth + 0.05]))
    assert none < 1e-6 < near < far
    assert np.array_equal(np.concatenate(box.best), np.concatenate(list(TRUTH.values())))


@pytest.mark.parametrize(("name", "least_db"), [("cma_es", -40), ("spsa", -25)])
def test_a_search_finds_the_truth(farm, name, least_db):
    task = tiny_task(farm, 1500)
    assert null_db(task.problem, get_competitor(name)(task).positions) < least_db


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("budget", [0, 4, 5, 100, 101, 130])
def test_the_budget_is_kept(farm, name, budget):
    task = tiny_task(farm, budget)
    before = farm.rendered_strips
    positions = get_competitor(name)(task).positions
    spent = farm.rendered_strips - before
    assert spent <= budget and (spent > budget - 60 or budget < 5)
    assert [len(row) for row in positions] == [len(row) for row in TRUTH.values()]
    assert all(((row >= 0) & (row <= 1)).all() for row in positions)
    assert np.array_equal(positions[3], task.problem.defaults()[3]), "a silent track was moved"


@pytest.mark.parametrize("name", SEARCHES)
def test_a_seed_decides_whatever_the_number_of_workers(name):
    found = []
    for workers, seed in ((1, 1), (2, 1), (2, 2)):
        with Farm(workers) as farm:
            found.append(np.concatenate(get_competitor(name)(tiny_task(farm, 60, seed)).positions))
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("devices", [[], [GAIN]])
def test_chains_with_nothing_or_one_thing_to_be_found(farm, name, devices):
    """One free parameter in all: only the stereo track has a device."""
    chain = {"tracks": {"a": {"devices": devices}}}
    task = tiny_task(farm, 60, chain=chain)
    positions = get_competitor(name)(task).positions
    assert [len(row) for row in positions] == [len(devices), 0, 0, 0]


def test_sampling_training_comes_nearer_than_the_untrained_network(farm):
    task = tiny_task(farm, 2000)
    layout = make_layout(task.problem.spaces)
    untrained = start_network(layout, task.seed)
    rng = np.random.default_rng(0)
    before = SamplingTraining(untrained, [(task.problem, layout)], SamplingConfig(), rng).predict()
    gap = {}
    for name, positions in (("before", before), ("after", eami.eami(task).positions)):
        gap[name] = np.abs(np.concatenate(positions) - np.concatenate(list(TRUTH.values()))).mean()
    assert gap["after"] < 0.7 * gap["before"]


def test_the_variants_differ_in_sigma_alone(farm):
    task = tiny_task(farm, 1000)
    configs = [eami._config(task.problem, task.budget, *ends) for ends in ((0.5, 0.05), (0.1, 0.1), (0.0, 0.0))]
    assert len({(c.rounds, c.samples, c.mixes, c.epochs) for c in configs}) == 1
    sigmas = [[c.sigma(number) for number in (0, c.rounds - 1)] for c in configs]
    assert np.allclose(sigmas, [[0.5, 0.05], [0.1, 0.1], [0.0, 0.0]])


def test_uniform_samples_know_nothing_of_the_prediction(farm):
    task = tiny_task(farm, 1000)
    training = SamplingTraining(
        start_network(make_layout(task.problem.spaces), 1),
        [(task.problem, make_layout(task.problem.spaces))],
        replace(eami._config(task.problem, 1000, eami.UNIFORM, eami.UNIFORM), samples=4000),
        np.random.default_rng(0),
    )
    draws = training.songs[0].draw([np.full(3, 0.99), np.full(1, 0.01)], training.config, 0, training.rng)
    counts = np.histogram(draws[0][:, 0], 10, (0, 1))[0]
    assert abs(counts - 400).max() < 90


@pytest.fixture
def one_chain(farm):
    """A task whose tracks all have the same chain, as weights demand."""
    return tiny_task(farm, 400, chain={"devices": [GAIN]})


@pytest.fixture
def weights(one_chain, tmp_path):
    """Of a network that was never trained."""
    spaces = one_chain.problem.spaces
    network = start_network(make_layout(spaces), 1)
    write_network(tmp_path / "w.safetensors", network, chain_facts(spaces[0].chain))
    return tmp_path / "w.safetensors"


def test_a_network_predicts_without_a_render(farm, one_chain, weights):
    before = farm.rendered_strips
    positions = get_competitor("network")(replace(one_chain, weights=weights)).positions
    assert farm.rendered_strips == before and len(positions) == 4


def test_a_descent_from_the_prediction_finds_the_truth(farm, one_chain, weights):
    task = replace(one_chain, weights=weights)
    before = farm.rendered_strips
    positions = get_competitor("network_first")(task).positions
    assert farm.rendered_strips - before <= task.budget
    assert null_db(task.problem, positions) < -80


def test_a_chain_without_weights_is_said(farm, one_chain):
    with pytest.raises(InputError, match="none ship for this chain"):
        get_competitor("network")(one_chain)
