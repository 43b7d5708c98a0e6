"""Checkpoints: what is written comes back, Adam and all, and what is no checkpoint is refused in one line."""

import pytest
import torch
from safetensors.torch import save_file

from dawbridge.errors import InputError
from dawbridge.training import read_checkpoint, read_weights, write_checkpoint, write_weights


def made(seed: int, width: int = 3):
    torch.manual_seed(seed)
    network = torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.Tanh(), torch.nn.Linear(width, 1))
    return network, torch.optim.Adam(network.parameters(), lr=0.01, betas=(0.5, 0.999))


def step(network, optimizer) -> float:
    loss = network(torch.randn(8, 4)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def test_training_goes_on_as_if_it_had_not_stopped(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    network, optimizer = made(1)
    for _ in range(3):
        step(network, optimizer)
    write_checkpoint(path, network, optimizer, {"rounds": 3})
    on = [step(network, optimizer) for _ in range(3)]
    other, its_optimizer = made(2)
    assert read_checkpoint(path, other, its_optimizer) == {"rounds": 3}
    assert [step(other, its_optimizer) for _ in range(3)] == on
    for one, two in zip(network.parameters(), other.parameters()):
        assert torch.equal(one, two)


def test_a_checkpoint_before_the_first_step(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    write_checkpoint(path, *made(1), {})
    assert read_checkpoint(path, *made(2)) == {}


def test_weights_come_back(tmp_path):
    path = tmp_path / "weights.safetensors"
    network, _ = made(1)
    write_weights(path, network, {"chain": {"name": "é"}})
    tensors, facts = read_weights(path)
    assert facts == {"chain": {"name": "é"}}
    assert all(torch.equal(tensors[name], value) for name, value in network.state_dict().items())


def test_what_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    for content in (b"", b"\x80\x04K\x01.", b"\xff" * 64):
        path.write_bytes(content)
        with pytest.raises(InputError, match="no readable weights"):
            read_weights(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(InputError, match="not weights of dawbridge"):
        read_weights(path)
    with pytest.raises(InputError, match="no readable weights"):
        read_weights(tmp_path / "absent.safetensors")


def test_another_network_is_refused(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    write_checkpoint(path, *made(1), {})
    with pytest.raises(InputError, match="another network") as caught:
        read_checkpoint(path, *made(1, width=5))
    assert "\n" not in str(caught.value)
