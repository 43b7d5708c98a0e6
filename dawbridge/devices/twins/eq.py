"""The EQ's twin: low shelf, three bells, high shelf, as the transfer functions of Faust's state-variable filters.

Faust's `fi.svf` is an analogue filter, m₀ + (m₁ s + m₂) / (s² + k s + 1), under the bilinear transform with
s = (1 - z⁻¹) / (g (1 + z⁻¹)) and g = tan(π f / rate).
"""

import math

import torch
from torch import Tensor

from dawbridge.devices.twins.frequency_domain import Bins, FrequencyGrid

SHELF_Q = math.sqrt(0.5)
HIGHEST_OF_RATE = 0.495
# Coefficients of s², s and 1, each [B]
Polynomial = tuple[Tensor, Tensor, Tensor]


def eq(samples: Tensor, values: dict[str, Tensor], sample_rate: int) -> Tensor:
    """Both channels through five filters in series; those that stand fixed at 0 dB change nothing and are left out."""
    filters = []
    for name in ("low_shelf", "bell_1", "bell_2", "bell_3", "high_shelf"):
        gain_db = values[f"{name}_gain_db"]
        if gain_db.requires_grad or gain_db.any():
            g = torch.tan(values[f"{name}_hz"].clamp(max=HIGHEST_OF_RATE * sample_rate) * (math.pi / sample_rate))
            filters.append(_KINDS[name.split("_")[0]](g, 10 ** (gain_db / 40), values.get(f"{name}_q")))
    if not filters:
        return samples
    above, below = (_stacked(polynomials) for polynomials in zip(*filters))  # [B, filters, 3]
    grid = FrequencyGrid(samples.shape[-1], samples.device)
    delay = grid.delay(1)

    def response(bins: Bins) -> Tensor:
        late = delay(bins)
        rising, falling = 1 - late, 1 + late
        powers = torch.stack([rising**2, rising * falling, falling**2])  # [3, bins]
        return ((above @ powers).prod(dim=1) / (below @ powers).prod(dim=1))[:, None]

    return grid.filtered(samples, grid.sampled(response)).to(samples.dtype)


def _stacked(polynomials: tuple[Polynomial, ...]) -> Tensor:
    return torch.stack([torch.stack(row, dim=-1) for row in polynomials], dim=1).to(torch.complex128)


def _svf(g: Tensor, k: Tensor, m0: Tensor, m1: Tensor, m2: Tensor) -> tuple[Polynomial, Polynomial]:
    """Numerator and denominator in (1 - z⁻¹) and (1 + z⁻¹), where s has been multiplied by g."""
    return (m0, g * (m0 * k + m1), g**2 * (m0 + m2)), (torch.ones_like(g), g * k, g**2)


def _bell(g: Tensor, a: Tensor, q: Tensor) -> tuple[Polynomial, Polynomial]:
    k = 1 / (q * a)
    return _svf(g, k, torch.ones_like(g), k * (a**2 - 1), torch.zeros_like(g))


def _low_shelf(g: Tensor, a: Tensor, _) -> tuple[Polynomial, Polynomial]:
    k = torch.full_like(g, 1 / SHELF_Q)
    return _svf(g / a.sqrt(), k, torch.ones_like(g), k * (a - 1), a**2 - 1)


def _high_shelf(g: Tensor, a: Tensor, _) -> tuple[Polynomial, Polynomial]:
    k = torch.full_like(g, 1 / SHELF_Q)
    return _svf(g * a.sqrt(), k, a**2, k * (1 - a) * a, 1 - a**2)


_KINDS = {"low": _low_shelf, "bell": _bell, "high": _high_shelf}
