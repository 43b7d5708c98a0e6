"""The networks that can stand in a chain, by the name under which a neural device asks for one.

Their interface: `forward(x [B, C, T], knobs [B, P, T] in 0..1) -> [B, C, T]` at one sample rate, where output t
depends on x and knobs at the last `receptive_field_samples` samples up to t and on nothing else; a network that
looks ahead answers later, by the latency its device declares. One that works in frames may do so on a grid of
`GRID_SAMPLES` or a divisor of it: it is always fed from a multiple of that on.
"""

from torch import nn

from dawbridge.errors import InputError
from dawbridge.networks.tcn import Tcn, TcnConfig

GRID_SAMPLES = 1024
_NETWORKS = {"tcn": (Tcn, TcnConfig)}


def make_neural(network: str, channels: int, knobs: int, config: dict) -> nn.Module:
    """The network of that name for so many audio channels and knobs. Raises InputError for what it cannot be."""
    if network not in _NETWORKS:
        raise InputError(f"unknown network {network!r}; known are {', '.join(sorted(_NETWORKS))}")
    kind, sizes = _NETWORKS[network]
    try:
        return kind(sizes(channels=channels, knobs=knobs, **config))
    except TypeError as error:
        raise InputError(f"{network}: config {sorted(config)} does not fit ({error})") from None
