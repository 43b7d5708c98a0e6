"""A Conformer layer (Gulati et al. 2020): self-attention and convolution between two half feed-forwards.

In and out: [B, N, width]. Departures, each so that a track's result depends on nothing but that track and the
mix: layer normalisation stands in the convolution module where the original has batch normalisation, so batch
statistics do not leak between tracks and training agrees with evaluation. Positions enter by rotary embedding
(Su et al. 2021), relative as the original's and of any length.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import glu, pad, scaled_dot_product_attention, silu


class ConformerLayer(nn.Module):
    """`heads` of `head_dim` (even) project from and back to `width`; the kernel may be even."""

    def __init__(
        self,
        width: int,
        heads: int = 4,
        head_dim: int = 36,
        kernel: int = 32,
        ff_multiplier: int = 4,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.before = FeedForward(width, ff_multiplier, dropout)
        self.attention = SelfAttention(width, heads, head_dim)
        self.convolution = ConvolutionModule(width, kernel)
        self.after = FeedForward(width, ff_multiplier, dropout)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, N, width] → [B, N, width]."""
        x = x + 0.5 * self.before(x)
        x = x + self.dropout(self.attention(x))
        x = x + self.dropout(self.convolution(x))
        return self.norm(x + 0.5 * self.after(x))


class FeedForward(nn.Sequential):
    """Position-wise, `multiplier` times as wide inside."""

    def __init__(self, width: int, multiplier: int, dropout: float):
        inner = width * multiplier
        super().__init__(
            nn.LayerNorm(width),
            nn.Linear(width, inner),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(inner, width),
            nn.Dropout(dropout),
        )


class SelfAttention(nn.Module):
    """Multi-head self-attention with rotary positions."""

    def __init__(self, width: int, heads: int, head_dim: int):
        super().__init__()
        self.heads, self.head_dim = heads, head_dim
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * heads * head_dim)
        self.merge = nn.Linear(heads * head_dim, width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, N, width] → [B, N, width]."""
        batch, frames, _ = x.shape
        parts = self.project(self.norm(x)).view(batch, frames, 3, self.heads, self.head_dim)
        queries, keys, values = parts.permute(2, 0, 3, 1, 4)  # each [B, heads, N, head_dim]
        turn = _turns(frames, self.head_dim, x)
        heard = scaled_dot_product_attention(_turned(queries, turn), _turned(keys, turn), values)
        return self.merge(heard.transpose(1, 2).reshape(batch, frames, -1))


class ConvolutionModule(nn.Module):
    """Pointwise, gate, depthwise over frames, layer norm, SiLU, pointwise."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.enter = nn.Linear(width, 2 * width)
        # An even kernel has no middle: the later side gets the odd frame.
        self.padding = ((kernel - 1) // 2, kernel // 2)
        self.depthwise = nn.Conv1d(width, width, kernel, groups=width)
        self.inner_norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, N, width] → [B, N, width]."""
        x = glu(self.enter(self.norm(x)), dim=-1)
        x = self.depthwise(pad(x.transpose(1, 2), self.padding)).transpose(1, 2)
        return self.leave(silu(self.inner_norm(x)))


def _turns(frames: int, head_dim: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines [N, head_dim / 2] of each frame's angles."""
    pairs = torch.arange(head_dim // 2, dtype=like.dtype, device=like.device)
    speeds = 10_000.0 ** (-2.0 * pairs / head_dim)
    angles = torch.arange(frames, dtype=like.dtype, device=like.device)[:, None] * speeds
    return angles.cos(), angles.sin()


def _turned(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """[..., N, head_dim], the halves taken as pairs and rotated by each frame's angles."""
    cos, sin = turn
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, first * sin + second * cos), dim=-1)
