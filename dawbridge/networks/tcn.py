"""A causal temporal convolutional network (TCN): an effect cloned from its input, output and knobs.

After Steinmetz and Reiss, *Efficient neural networks for real-time modeling of analog dynamic range compression*
(2021): few blocks of dilated causal convolutions with long kernels and a fast growing dilation, each beside a
pointwise residual path, then a pointwise convolution. No normalisation. `blocks`, `kernel` and `dilation_growth`
of 4, 13 and 10 are the paper's TCN-300-C.

Departures. Knobs enter as further input channels at audio rate, where the paper steers every block by FiLM: so a
moving knob is one more signal, and nothing but the receptive field decides what is remembered of it. Besides PReLU
there is the gated activation of WaveNet (van den Oord et al. 2016), tanh(a) · sigmoid(b), smooth as valves are. No
final tanh. What the network says to silence at the same knobs is subtracted, so silence in gives silence out.

Before the first sample lies silence, with the knobs as they stand there; so nothing depends on where time begins.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from dawbridge.errors import InputError

_LIMITS = {
    "channels": (1, 2),
    "knobs": (0, 64),
    "width": (1, 256),
    "blocks": (1, 24),
    "kernel": (2, 255),
    "dilation_growth": (1, 64),
}
ACTIVATIONS = ("gated", "prelu")
LONGEST_RECEPTIVE_FIELD = 2**20


@dataclass(frozen=True)
class TcnConfig:
    """Sizes. Dilations are 1, growth, growth², …; `activation` is "gated" or "prelu"."""

    channels: int = 1
    knobs: int = 0
    width: int = 8
    blocks: int = 4
    kernel: int = 13
    dilation_growth: int = 10
    activation: str = "gated"

    def __post_init__(self) -> None:
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise InputError(f"tcn: {name}={value!r}; give a whole number in {low}…{high}")
        if self.activation not in ACTIVATIONS:
            raise InputError(f"tcn: activation={self.activation!r}; give one of {', '.join(ACTIVATIONS)}")
        if self.receptive_field_samples > LONGEST_RECEPTIVE_FIELD:
            longest = f"receptive field of {self.receptive_field_samples} samples over {LONGEST_RECEPTIVE_FIELD}"
            raise InputError(f"tcn: {longest}; take fewer blocks or a slower growth")

    @property
    def dilations(self) -> tuple[int, ...]:
        return tuple(self.dilation_growth**block for block in range(self.blocks))

    @property
    def receptive_field_samples(self) -> int:
        """How many samples of input, the newest included, an output sample depends on."""
        return 1 + (self.kernel - 1) * sum(self.dilations)


class Tcn(nn.Module):
    """See the module. forward: audio [B, C, T], knobs [B, P, T] in 0..1 → [B, C, T]."""

    def __init__(self, config: TcnConfig):
        super().__init__()
        self.config = config
        widths = [config.channels + config.knobs] + [config.width] * config.blocks
        self.blocks = nn.ModuleList(
            TcnBlock(widths[place], config.width, config.kernel, dilation, config.activation)
            for place, dilation in enumerate(config.dilations)
        )
        self.last = nn.Conv1d(config.width, config.channels, 1)

    @classmethod
    def seeded(cls, config: TcnConfig, seed: int) -> "Tcn":
        """A network whose first weights follow from `seed`; the global random state is left as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(config)

    @property
    def receptive_field_samples(self) -> int:
        return self.config.receptive_field_samples

    def forward(self, x: Tensor, knobs: Tensor) -> Tensor:
        """[B, C, T], [B, P, T] → [B, C, T]; output t depends on the receptive field up to t and on nothing else."""
        past = self.receptive_field_samples - 1
        knobs = torch.cat((knobs[..., :1].expand(-1, -1, past), knobs), dim=-1)  # [B, P, past + T]
        return self._answer(pad(x, (past, 0)), knobs) - self._rest(x, knobs)

    def _rest(self, x: Tensor, knobs: Tensor) -> Tensor:
        """The answer to silence, [B, C, T], or [B, C, 1] where all knobs stand still: then it is one number."""
        if torch.equal(knobs, knobs[..., :1].expand_as(knobs)):
            knobs = knobs[..., : self.receptive_field_samples]
        return self._answer(x.new_zeros(*x.shape[:2], knobs.shape[-1]), knobs)

    def _answer(self, x: Tensor, knobs: Tensor) -> Tensor:
        """[B, C, past + T], [B, P, past + T] → [B, C, T]."""
        x = torch.cat((x, knobs), dim=1)
        for block in self.blocks:
            x = block(x)
        return self.last(x)


class TcnBlock(nn.Module):
    """Dilated convolution and activation, beside a pointwise residual; T shrinks by (kernel - 1) · dilation."""

    def __init__(self, inputs: int, width: int, kernel: int, dilation: int, activation: str):
        super().__init__()
        is_gated = activation == "gated"
        self.convolution = nn.Conv1d(inputs, 2 * width if is_gated else width, kernel, dilation=dilation)
        self.activation = Gate() if is_gated else nn.PReLU(width)
        self.residual = nn.Conv1d(inputs, width, 1, bias=False)
        self.past = (kernel - 1) * dilation

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, T] → [B, width, T - past]."""
        return self.activation(self.convolution(x)) + self.residual(x[..., self.past :])


class Gate(nn.Module):
    """tanh of the first half of the channels times sigmoid of the second."""

    def forward(self, x: Tensor) -> Tensor:
        """[B, 2 · width, T] → [B, width, T]."""
        signal, gate = x.chunk(2, dim=1)
        return signal.tanh() * gate.sigmoid()
