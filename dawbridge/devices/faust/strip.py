"""What can be exported as a plugin: a built-in device, or several built-in effects in series as one device."""

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
    """Built-in effects in series as one device. Its properties have the names of DeviceSpec's fields.

    A parameter's name begins with the number of its device, from 1: `1_eq_bell_1_hz`. Sidechain inputs come after the
    main two, in the order of the devices.
    """

    devices: tuple[DeviceSpec, ...]

    @property
    def name(self) -> str:
        """`strip_eq_gain`. Where that would be too long for a file name, a hash stands for the devices."""
        name = "_".join(["strip", *(device.name for device in self.devices)])
        if len(name) <= _LONGEST_NAME:
            return name
        return f"strip_of_{len(self.devices)}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"

    @property
    def label(self) -> str:
        """The devices' labels, in order."""
        return " - ".join(device.label for device in self.devices)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """For each device the beginning of its parameters' names, without the underscore after it."""
        return tuple(f"{number}_{device.name}" for number, device in enumerate(self.devices, start=1))

    @property
    def parameters(self) -> tuple[ParameterSpec, ...]:
        """All devices' parameters, in order."""
        pairs = zip(self.prefixes, self.devices)
        return tuple(replace(row, name=f"{prefix}_{row.name}") for prefix, device in pairs for row in device.parameters)

    @property
    def is_instrument(self) -> bool:
        """Always False: a strip is made of effects."""
        return False

    @property
    def sidechain_channels(self) -> int:
        """How many the devices have together."""
        return sum(device.sidechain_channels for device in self.devices)


def make_strip(names: Sequence[str]) -> Strip:
    """The strip of these devices. Raises InputError for an empty list, and for anything but a built-in effect."""
    if not names:
        raise InputError(f"a strip of no devices; name one or more of {_legal(False)}")
    devices = tuple(get_device(name) for name in names)
    for device in devices:
        if device.is_instrument or not can_leave(device):
            what = "an instrument" if device.is_instrument else f"no built-in device ({device.kind})"
            raise InputError(f"{device.name!r} is {what}, and cannot be in a strip; it can be {_legal(False)}")
    return Strip(devices)


def can_leave(spec: DeviceSpec) -> bool:
    """Whether it can be translated into other languages: a built-in device can."""
    return spec.kind == "faust"


def check_can_leave(spec: DeviceSpec | Strip) -> None:
    """Raises InputError for anything but a built-in device or a strip."""
    if not isinstance(spec, Strip) and not can_leave(spec):
        what = f"no built-in device ({spec.kind})"
        raise InputError(f"{spec.name!r} is {what}, and cannot become another plugin; it can be {_legal(True)}")


def _legal(with_instruments: bool) -> str:
    return ", ".join(device.name for device in BUILTIN if with_instruments or not device.is_instrument)
