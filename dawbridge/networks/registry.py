"""Every network by name: the one table that weights, neural devices and trainings look up.

A row is a frozen dataclass of sizes and the `nn.Module` that is built from it. `is_device` says that the network can
stand in a chain, by the interface in `networks.neural`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from torch import nn

from dawbridge.errors import InputError
from dawbridge.networks.inversion import InversionConfig, InversionNetwork
from dawbridge.networks.least_squares import LeastSquaresConfig, LeastSquaresNetwork
from dawbridge.networks.tcn import Tcn, TcnConfig


@dataclass(frozen=True)
class NetworkKind:
    """config: the class of its sizes; network: the class that takes one; is_device: whether it can stand in a chain."""

    config: type[Any]
    network: type[nn.Module]
    is_device: bool = False


NETWORKS: Mapping[str, NetworkKind] = {
    "inversion": NetworkKind(InversionConfig, InversionNetwork),
    "least_squares": NetworkKind(LeastSquaresConfig, LeastSquaresNetwork),
    "tcn": NetworkKind(TcnConfig, Tcn, is_device=True),
}


def make_network(name: str, config: Mapping[str, Any]) -> nn.Module:
    """The network of that name and those sizes, with random weights. Raises InputError for an unknown name or sizes
    that do not fit it."""
    if name not in NETWORKS:
        raise InputError(f"unknown network {name!r}; known are {', '.join(sorted(NETWORKS))}")
    kind = NETWORKS[name]
    try:
        return kind.network(kind.config(**config))
    except TypeError as error:
        raise InputError(f"{name}: config {sorted(config)} does not fit ({error})") from None


def describe_network(network: nn.Module) -> dict[str, Any]:
    """What `make_network` needs to build it again: `{"kind": name, "network": sizes}`, as JSON."""
    (name,) = [name for name, kind in NETWORKS.items() if type(network) is kind.network]
    return {"kind": name, "network": asdict(network.config)}  # type: ignore[call-overload]
