"""LV2: built-in devices as plugins for any LV2 host."""

from dawbridge.formats.lv2.ports import ControlPort, Lv2Device, lv2_device

__all__ = ["ControlPort", "Lv2Device", "lv2_device"]
