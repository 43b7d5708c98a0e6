"""A built-in device as LV2 hosts know it: its URI, and its ports by number and symbol.

The audio ports come first: 0 and 1 in, 2 and 3 out, then what steers the device from the side; an instrument has two
out and a third for its notes. Then comes a control port for each parameter, in the order of the device's table and in
its unit. Bundles are written from this, and sessions that name their ports.
"""

from dataclasses import dataclass
from typing import NamedTuple

from dawbridge.devices import DeviceSpec
from dawbridge.devices.faust import Strip, check_can_leave

URI_PREFIX = "urn:dawbridge:"


class ControlPort(NamedTuple):
    """The port of a parameter: `index` among all ports of the plugin, `symbol` in LV2, the name in our table."""

    index: int
    symbol: str
    parameter: str


@dataclass(frozen=True)
class Lv2Device:
    """A built-in device in LV2. Ports are counted from 0; `ports` are the controls, `notes` an instrument's MIDI."""

    uri: str
    ports: tuple[ControlPort, ...]
    inputs: tuple[int, ...] = (0, 1)
    outputs: tuple[int, ...] = (2, 3)
    sidechain_inputs: tuple[int, ...] = ()
    notes: int | None = None


def lv2_device(spec: DeviceSpec | Strip) -> Lv2Device:
    """How `spec` stands in LV2. Raises InputError for what is no built-in device."""
    check_can_leave(spec)
    uri = URI_PREFIX + spec.name
    if spec.is_instrument:
        return Lv2Device(uri, _control_ports(spec, 3), inputs=(), outputs=(0, 1), notes=2)
    first = 4 + spec.sidechain_channels
    return Lv2Device(uri, _control_ports(spec, first), sidechain_inputs=tuple(range(4, first)))


def _control_ports(spec: DeviceSpec | Strip, first: int) -> tuple[ControlPort, ...]:
    rows = enumerate(spec.parameters, start=first)
    return tuple(ControlPort(index, _symbol(parameter.name), parameter.name) for index, parameter in rows)


def _symbol(name: str) -> str:
    """LV2 wants no digit in front."""
    return f"_{name}" if name[0].isdigit() else name
