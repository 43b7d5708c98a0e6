"""Scanning plugins: a binary becomes a plugin table, measured in processes of its own."""

from dawbridge.render.probe.names import device_name
from dawbridge.render.probe.scan import read_texts, scan_plugin, scan_to_table

__all__ = ["device_name", "read_texts", "scan_plugin", "scan_to_table"]
