"""The LV2 plugin of a built-in device: its URI, and its ports by number and symbol.

The audio ports come first: 0 and 1 are the inputs, 2 and 3 the outputs, then come the sidechain inputs. An instrument
has the outputs 0 and 1, and port 2 for its notes. A control port per parameter follows, in the order of the device's
table and in its unit. Both bundles and DAW sessions that use the plugins are written from this.
"""

from dataclasses import dataclass

from dawbridge.devices import DeviceSpec
from dawbridge.devices.faust import Strip, check_can_leave

URI_PREFIX = "urn:dawbridge:"


@dataclass(frozen=True)
class ControlPort:
    """The port of a parameter: `index` among all ports, `symbol` in LV2, `parameter` in the device's table."""

    index: int
    symbol: str
    parameter: str


@dataclass(frozen=True)
class Lv2Device:
    """A built-in device in LV2. Ports are counted from 0.

    ports: the control ports
    notes: an instrument's port for MIDI, else None
    """

    uri: str
    ports: tuple[ControlPort, ...]
    inputs: tuple[int, ...] = (0, 1)
    outputs: tuple[int, ...] = (2, 3)
    sidechain_inputs: tuple[int, ...] = ()
    notes: int | None = None


def lv2_device(spec: DeviceSpec | Strip) -> Lv2Device:
    """The LV2 plugin of `spec`. Raises InputError if that is not built in."""
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
    """The name as an LV2 symbol, which must not begin with a digit."""
    return f"_{name}" if name[0].isdigit() else name
