"""The U-Net of the inversion network: spectra in, one feature map of the same frames and bands out.

In: [B, C, N, mels]. Out: [B, N, mels]. The paper (Zhou, Yu and Wu 2024, section 3.2) fixes six layers,
kernels of 3 and the output's shape. Ours: each layer halves frames and bands (rounded up) on the way down,
and a mirrored one doubles them on the way up beside the skip connection, the network's input being the last
skip. There is no normalisation, as in the first U-Net (Ronneberger 2015): over a map it would wipe out the
level, from which gains are read, and over a batch it would let songs leak into one another.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

SLOPE = 0.1


class UNet(nn.Module):
    """Any N ≥ 1, any number of bands. Channels double from `base_channels` per layer, up to eightfold."""

    def __init__(self, in_channels: int = 2, base_channels: int = 32, layers: int = 6):
        super().__init__()
        widths = [in_channels] + [base_channels * min(2**layer, 8) for layer in range(layers)]
        self.down = nn.ModuleList(
            nn.Conv2d(wide, deep, kernel_size=3, stride=2, padding=1) for wide, deep in pairwise(widths)
        )
        # The way up ends in one map, the output; every layer before gives as many as its skip has.
        self.up = nn.ModuleList(
            nn.Conv2d(deep + skip, skip if layer else 1, kernel_size=3, padding=1)
            for layer, (skip, deep) in enumerate(pairwise(widths))
        )
        for convolution in (*self.down, *self.up):
            nn.init.kaiming_normal_(convolution.weight, a=SLOPE)
            nn.init.zeros_(convolution.bias)

    def forward(self, spectra: Tensor) -> Tensor:
        """[B, C, N, mels] → [B, N, mels]."""
        skips, x = [], spectra
        for convolution in self.down:
            skips.append(x)
            x = leaky_relu(convolution(x), SLOPE)
        for convolution, skip in zip(reversed(self.up), reversed(skips), strict=True):
            x = interpolate(leaky_relu(x, SLOPE), size=skip.shape[-2:], mode="nearest")
            x = convolution(torch.cat((x, skip), dim=1))
        return x.squeeze(1)  # [B, N, mels]
