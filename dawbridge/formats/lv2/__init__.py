"""LV2: built-in devices as plugins for any LV2 host, compiled from the C++ that Faust writes."""

from dawbridge.formats.lv2.bundle import (
    bundle_folder,
    exportable_devices,
    find_bundle,
    write_bundle,
    write_bundles,
)
from dawbridge.formats.lv2.ports import ControlPort, Lv2Device, lv2_device

__all__ = [
    "ControlPort",
    "Lv2Device",
    "bundle_folder",
    "exportable_devices",
    "find_bundle",
    "lv2_device",
    "write_bundle",
    "write_bundles",
]
