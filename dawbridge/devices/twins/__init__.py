"""Torch twins of the built-in devices: the maths of their Faust code, differentiable.

In: samples [B, 2, n], and for each parameter one value per row of the batch, in physical units. Out: [B, 2, n] of the
same precision as the input. Filters and recursions are computed in float64. So a twin is closer to the exact maths than
the host, which computes in single precision.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.devices.twins.compressor import compressor, sidechain_compressor
from dawbridge.devices.twins.eq import eq
from dawbridge.devices.twins.factors import gain, pan, polarity
from dawbridge.devices.twins.reverb import reverb
from dawbridge.errors import InputError

__all__ = ["TWINS", "Twin", "run_twin"]

# (samples [B, 2, n], parameter → [B] float64, sample rate in hertz) → [B, 2, n]
Twin = Callable[[Tensor, dict[str, Tensor], int], Tensor]

TWINS: dict[str, Twin] = {
    "gain": gain,
    "polarity": polarity,
    "eq": eq,
    "compressor": compressor,
    "sidechain_compressor": sidechain_compressor,
    "pan": pan,
    "reverb": reverb,
}
_DEFAULTS = {device.name: device.defaults for device in BUILTIN}


def run_twin(device: str, samples: Tensor, values: dict[str, Tensor | float], sample_rate: int) -> Tensor:
    """`samples` [B, 2, n] through the device's twin: [B, 2, n].

    A value is a number or [B]. A parameter without a value has its default. Raises InputError for a device without a
    twin, and for a parameter that the device does not have.
    """
    if device not in TWINS:
        raise InputError(f"device {device!r} has no twin to take gradients through; legal are {', '.join(TWINS)}")
    if unknown := sorted(values.keys() - _DEFAULTS[device].keys()):
        raise InputError(f"{device} has no parameter {unknown[0]!r}; it has {', '.join(_DEFAULTS[device])}")
    rows = {
        name: torch.as_tensor(value, dtype=torch.float64, device=samples.device).expand(len(samples))
        for name, value in (_DEFAULTS[device] | values).items()
    }
    return TWINS[device](samples, rows, sample_rate)
