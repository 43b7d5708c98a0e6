"""Networks: `nn.Module` only. They know tensors, no files and no sessions. Importing them loads torch."""

from dawbridge.networks.conformer import ConformerLayer
from dawbridge.networks.inversion import InversionConfig, InversionNetwork
from dawbridge.networks.least_squares import TransferConfig, TransferNetwork
from dawbridge.networks.neural import make_neural
from dawbridge.networks.tcn import Tcn, TcnConfig
from dawbridge.networks.unet import UNet

__all__ = [
    "ConformerLayer",
    "InversionConfig",
    "InversionNetwork",
    "Tcn",
    "TcnConfig",
    "TransferConfig",
    "TransferNetwork",
    "UNet",
    "make_neural",
]
