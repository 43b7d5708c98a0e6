"""The networks that can stand in a chain, by the name under which a neural device asks for one.

Their interface: `forward(x [B, C, T], knobs [B, P, T] in 0..1) -> [B, C, T]` at one sample rate, where output t
depends on x and knobs at the last `receptive_field_samples` samples up to t and on nothing else; a network that
looks ahead answers later, by the latency its device declares. One that works in frames may do so on a grid of
`GRID_SAMPLES` or a divisor of it: it is always fed from a multiple of that on.
"""

from torch import nn

from dawbridge.errors import InputError
from dawbridge.networks.registry import NETWORKS, make_network

GRID_SAMPLES = 1024
DEVICE_NETWORKS = sorted(name for name, kind in NETWORKS.items() if kind.is_device)


def make_neural(network: str, channels: int, knobs: int, config: dict) -> nn.Module:
    """The network of that name for so many audio channels and knobs. Raises InputError for what it cannot be."""
    if network not in DEVICE_NETWORKS:
        raise InputError(f"unknown network {network!r}; known are {', '.join(DEVICE_NETWORKS)}")
    if taken := sorted({"channels", "knobs"} & config.keys()):
        raise InputError(f"{network}: config {taken} does not fit; the table's channels and parameters say it")
    return make_network(network, {"channels": channels, "knobs": knobs, **config})
