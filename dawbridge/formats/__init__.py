"""Formats: sessions written for DAWs, and DAWs' sessions read."""

from dawbridge.formats.loss import Loss, Losses, allowed_losses, write_losses
from dawbridge.formats.media import Media
from dawbridge.formats.registry import format_names, get_format, reader_of

__all__ = ["Loss", "Losses", "Media", "allowed_losses", "format_names", "get_format", "reader_of", "write_losses"]
