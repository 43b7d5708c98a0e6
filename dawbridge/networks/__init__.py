"""Networks: `nn.Module` only. They know tensors, no files and no sessions. Importing them loads torch."""

from dawbridge.networks.conformer import ConformerLayer
from dawbridge.networks.inversion import InversionConfig, InversionNetwork
from dawbridge.networks.least_squares import LeastSquaresConfig, LeastSquaresNetwork
from dawbridge.networks.neural import make_neural
from dawbridge.networks.registry import NETWORKS, describe_network, make_network
from dawbridge.networks.tcn import Tcn, TcnConfig
from dawbridge.networks.unet import UNet

__all__ = [
    "ConformerLayer",
    "NETWORKS",
    "InversionConfig",
    "InversionNetwork",
    "LeastSquaresConfig",
    "LeastSquaresNetwork",
    "Tcn",
    "TcnConfig",
    "UNet",
    "describe_network",
    "make_network",
    "make_neural",
]
