"""The general trainer: it resumes exactly, and learns what can be heard."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from dawbridge.audio import Audio, write_audio
from dawbridge.errors import InputError
from dawbridge.methods.inversion.learning.sampling import SamplingConfig
from dawbridge.methods.inversion.learning.train import CHECKPOINT, LOG, read_train_config, train
from dawbridge.progress import Progress
from dawbridge.session.chain import read_chain
from dawbridge.training import read_network
from noise_songs import CHAIN, RATE, write_noise_songs

CONFIG = """
songs = "songs"
chain = {chain}
seed = 3
windows_per_song = 3
windows_per_round = 2
window_s = 1.0
lead_s = 0.1
rounds = {rounds}
samples = 4
mixes = 8
epochs = {epochs}
device = "cpu"
"""

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def config(tmp_path):
    """Two songs of three and two noisy tracks; a function that writes a configuration for them."""
    write_noise_songs(tmp_path / "songs", {"one": 3, "two": 2})
    (tmp_path / "chain.json").write_text(json.dumps(CHAIN))

    def written(rounds: int = 3, epochs: int = 1, extra: str = ""):
        path = tmp_path / "train.toml"
        text = CONFIG.format(chain=json.dumps(str(tmp_path / "chain.json")), rounds=rounds, epochs=epochs)
        path.write_text(text + extra)
        return read_train_config(path)

    return written


class Stopped(Exception):
    """Somebody pulled the plug."""


class StopsInRound(Progress):
    def __init__(self, number: int):
        self.stage, self.number = "", number

    def start(self, stage, total):
        self.stage = stage

    def advance(self, steps=1, note=""):
        if self.stage.startswith(f"round {self.number} ") and not note:
            raise Stopped


def losses(out) -> list[tuple]:
    lines = [json.loads(line) for line in (out / LOG).read_text().splitlines()]
    return [(line["round"], line["loss"], line["held_out_loss"]) for line in lines]


def test_a_resumed_training_gives_the_losses_and_weights_of_one_that_ran_through(config, tmp_path):
    through, broken = tmp_path / "through", tmp_path / "broken"
    weights = train(config(), through, workers=1)
    with pytest.raises(Stopped):
        train(config(), broken, workers=2, progress=StopsInRound(2))
    assert len(losses(broken)) == 1
    again = train(config(), broken, resume=True, workers=2)
    assert losses(broken) == losses(through) and len(losses(through)) == 3
    one, other = load_file(weights), load_file(again)
    assert all(torch.equal(one[name], other[name]) for name in one)
    network, facts = read_network(weights)
    assert network.config.n_outputs == 2
    assert facts["chain"]["devices"][0]["device"] == "gain"
    with pytest.raises(InputError, match="another configuration"):
        train(config(rounds=4), broken, resume=True, workers=1)
    with pytest.raises(InputError, match="add --resume"):
        train(config(), broken, workers=1)


def test_gain_and_pan_are_learnt_on_windows_that_only_measure(config, tmp_path):
    train(config(rounds=8, epochs=6), tmp_path / "out", workers=1)
    held_out_loss = losses(tmp_path / "out")[-1][2]
    assert held_out_loss < 0.1  # answering the middle of every range costs 1/3


def test_songs_with_a_mix_of_their_own_are_trained_towards_it(config, tmp_path):
    mix = np.random.default_rng(1).normal(0, 0.1, (2, 4 * RATE))
    write_audio(tmp_path / "songs" / "one" / "mix.wav", Audio(mix, RATE))
    train(config(rounds=1), tmp_path / "out", workers=1)
    assert (tmp_path / "out" / CHECKPOINT).exists()


def test_what_cannot_be_trained_on_is_refused(config, tmp_path):
    with pytest.raises(InputError, match="no checkpoint.safetensors"):
        train(config(), tmp_path / "out", resume=True, workers=1)
    with pytest.raises(InputError, match="unknown_key"):
        config(extra="unknown_key = 1\n")
    with pytest.raises(InputError, match="not usable here"):
        train(config().model_copy(update={"device": "abacus"}), tmp_path / "out2", workers=1)
    with pytest.raises(InputError, match="no such folder"):
        train(config().model_copy(update={"songs": (str(tmp_path / "absent"),)}), tmp_path / "out3", workers=1)


@pytest.mark.parametrize("name", ["small", "paper"])
def test_the_shipped_configurations_can_be_read(name):
    from dawbridge.paths import data_folder

    config = read_train_config(data_folder("presets") / "training" / f"inversion-{name}.toml")
    assert config.network == name and read_chain(config.chain)
    if name == "paper":
        assert (config.rounds, config.epochs, config.batch) == (100, 10, 4)
        assert (config.learning_rate, config.betas) == (5e-4, (0.5, 0.999))


def test_sigma_and_learning_rate_fall_as_configured():
    config = SamplingConfig(rounds=3, sigma_first=0.4, sigma_decay=0.5, learning_rate=1e-2, last_learning_rate=1e-4)
    assert [config.sigma(i) for i in range(3)] == [0.4, 0.2, 0.1]
    assert [config.rate(i) for i in range(3)] == pytest.approx([1e-2, 1e-3, 1e-4])
