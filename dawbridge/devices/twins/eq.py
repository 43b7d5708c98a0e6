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
    """Both channels through five filters in series. Filters that are fixed at 0 dB change nothing and are left out."""
    filters = []
    for name in ("low_shelf", "bell_1", "bell_2", "bell_3", "high_shelf"):
        gain_db = values[f"{name}_gain_db"]
        if gain_db.requires_grad or gain_db.any():
            g = torch.tan(values[f"{name}_hz"].clamp(max=HIGHEST_OF_RATE * sample_rate) * (math.pi / sample_rate))
            filters.append(_polynomials(name, g, 10 ** (gain_db / 40), values))
    if not filters:
        return samples
    numerators, denominators = (_stacked(polynomials) for polynomials in zip(*filters))  # [B, filters, 3]
    grid = FrequencyGrid(samples.shape[-1], samples.device)
    delay = grid.delay(1)

    def response(bins: Bins) -> Tensor:
        delayed = delay(bins)  # z⁻¹
        difference, total = 1 - delayed, 1 + delayed
        powers = torch.stack([difference**2, difference * total, total**2])  # [3, bins]
        return ((numerators @ powers).prod(dim=1) / (denominators @ powers).prod(dim=1))[:, None]

    return grid.filter(samples, grid.sample(response)).to(samples.dtype)


def _polynomials(name: str, g: Tensor, a: Tensor, values: dict[str, Tensor]) -> tuple[Polynomial, Polynomial]:
    """Numerator and denominator of the filter of that name. `a` is the square root of its linear gain."""
    return _SHELVES[name](g, a) if name in _SHELVES else _bell(g, a, values[f"{name}_q"])


def _stacked(polynomials: tuple[Polynomial, ...]) -> Tensor:
    """[B, filters, 3] complex."""
    return torch.stack([torch.stack(row, dim=-1) for row in polynomials], dim=1).to(torch.complex128)


def _svf(g: Tensor, k: Tensor, m0: Tensor, m1: Tensor, m2: Tensor) -> tuple[Polynomial, Polynomial]:
    """Numerator and denominator as polynomials in (1 - z⁻¹) and (1 + z⁻¹). Both are multiplied by (g (1 + z⁻¹))²."""
    return (m0, g * (m0 * k + m1), g**2 * (m0 + m2)), (torch.ones_like(g), g * k, g**2)


def _bell(g: Tensor, a: Tensor, q: Tensor) -> tuple[Polynomial, Polynomial]:
    k = 1 / (q * a)
    return _svf(g, k, torch.ones_like(g), k * (a**2 - 1), torch.zeros_like(g))


def _low_shelf(g: Tensor, a: Tensor) -> tuple[Polynomial, Polynomial]:
    k = torch.full_like(g, 1 / SHELF_Q)
    return _svf(g / a.sqrt(), k, torch.ones_like(g), k * (a - 1), a**2 - 1)


def _high_shelf(g: Tensor, a: Tensor) -> tuple[Polynomial, Polynomial]:
    k = torch.full_like(g, 1 / SHELF_Q)
    return _svf(g * a.sqrt(), k, a**2, k * (1 - a) * a, 1 - a**2)


_SHELVES = {"low_shelf": _low_shelf, "high_shelf": _high_shelf}
