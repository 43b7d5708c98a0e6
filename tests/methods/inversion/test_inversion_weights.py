"""The shipped weights: small, with a card, for the chain they name, and better than knowing nothing."""

import numpy as np
import pytest
import torch

from dawbridge.errors import InputError
from dawbridge.features.least_squares import LeastSquaresExtractor
from dawbridge.features.mel import log_mel
from dawbridge.methods.inversion.learning.weights import network_for
from dawbridge.paths import data_folder
from dawbridge.session.chain import Chain, read_chain
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.training import find_weights, read_network

WEIGHTS = sorted((data_folder("presets") / "weights").glob("inversion-*.safetensors"))
CONSOLE = data_folder("presets") / "weights" / "inversion-console.safetensors"
RATE = 44_100


@pytest.mark.parametrize("path", WEIGHTS, ids=lambda path: path.stem)
def test_every_file_of_weights_is_small_finite_and_has_a_card(path):
    assert path.stat().st_size < 2e6
    network, facts = read_network(path)
    assert all(parameter.isfinite().all() for parameter in network.parameters())
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert all(f"## {part}" in card for part in ("Data", "Training", "Results", "Limits"))
    assert facts["chain"]["devices"]


def test_weights_are_for_one_chain():
    chain = read_chain("console")
    assert (
        network_for(
            CONSOLE, (ParameterSpace(chain.of_track("a")), ParameterSpace(chain.of_track("b")))
        ).config.n_outputs
        == 16
    )
    other = Chain.model_validate({"devices": [{"device": "gain", "free": {"gain_db": [-12, 12]}}]})
    with pytest.raises(InputError, match="another chain"):
        network_for(CONSOLE, (ParameterSpace(other.of_track("a")),))


@torch.no_grad()
def test_gain_and_pan_of_noises_it_never_heard_are_ordered_rightly():
    space = ParameterSpace(read_chain("console").of_track(""))
    network = network_for(CONSOLE, (space,)).eval()
    noise = np.random.default_rng(0).normal(0, 0.1, (3, 2, 3 * RATE))
    tracks = torch.from_numpy(noise).float()
    sides = torch.tensor([[1.0, 0.2], [0.5, 0.5], [0.05, 0.25]])
    mix = (tracks * sides[..., None]).sum(0, keepdim=True)
    answer = network(log_mel(mix, RATE), log_mel(tracks, RATE), LeastSquaresExtractor(tracks, RATE)(mix))[0]
    pan = answer[:, space.position("pan", "pan_lr")]
    gain = answer[:, space.position("gain", "gain_db")]
    assert pan[0] < -0.3 < pan[1] < 0.3 < pan[2]
    assert gain[0] > gain[1] > gain[2]


def test_weights_are_found_by_name_or_as_a_file(tmp_path):
    assert find_weights("inversion-console") == CONSOLE
    assert find_weights(str(CONSOLE)) == CONSOLE
    with pytest.raises(InputError, match="neither a file nor one of inversion-console"):
        find_weights("nothing")
