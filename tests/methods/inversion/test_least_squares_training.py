"""The quick network's training: it learns what can be heard of songs it never saw, and ends the same when stopped."""

import csv
import json

import pytest
import torch
from safetensors.torch import load_file

from dawbridge.audio import Audio, write_audio
from dawbridge.errors import InputError
from dawbridge.methods.inversion.learning.train import read_train_config, train
from dawbridge.methods.inversion.learning.weights import network_for
from dawbridge.networks import LeastSquaresConfig, LeastSquaresNetwork
from dawbridge.paths import data_folder
from dawbridge.session.chain import Chain, read_chain
from dawbridge.session.parameter_space import ParameterSpace
from dawbridge.training import read_network
from noise_songs import CHAIN, RATE, write_noise_songs

CONFIG = """
songs = ["songs", "more"]
chain = {chain}
network = "least_squares"
windows_per_song = 3
window_s = 1.0
lead_s = 0.1
samples = 6
mixes = 24
leave_one_out = ["two"]
features = 48
epochs = 40
batch = 32
device = "cpu"
"""

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def config(tmp_path):
    """Three songs of noisy tracks in two folders; a function that writes a configuration for them."""
    rng = write_noise_songs(tmp_path, {"songs/one": 3, "songs/two": 2, "more/three": 3})
    write_audio(tmp_path / "songs" / "one" / "mix.wav", Audio(rng.normal(0, 0.1, (2, 4 * RATE)), RATE))
    (tmp_path / "chain.json").write_text(json.dumps(CHAIN))

    def written(text: str = CONFIG, **changes):
        path = tmp_path / "train.toml"
        path.write_text(text.format(chain=json.dumps(str(tmp_path / "chain.json"))))
        return read_train_config(path).model_copy(update=changes)

    return written


def test_gain_and_pan_of_a_left_out_song_are_read_and_a_stopped_training_ends_the_same(config, tmp_path):
    out = tmp_path / "out"
    weights = train(config(), out, workers=1)
    with (out / "log-without-two.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40 and float(rows[-1]["left_out_loss"]) < 0.08  # the middle of every range costs 1/3
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    first = load_file(weights)
    (out / "weights.safetensors").unlink()
    (out / "weights-without-two.safetensors").unlink()
    (out / "examples" / "one-1.safetensors").unlink()
    again = load_file(train(config(), out, resume=True, workers=2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    network, _ = read_network(weights)
    space = ParameterSpace(Chain.model_validate(CHAIN).of_track("any"))
    assert isinstance(network, LeastSquaresNetwork) and network_for(weights, (space,)).config.n_outputs == 2


def test_what_cannot_be_trained_on_is_refused(config, tmp_path):
    with pytest.raises(InputError, match="leave_one_out: no song 'four'; the songs are one, three, two"):
        train(config(leave_one_out=("four",), epochs=1), tmp_path / "out", workers=1)
    with pytest.raises(InputError, match="made with another configuration"):
        train(config(samples=5, epochs=1), tmp_path / "out", resume=True, workers=1)
    with pytest.raises(InputError, match="no examples to resume from"):
        train(config(), tmp_path / "none", resume=True, workers=1)
    with pytest.raises(InputError, match="two are named"):
        train(config(songs=(*config().songs, config().songs[0])), tmp_path / "twice", workers=1)
    with pytest.raises(InputError, match="rounds"):
        config(CONFIG + "rounds = 3\n")


def test_the_shipped_configuration_can_be_read():
    config = read_train_config(data_folder("presets") / "training" / "inversion-quick.toml")
    assert config.network == "least_squares" and read_chain(config.chain)


def test_inputs_that_hardly_vary_are_not_blown_up():
    network = LeastSquaresNetwork.seeded(LeastSquaresConfig(2, global_inputs=3, features=8), seed=1).eval()
    network.fit_inputs(torch.tensor([[0.0, 1.0, 5.0], [1e-6, 3.0, 5.0]]))
    assert network.deviation.min() >= 0.05
    assert network.answer(torch.tensor([0.0, 2.0, 5.0])).abs().max() < 1
