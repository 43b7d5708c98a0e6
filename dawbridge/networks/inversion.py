"""The inversion network: from a mix and its raw tracks to each track's parameters.

In: log-mel spectra of the mix [B, 2, N, 80] and of the tracks [K, 2, N, 80] or [B, K, 2, N, 80], and the features of
`features.least_squares`: how each track arrives in the mix. Out: [B, K, n_outputs] in -1…1, each track's parameters in
the order its chain names them. After Zhou, Yu and Wu (2024), section 3.2, figure 4:

    spectrum ─ U-Net ─ pointwise convolution ─▶ [N, features], of the mix and of every track
    (track's map beside the mix's) ─ Conformers ─ BiLSTMs ─ fully connected ─ tanh ─▶ parameters

Ours, where the paper is silent: one U-Net serves mix and tracks. The BiLSTM's output is averaged over time, each frame
with a learned weight, before the fully connected layer. `frame_pool` frames may be averaged before the U-Net and
`time_pool` before the Conformers (1 and 1 in the paper).

Ours, beyond the paper: the least-squares features, since spectra alone teach nothing from one song's few thousand
examples. The frame features join the maps before the Conformers. The global features, one row for the whole window, go
through two dense layers of `global_width`, join there too, and stand beside the average before the fully connected
layer. With features=None both are zero, which leaves the paper's network.

Every track goes through the same weights, so the number of tracks is free and their order has no meaning. The last
layer starts near zero: an untrained network answers the middle of every range.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from dawbridge.errors import InputError
from dawbridge.features.least_squares import FRAME_FEATURES, GLOBAL_FEATURES, LeastSquaresFeatures
from dawbridge.networks.conformer import ConformerLayer
from dawbridge.networks.unet import UNet


@dataclass(frozen=True)
class InversionConfig:
    """The network's sizes; the defaults are the paper's where it gives them, and wide where it does not."""

    n_outputs: int
    in_channels: int = 2
    mels: int = 80
    base_channels: int = 32
    features: int = 128
    conformer_layers: int = 3
    heads: int = 4
    head_dim: int = 36
    ff_multiplier: int = 4
    conv_kernel: int = 32
    lstm_layers: int = 2
    lstm_features: int = 128
    frame_pool: int = 1
    time_pool: int = 1
    global_inputs: int = GLOBAL_FEATURES
    frame_inputs: int = FRAME_FEATURES
    global_width: int = 256
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.n_outputs < 1:
            raise InputError(f"inversion network: {self.n_outputs} outputs; a chain needs one parameter")
        if self.head_dim % 2:
            raise InputError(f"inversion network: head_dim={self.head_dim} is odd; give an even one")

    @classmethod
    def paper(cls, n_outputs: int) -> "InversionConfig":
        """Zhou, Yu and Wu (2024)."""
        return cls(n_outputs)

    @classmethod
    def small(cls, n_outputs: int) -> "InversionConfig":
        """Every stage of the paper, narrow: learns one song on one processor core in minutes."""
        return cls(
            n_outputs,
            base_channels=4,
            features=32,
            conformer_layers=1,
            head_dim=8,
            ff_multiplier=2,
            lstm_features=32,
            frame_pool=2,
            time_pool=2,
            dropout=0.1,
        )


class InversionNetwork(nn.Module):
    """Predicts the parameters of every track of a mix, each in -1…1; `seeded` draws the first weights from a seed."""

    reads_spectra = True

    def __init__(self, config: InversionConfig):
        super().__init__()
        self.config = config
        width = 2 * config.features
        self.unet = UNet(config.in_channels, config.base_channels)
        self.pointwise = nn.Linear(config.mels, config.features)
        sizes = (config.heads, config.head_dim, config.conv_kernel, config.ff_multiplier)
        layers = (ConformerLayer(width, *sizes, config.dropout) for _ in range(config.conformer_layers))
        self.conformers = nn.Sequential(*layers)
        self.lstm = nn.LSTM(width, config.lstm_features, config.lstm_layers, batch_first=True, bidirectional=True)
        self.global_layers = nn.Sequential(
            nn.Linear(config.global_inputs, config.global_width),
            nn.SiLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.global_width, config.global_width),
            nn.SiLU(),
            nn.Dropout(config.dropout),
        )
        self.join = nn.Linear(config.global_width + config.frame_inputs, width, bias=False)
        self.attend = nn.Linear(2 * config.lstm_features, 1)
        self.last = nn.Linear(2 * config.lstm_features + config.global_width, config.n_outputs)
        nn.init.normal_(self.last.weight, std=0.01)
        nn.init.zeros_(self.last.bias)

    @classmethod
    def seeded(cls, config: InversionConfig, seed: int) -> "InversionNetwork":
        """A network whose first weights follow from `seed`; the global random state is left as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cls(config)

    def forward(
        self, mix: Tensor, tracks: Tensor, features: LeastSquaresFeatures | None = None, track_chunk: int | None = None
    ) -> Tensor:
        """mix [B, 2, N, mels], tracks [K, 2, N, mels] (the whole batch's) or [B, K, 2, N, mels] → [B, K,
        n_outputs].

        `features`: the batch's, for the same tracks. `track_chunk` bounds memory: so many tracks go through
        at a time, and in training each chunk is computed again on the way back. The result is the same.
        """
        mix_map = self.encode(mix)  # [B, N', features]
        shared = tracks.dim() == 4
        count = tracks.shape[-4]
        answers = []
        for first in range(0, count, track_chunk or count):
            chosen = slice(first, first + (track_chunk or count))
            batch = tracks[chosen] if shared else tracks[:, chosen].flatten(0, 1)  # [K or B·K, 2, N, mels]
            part = features and LeastSquaresFeatures(*(rows[:, chosen] for rows in features))
            if track_chunk and track_chunk < count and torch.is_grad_enabled():
                answers.append(checkpoint(self._answer, mix_map, batch, part, shared, use_reentrant=False))
            else:
                answers.append(self._answer(mix_map, batch, part, shared))
        return torch.cat(answers, dim=1)

    def encode(self, spectra: Tensor) -> Tensor:
        """[R, 2, N, mels] → the feature maps [R, N', features], N' = N / frame_pool / time_pool, each time
        rounded up."""
        maps = self.pointwise(self.unet(_pooled(spectra, self.config.frame_pool)))
        return _pooled(maps, self.config.time_pool)

    def _answer(self, mix_map: Tensor, tracks: Tensor, features: LeastSquaresFeatures | None, shared: bool) -> Tensor:
        """Parameters [B, K, n_outputs] of the tracks given beside the mix's map [B, N', features]."""
        batch = len(mix_map)
        track_maps = self.encode(tracks)
        track_maps = track_maps.expand(batch, *track_maps.shape) if shared else track_maps.unflatten(0, (batch, -1))
        beside = mix_map[:, None].expand_as(track_maps)
        pairs = torch.cat((track_maps, beside), dim=-1).flatten(0, 1)  # [B·K, N', 2·features]
        global_map = pairs.new_zeros(len(pairs), self.config.global_width)
        if features is not None:
            global_map = self.global_layers(features.global_features.flatten(0, 1))  # [B·K, global_width]
            frames = _pooled(features.frame_features.flatten(0, 1), self.config.frame_pool)
            frames = _pooled(frames, self.config.time_pool)  # [B·K, N', frame_inputs]
            pairs = pairs + self.join(torch.cat((global_map[:, None].expand(-1, frames.shape[1], -1), frames), dim=-1))
        sequence, _ = self.lstm(self.conformers(pairs))  # [B·K, N', 2·lstm_features]
        weights = self.attend(sequence).softmax(dim=1)
        average = (weights * sequence).sum(dim=1)  # [B·K, 2·lstm_features]
        return torch.tanh(self.last(torch.cat((average, global_map), dim=-1))).unflatten(0, (batch, -1))


def _pooled(frames: Tensor, count: int) -> Tensor:
    """[..., N, C] → [..., N / count rounded up, C]: the mean of every `count` frames."""
    if count == 1:
        return frames
    flat = frames.flatten(0, -3).transpose(1, 2)  # [R, C, N]
    pooled = nn.functional.avg_pool1d(flat, count, ceil_mode=True).transpose(1, 2)
    return pooled.unflatten(0, frames.shape[:-2])
