"""The inversion network: any number of tracks in any order, the paper's sizes, and a start in the middle."""

import pytest
import torch

from dawbridge.errors import InputError
from dawbridge.features.least_squares import FRAME_FEATURES, GLOBAL_FEATURES, LeastSquaresFeatures
from dawbridge.networks import InversionConfig, InversionNetwork

OUTPUTS, FRAMES = 5, 41


def inputs(batch: int, tracks: int, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    make = [(batch, 2, FRAMES, 80), (tracks, 2, FRAMES, 80), (batch, tracks, GLOBAL_FEATURES)]
    mix, track, whole = (torch.randn(shape, generator=generator) for shape in make)
    return (
        mix,
        track,
        LeastSquaresFeatures(whole, torch.randn(batch, tracks, FRAMES, FRAME_FEATURES, generator=generator)),
    )


def network(seed: int = 1) -> InversionNetwork:
    made = InversionNetwork.seeded(InversionConfig.small(OUTPUTS), seed).eval()
    torch.nn.init.normal_(made.last.weight, generator=torch.Generator().manual_seed(seed), std=0.1)
    return made


@torch.no_grad()
def test_the_order_of_tracks_has_no_meaning():
    mix, tracks, transfer = inputs(2, 4)
    order = [2, 0, 3, 1]
    plain = network()(mix, tracks, transfer)
    turned = network()(
        mix, tracks[order], LeastSquaresFeatures(transfer.global_features[:, order], transfer.frame_features[:, order])
    )
    torch.testing.assert_close(plain[:, order], turned, atol=1e-5, rtol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("tracks", [1, 3, 40])
def test_any_number_of_tracks(tracks):
    answer = network()(*inputs(1, tracks))
    assert answer.shape == (1, tracks, OUTPUTS) and answer.abs().max() <= 1


def test_chunks_of_tracks_change_neither_answers_nor_gradients():
    mix, tracks, transfer = inputs(2, 5)
    results = []
    for chunk in (None, 2):
        made = network()
        answer = made(mix, tracks, transfer, track_chunk=chunk)
        answer.square().sum().backward()
        results.append((answer, made.global_layers[0].weight.grad, made.unet.down[0].weight.grad))
    for one, other in zip(*results):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_tracks_given_for_each_mix_are_taken_one_by_one():
    mix, tracks, transfer = inputs(2, 3)
    together = network()(mix, tracks, transfer)
    apart = network()(mix, torch.stack([tracks, tracks]), transfer)
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_every_input_is_heard():
    mix, tracks, transfer = inputs(1, 2)
    plain = network()(mix, tracks, transfer)
    others = [
        (mix + 1, tracks, transfer),
        (mix, tracks + 1, transfer),
        (mix, tracks, LeastSquaresFeatures(transfer.global_features + 1, transfer.frame_features)),
        (mix, tracks, LeastSquaresFeatures(transfer.global_features, transfer.frame_features + 1)),
        (mix, tracks, None),
    ]
    assert all((network()(*other) - plain).abs().max() > 1e-4 for other in others)


@torch.no_grad()
def test_an_untrained_network_answers_the_middle_and_its_seed_decides_it():
    start = [InversionNetwork.seeded(InversionConfig.small(OUTPUTS), seed).eval() for seed in (3, 3, 4)]
    first, again, other = (made(*inputs(1, 3)) for made in start)
    assert first.abs().max() < 0.2
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_the_paper_sizes():
    made = InversionNetwork(InversionConfig.paper(16))
    assert len(made.unet.down) == 6 and len(made.conformers) == 3
    first = made.conformers[0]
    assert (first.attention.heads, first.attention.head_dim) == (4, 36)
    assert first.convolution.depthwise.kernel_size == (32,)
    assert made.config.frame_pool == made.config.time_pool == 1
    assert made(*inputs(1, 1)).shape == (1, 1, 16)


def test_gradients_are_finite_in_silence():
    mix, tracks, transfer = inputs(1, 2)
    made = network()
    made(
        mix * 0 - 1, tracks * 0 - 1, LeastSquaresFeatures(transfer.global_features * 0, transfer.frame_features * 0)
    ).sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in made.parameters())


@pytest.mark.parametrize("wrong", [{"n_outputs": 0}, {"n_outputs": 3, "head_dim": 7}])
def test_sizes_that_cannot_be(wrong):
    with pytest.raises(InputError):
        InversionConfig(**wrong)
