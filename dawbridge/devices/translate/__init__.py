"""Built-in devices in other languages, so that they run in other programs."""

from dawbridge.devices.translate.strip import Strip, check_can_leave, make_strip

__all__ = ["Strip", "check_can_leave", "make_strip"]
