"""Foreign formats: sessions written for other programs."""

from dawbridge.formats.loss import Loss, write_losses
from dawbridge.formats.registry import format_names, get_format

__all__ = ["Loss", "format_names", "get_format", "write_losses"]
