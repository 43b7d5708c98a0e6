"""A built-in device as the text of a JSFX."""

from collections.abc import Mapping, Sequence

from dawbridge.devices import DeviceSpec
from dawbridge.devices.translate import Strip, check_can_leave
from dawbridge.session import Device


def slider_names(spec: DeviceSpec | Strip) -> tuple[str, ...]:
    """The parameter of each slider, from slider1 on. A slider's value is in the parameter's own unit."""
    check_can_leave(spec)
    return tuple(parameter.name for parameter in spec.parameters)


def jsfx_text(spec: DeviceSpec | Strip, values: Mapping[str, float] | None = None, description: str = "") -> str:
    """The JSFX of `spec`, whose sliders start at `values` (absent: the table's default).

    description: the name that REAPER shows; the device's label where there is none. Raises InputError for what is no
    built-in effect, and for a value outside its range.
    """
    raise NotImplementedError


def strip_jsfx_text(devices: Sequence[Device], description: str = "") -> str:
    """One JSFX for a series of a session's built-in devices, its sliders at their values."""
    raise NotImplementedError
