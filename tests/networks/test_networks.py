"""The parts of the networks: shapes at the borders, what may not leak, and learning from spectra."""

from dataclasses import replace

import pytest
import torch

from dawbridge.networks import ConformerLayer, InversionConfig, InversionNetwork, UNet
from dawbridge.networks.conformer import _turned, _turns

# Without dropout, which is meant to differ between training and use: what is held here is that nothing else does.
SMALL = replace(InversionConfig.small(5), dropout=0.0)

pytestmark = pytest.mark.usefixtures("one_thread")


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture(scope="module")
def network() -> InversionNetwork:
    """A small network whose last layer is large enough for answers to differ."""
    network = InversionNetwork.seeded(SMALL, 0)
    torch.nn.init.normal_(network.last.weight, generator=torch.Generator().manual_seed(0))
    return network.eval()


@pytest.mark.parametrize("frames", (1, 2, 7, 63, 64, 65, 201))
@pytest.mark.parametrize("bands", (80, 33))
def test_unet_keeps_frames_and_bands(frames, bands):
    assert UNet(2, 4)(random(3, 2, frames, bands)).shape == (3, frames, bands)


@pytest.mark.parametrize("kernel", (1, 3, 32))
@pytest.mark.parametrize("frames", (1, 5, 50))
def test_conformer_layer_keeps_its_shape(kernel, frames):
    x = random(2, frames, 24)
    assert ConformerLayer(24, heads=2, head_dim=6, kernel=kernel)(x).shape == x.shape


def test_attention_sees_how_far_apart_frames_are_and_not_where():
    turns = _turns(12, 6, torch.empty(0))
    query, key = (_turned(random(1, 6, seed=seed).expand(12, 6), turns) for seed in (0, 1))
    scores = query @ key.T
    assert torch.allclose(scores[:-3, :-3], scores[3:, 3:], atol=1e-5)
    assert not torch.allclose(scores[:, :-3], scores[:, 3:], atol=1e-2)


def test_a_mix_is_answered_alike_alone_and_in_a_batch_trained_or_evaluated(network):
    mix, tracks = random(4, 2, 30, 80), random(3, 2, 30, 80, seed=1)
    batch = network(mix, tracks)
    assert torch.allclose(network(mix[1:2], tracks), batch[1:2], atol=1e-6)
    assert torch.equal(network.train()(mix, tracks), batch)
    network.eval()


def test_silence_gives_finite_answers_and_gradients():
    network = InversionNetwork.seeded(SMALL, 0)
    mix = torch.full((1, 2, 20, 80), -1.0, requires_grad=True)
    network(mix, torch.full((2, 2, 20, 80), -1.0)).square().sum().backward()
    heard = [weight.grad for weight in network.parameters() if weight.grad is not None]
    assert all(grad.isfinite().all() for grad in (mix.grad, *heard))


def test_the_same_seed_gives_the_same_network_and_leaves_the_global_state():
    torch.manual_seed(3)
    first = InversionNetwork.seeded(SMALL, 7).state_dict()
    drawn = torch.rand(1)
    again, other = (InversionNetwork.seeded(SMALL, seed).state_dict() for seed in (7, 8))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["last.weight"], other["last.weight"])
    torch.manual_seed(3)
    assert torch.equal(torch.rand(1), drawn)


def test_the_small_network_learns_by_how_much_a_track_is_turned_up():
    """Spectra of two tracks in bands of their own; the mix carries each at its own gain."""
    generator = torch.Generator().manual_seed(0)
    tracks = torch.full((2, 2, 40, 80), -1.0)
    tracks[0, :, :, 5:35], tracks[1, :, :, 45:75] = 0.0, 0.0
    gains = torch.rand((8, 2, 1), generator=generator) * 2 - 1
    mix = ((tracks + 1) * (1 + 0.4 * gains[..., None, None])).sum(dim=1) - 1  # [8, 2, 40, 80]
    network = InversionNetwork.seeded(InversionConfig.small(1), 0)
    optimiser = torch.optim.Adam(network.parameters(), 2e-3)
    losses = []
    for _ in range(80):
        optimiser.zero_grad()
        loss = (network(mix, tracks) - gains).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert min(losses[-10:]) < 0.1 * losses[0]
