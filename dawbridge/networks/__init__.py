"""Networks: `nn.Module` only. They know tensors, no files and no sessions. Importing them loads torch."""

from dawbridge.networks.conformer import ConformerLayer
from dawbridge.networks.inversion import InversionConfig, InversionNetwork
from dawbridge.networks.unet import UNet

__all__ = ["ConformerLayer", "InversionConfig", "InversionNetwork", "UNet"]
