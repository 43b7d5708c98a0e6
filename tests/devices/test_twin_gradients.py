"""Gradients through the torch twins: true, and finite wherever a search may stand."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck
from torch.utils._python_dispatch import TorchDispatchMode

from dawbridge.devices import get_device
from dawbridge.devices.twins import TWINS, run_twin
from dawbridge.devices.twins.follower import follow
from dawbridge.devices.twins.recursion import BLOCK, linear_recursion

RATE = 8000
LENGTHS = (1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 1000, 70 * BLOCK + 3)


def one_by_one(levels: np.ndarray, attack_pole: float, release_pole: float) -> np.ndarray:
    values, value = [], 0.0
    for level in levels:
        value = level + (value - level) * (attack_pole if level > value else release_pole)
        values.append(value)
    return np.array(values)


# The recursions


@pytest.mark.parametrize("length", LENGTHS)
def test_a_recursion_in_blocks_is_the_recursion(length):
    rng = np.random.default_rng(length)
    factors, steps = rng.uniform(0, 1, (2, length)), rng.normal(size=(2, length))
    wanted = np.zeros((2, length + 1))
    for place in range(length):
        wanted[:, place + 1] = factors[:, place] * wanted[:, place] + steps[:, place]
    found = linear_recursion(torch.from_numpy(factors), torch.from_numpy(steps))
    assert np.abs(found.numpy() - wanted[:, 1:]).max() < 1e-12


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("poles", [(0.5, 0.999), (0.9999, 0.3), (0.99995, 0.99999), (0.9, 0.9), (0.0, 1.0)])
def test_following_in_blocks_is_following(poles, length):
    levels = np.maximum(0, np.random.default_rng(length).normal(0, 20, (2, length)))
    found = follow(torch.from_numpy(levels), *(torch.tensor([pole, pole], dtype=torch.float64) for pole in poles))
    for row, wanted in zip(found.numpy(), levels):
        assert np.abs(row - one_by_one(wanted, *poles)).max() < 1e-8


class OperationCount(TorchDispatchMode):
    """Counts torch's operations."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += 1
        return function(*args, **(kwargs or {}))


def test_following_takes_few_operations():
    """Not one a sample: ten seconds of sound would take minutes."""
    levels = torch.from_numpy(np.maximum(0, np.random.default_rng(0).normal(0, 20, (1, 441000)))).requires_grad_()
    with OperationCount() as operations:
        follow(levels, torch.tensor([0.998]), torch.tensor([0.9998])).sum().backward()
    assert operations.count < 441000 / 20


@pytest.mark.parametrize("poles", [(0.6, 0.95), (0.97, 0.5)])
def test_the_adjoint_of_following(poles):
    rng = np.random.default_rng(5)
    levels = torch.from_numpy(rng.uniform(0.1, 20, (2, BLOCK + 9))).requires_grad_()
    rows = (torch.tensor([pole, pole + 0.01], dtype=torch.float64, requires_grad=True) for pole in poles)
    assert gradcheck(follow, (levels, *rows))


# The twins


@pytest.mark.parametrize("name", [name for name in TWINS if name not in ("sidechain_compressor", "polarity")])
def test_the_gradient_is_the_slope(name):
    rng, device = np.random.default_rng(7), get_device(name)
    positions = torch.from_numpy(rng.uniform(0.2, 0.8, (2, len(device.parameters)))).requires_grad_()
    samples = torch.from_numpy(rng.normal(0, 0.3, (2, 2, 900))).requires_grad_()

    def twin(samples, positions):
        values = {p.name: p.from_0to1(position) for p, position in zip(device.parameters, positions.T)}
        return run_twin(name, samples, values, RATE)

    assert gradcheck(twin, (samples, positions), eps=1e-5, atol=1e-3, fast_mode=True)


@pytest.mark.parametrize("sound", ["silence", "noise", "equal sides"])
@pytest.mark.parametrize("name", TWINS)
def test_gradients_are_finite_at_the_ends_and_at_the_defaults(name, sound):
    device = get_device(name)
    noise = torch.from_numpy(np.random.default_rng(8).normal(0, 0.3, (1, 2, 500)))
    samples = {"silence": noise * 0, "noise": noise, "equal sides": noise[:, :1].repeat(1, 2, 1)}[sound]
    for place in (0.0, 0.5, 1.0, None):
        starts = [p.to_0to1(p.default) if place is None else place for p in device.parameters]
        positions = torch.tensor(starts, dtype=torch.float64, requires_grad=True)
        values = {p.name: p.from_0to1(position) for p, position in zip(device.parameters, positions)}
        heard = samples.clone().requires_grad_()
        run_twin(name, heard, values, RATE).square().sum().backward()
        assert torch.isfinite(positions.grad).all() and torch.isfinite(heard.grad).all(), place
