"""Built-in devices translated into other programming languages, so that they run in other programs."""

from dawbridge.devices.faust.faust_code import faust_code
from dawbridge.devices.faust.source import translate
from dawbridge.devices.faust.strip import Strip, can_leave, check_can_leave, make_strip

__all__ = ["Strip", "can_leave", "check_can_leave", "faust_code", "make_strip", "translate"]
