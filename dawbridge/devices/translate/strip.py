"""What can leave as a plugin: a built-in effect, or a series of them as one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.devices.registry import get_device
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import InputError
from dawbridge.params import ParameterSpec

_LONGEST_NAME = 100


@dataclass(frozen=True)
class Strip:
    """Built-in effects in series as one device; what is read of it is named as in a DeviceSpec.

    The parameters carry their device's place in front: `1_eq_bell_1_hz`. Inputs that steer a device come after the
    main two, in the order of the devices.
    """

    devices: tuple[DeviceSpec, ...]

    @property
    def name(self) -> str:
        """`strip_eq_gain`, and with a hash for the rest where that would be too long for a file."""
        name = "_".join(["strip", *(device.name for device in self.devices)])
        if len(name) <= _LONGEST_NAME:
            return name
        return f"strip_of_{len(self.devices)}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"

    @property
    def label(self) -> str:
        """The devices as a person reads them, in order."""
        return " - ".join(device.label for device in self.devices)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What stands before the names of each device's parameters, without the last underscore."""
        return tuple(f"{place}_{device.name}" for place, device in enumerate(self.devices, start=1))

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """All devices' parameters, in order."""
        pairs = zip(self.prefixes, self.devices)
        return tuple(replace(row, name=f"{prefix}_{row.name}") for prefix, device in pairs for row in device.parameters)

    @property
    def sidechain_channels(self) -> int:
        """Of all devices together."""
        return sum(device.sidechain_channels for device in self.devices)


def make_strip(names: Sequence[str]) -> Strip:
    """The strip of these devices. Raises InputError where there is none, or one that cannot leave."""
    if not names:
        raise InputError(f"a strip of no devices; name one or more of {_legal()}")
    devices = tuple(get_device(name) for name in names)
    for device in devices:
        check_can_leave(device)
    return Strip(devices)


def can_leave(spec: DeviceSpec) -> bool:
    """Whether it is a built-in effect, which can be translated."""
    return spec.kind == "faust" and not spec.is_instrument


def check_can_leave(spec: DeviceSpec | Strip) -> None:
    """InputError for what is no built-in effect."""
    if isinstance(spec, Strip) or can_leave(spec):
        return
    what = "an instrument" if spec.is_instrument else f"no built-in device ({spec.kind})"
    raise InputError(f"{spec.name!r} is {what}, and cannot become another plugin; it can be {_legal()}")


def _legal() -> str:
    return ", ".join(device.name for device in BUILTIN if can_leave(device))
