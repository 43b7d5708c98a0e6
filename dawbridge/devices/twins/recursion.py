"""A linear recursion whose factor changes from sample to sample, computed in blocks that run in parallel."""

import torch
from torch import Tensor
from torch.nn.functional import pad

BLOCK = 64


def to_blocks(rows: Tensor) -> Tensor:
    """[B, n] → [BLOCK, B, blocks]: the first samples of all blocks, then the second ones, and so on.

    The last block is filled up with zeros.
    """
    batch, length = rows.shape
    blocks = -(-length // BLOCK)
    return pad(rows, (0, blocks * BLOCK - length)).view(batch, blocks, BLOCK).permute(2, 0, 1).contiguous()


def from_blocks(blocks: Tensor, length: int) -> Tensor:
    """The inverse of `to_blocks`: [B, length]."""
    return blocks.permute(1, 2, 0).reshape(blocks.shape[1], -1)[:, :length]


def linear_recursion(factors: Tensor, steps: Tensor) -> Tensor:
    """y[t] = factors[t] · y[t-1] + steps[t], starting at y = 0; all [B, n].

    All blocks run at once from 0, and so do the products of their factors. The blocks' last values then follow a
    recursion of the same kind.
    """
    length = steps.shape[1]
    if length <= BLOCK:
        return _one_by_one(factors, steps)
    products, values = to_blocks(factors), to_blocks(steps)
    for index in range(1, BLOCK):
        values[index].addcmul_(products[index], values[index - 1])
        products[index] *= products[index - 1]
    ends = linear_recursion(products[-1], values[-1])
    values[:, :, 1:].addcmul_(products[:, :, 1:], ends[:, :-1])
    return from_blocks(values, length)


def _one_by_one(factors: Tensor, steps: Tensor) -> Tensor:
    """The same recursion, sample by sample."""
    values = [steps[:, 0]]
    for index in range(1, steps.shape[1]):
        values.append(torch.addcmul(steps[:, index], factors[:, index], values[-1]))
    return torch.stack(values, dim=1)
