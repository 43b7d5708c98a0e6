"""Scanning plugins: a binary becomes a plugin table, measured in processes of its own."""

from dawbridge.render.probe.files import is_bundle, plugin_files
from dawbridge.render.probe.folder import ScanResult, scan_all
from dawbridge.render.probe.names import device_name
from dawbridge.render.probe.scan import read_texts, scan_plugin, scan_to_table

__all__ = [
    "ScanResult",
    "device_name",
    "is_bundle",
    "plugin_files",
    "read_texts",
    "scan_all",
    "scan_plugin",
    "scan_to_table",
]
