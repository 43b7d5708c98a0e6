"""What can stand in a chain, as data."""

from dawbridge.devices.registry import all_devices, find_plugin, get_device, readable_devices
from dawbridge.devices.spec import DeviceSpec

__all__ = ["DeviceSpec", "all_devices", "find_plugin", "get_device", "readable_devices"]
