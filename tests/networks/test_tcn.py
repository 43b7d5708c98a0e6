"""The TCN: causal, with the receptive field it declares, silent in silence, the same wherever time begins."""

import pytest
import torch

from dawbridge.errors import InputError
from dawbridge.networks import Tcn, TcnConfig, make_neural

SMALL = dict(width=4, blocks=3, kernel=5, dilation_growth=3)
CONFIGS = [
    TcnConfig(channels=channels, knobs=knobs, activation=activation, **SMALL)
    for activation in ("gated", "prelu")
    for channels, knobs in ((1, 0), (1, 2), (2, 1))
]
LENGTH = 300
pytestmark = pytest.mark.usefixtures("one_thread")


def noises(config: TcnConfig, length: int = LENGTH):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn((2, config.channels, length), generator=generator)
    return x, torch.rand((2, config.knobs, length), generator=generator)


@pytest.fixture(params=CONFIGS, ids=lambda c: f"{c.activation}-{c.channels}-{c.knobs}")
def network(request):
    return Tcn.seeded(request.param, 3)


def test_the_receptive_field_is_what_the_paper_counts():
    assert TcnConfig(blocks=4, kernel=13, dilation_growth=10).receptive_field_samples == 13_333  # 302 ms at 44.1 kHz
    assert TcnConfig(blocks=1, kernel=2, dilation_growth=1).receptive_field_samples == 2
    assert TcnConfig(**SMALL).receptive_field_samples == 1 + 4 * (1 + 3 + 9)


def test_shapes(network):
    x, knobs = noises(network.config)
    assert network(x, knobs).shape == x.shape
    assert network(x[..., :1], knobs[..., :1]).shape == (*x.shape[:2], 1)


def test_a_later_sample_changes_no_earlier_output(network):
    x, knobs = noises(network.config)
    before = network(x, knobs)
    x, knobs = x.clone(), knobs.clone()
    x[..., 150:] += 1.0
    knobs[..., 150:] = 1.0 - knobs[..., 150:]
    after = network(x, knobs)
    assert torch.equal(before[..., :150], after[..., :150])
    assert not torch.equal(before[..., 150], after[..., 150])


def test_an_impulse_ends_with_the_receptive_field(network):
    network = network.double()
    x, knobs = (tensor.double() for tensor in noises(network.config))
    hit = x.clone()
    hit[..., 100] += 5.0
    difference = (network(hit, knobs) - network(x, knobs)).abs().amax(dim=(0, 1))
    last = 100 + network.receptive_field_samples - 1
    assert difference[last] > 0.0
    assert difference[last + 1 :].max() == 0.0


def test_silence_stays_silent_with_moving_knobs_too(network):
    _, knobs = noises(network.config)
    silence = torch.zeros((2, network.config.channels, LENGTH))
    assert network(silence, knobs).abs().max() < 1e-6
    assert network(silence, knobs[..., :1].expand(-1, -1, LENGTH)).abs().max() < 1e-6


def test_time_may_begin_anywhere_in_silence(network):
    x, knobs = noises(network.config)
    earlier = torch.cat((torch.zeros_like(x[..., :70]), x), dim=-1)
    held = torch.cat((knobs[..., :1].expand(-1, -1, 70), knobs), dim=-1)
    torch.testing.assert_close(network(earlier, held)[..., 70:], network(x, knobs), atol=1e-6, rtol=0.0)


def test_knobs_reach_the_output():
    network = Tcn.seeded(TcnConfig(knobs=2, **SMALL), 3)
    x, knobs = noises(network.config)
    for place in range(2):
        moved = knobs.clone()
        moved[:, place] = 0.0
        assert (network(x, moved) - network(x, knobs)).abs().max() > 1e-3


@pytest.mark.parametrize("level", [0.0, 1e-6, 1.0, 1e3])
def test_gradients_are_finite(network, level):
    x, knobs = noises(network.config)
    x, knobs = (level * x).requires_grad_(), knobs.requires_grad_()
    network(x, knobs).square().sum().backward()
    tensors = [x, *network.parameters(), *([knobs] if network.config.knobs else [])]
    assert all(tensor.grad is not None and tensor.grad.isfinite().all() for tensor in tensors)


def test_the_same_seed_gives_the_same_network_and_leaves_the_global_state():
    torch.manual_seed(3)
    first = Tcn.seeded(TcnConfig(**SMALL), 7).state_dict()
    drawn = torch.rand(1)
    again, other = (Tcn.seeded(TcnConfig(**SMALL), seed).state_dict() for seed in (7, 8))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["last.weight"], other["last.weight"])
    torch.manual_seed(3)
    assert torch.equal(torch.rand(1), drawn)


def test_it_learns_a_saturator_with_a_knob():
    generator = torch.Generator().manual_seed(0)
    network = Tcn.seeded(TcnConfig(knobs=1, width=6, blocks=2, kernel=3, dilation_growth=2), 0)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    losses = []
    for _ in range(250):
        x = torch.randn((8, 1, 256), generator=generator)
        drive = torch.rand((8, 1, 1), generator=generator).expand(-1, -1, 256)
        wanted = torch.tanh((0.5 + 2.0 * drive) * x)
        loss = (network(x, drive) - wanted).square().mean() / wanted.square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-10:]) / 10 < 0.01


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (dict(width=0), "width=0"),
        (dict(width=10**6), "width=1000000"),
        (dict(blocks=True), "blocks=True"),
        (dict(kernel=3.0), "kernel=3.0"),
        (dict(kernel="13"), "kernel='13'"),
        (dict(channels=3), "channels=3"),
        (dict(knobs=-1), "knobs=-1"),
        (dict(activation="relu"), "gated, prelu"),
        (dict(blocks=24), "receptive field of"),
    ],
)
def test_sizes_that_cannot_be_are_refused(bad, words):
    with pytest.raises(InputError, match=words):
        TcnConfig(**bad)


def test_networks_are_made_by_name():
    assert make_neural("tcn", 2, 3, dict(SMALL)).config == TcnConfig(channels=2, knobs=3, **SMALL)
    with pytest.raises(InputError, match="known are tcn"):
        make_neural("rnn", 1, 0, {})
    with pytest.raises(InputError, match="does not fit"):
        make_neural("tcn", 1, 0, {"depth": 3})
    with pytest.raises(InputError, match="does not fit"):
        make_neural("tcn", 1, 0, {"channels": 2})
