"""The quick inversion network: from what least squares tell of each track in a mix to its parameters; no spectra.

In: the global features of `features.least_squares`, [B, K, global_inputs]. Out: [B, K, n_outputs] in -1…1.

Ours, not the paper's. Of the inversion network's inputs only these features teach a short training anything. Without
the spectra the network is dense and small: it learns from hundreds of thousands of examples in minutes on a processor.
It sees one track at a time; the features already tell what the other tracks did.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dawbridge.features.least_squares import GLOBAL_FEATURES, LeastSquaresFeatures

LEAST_DEVIATION = 0.05


@dataclass(frozen=True)
class LeastSquaresConfig:
    """The network's sizes. `blocks`: residual blocks of two dense layers each."""

    n_outputs: int
    global_inputs: int = GLOBAL_FEATURES
    features: int = 256
    blocks: int = 2
    dropout: float = 0.3


class LeastSquaresNetwork(nn.Module):
    """Predicts the parameters of one track from its least-squares features.

    `fit_inputs` scales the inputs to the training examples; call it before the first step.
    """

    reads_spectra = False

    def __init__(self, config: LeastSquaresConfig):
        super().__init__()
        self.config = config
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(config.global_inputs))
        self.register_buffer("deviation", torch.ones(config.global_inputs))
        self.first = nn.Linear(config.global_inputs, config.features)
        self.blocks = nn.ModuleList(_Block(config.features, config.dropout) for _ in range(config.blocks))
        self.dropout = nn.Dropout(config.dropout)
        self.norm, self.last = nn.LayerNorm(config.features), nn.Linear(config.features, config.n_outputs)

    @classmethod
    def seeded(cls, config: LeastSquaresConfig, seed: int) -> "LeastSquaresNetwork":
        """A network whose first weights follow from `seed`; the global random state is left as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(config)

    def fit_inputs(self, global_features: Tensor) -> None:
        """Scale inputs like these [N, global_inputs] to mean 0 and deviation 1, or less where they hardly vary."""
        self.mean.copy_(global_features.mean(0))
        self.deviation.copy_(global_features.std(0).clamp(min=LEAST_DEVIATION))

    def forward(self, mix: Tensor | None, tracks: Tensor | None, features: LeastSquaresFeatures) -> Tensor:
        """[B, K, n_outputs], as the inversion network's; spectra are not looked at."""
        return self.answer(features.global_features)

    def answer(self, global_features: Tensor) -> Tensor:
        """[..., global_inputs] → [..., n_outputs]."""
        hidden = self.dropout(nn.functional.silu(self.first((global_features - self.mean) / self.deviation)))
        for block in self.blocks:
            hidden = hidden + block(hidden)
        return torch.tanh(self.last(self.norm(hidden)))


class _Block(nn.Sequential):
    def __init__(self, features: int, dropout: float):
        dense = nn.Linear(features, features), nn.SiLU(), nn.Dropout(dropout), nn.Linear(features, features)
        super().__init__(nn.LayerNorm(features), *dense)
