"""How Ardour counts a plugin's parameters: their numbers, and their values as the plugin itself has them.

VST2: by position, 0…1. LV2: by port. VST3: by their place in the plugin's own list, less those that choose a program,
in the plugin's plain units. Nothing but the plugin tells those two, so they are known for the VST3 that were asked.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dawbridge.devices import DeviceSpec
from dawbridge.formats.lv2 import lv2_device
from dawbridge.formats.lv2.ports import ControlPort
from dawbridge.params import ParameterSpec

# Asked through Ardour: each lists its parameters by ascending ParamID, one of them before ours a program, and counts
# in our units, but for times in milliseconds.
_ASKED = {
    "za_maxim_x2", "za_multi_comp_x2", "zam_auto_sat", "zam_comp", "zam_comp_x2", "zam_delay", "zam_dynamic_eq",
    "zam_eq2", "zam_gate", "zam_gate_x2", "zam_geq31", "zam_tube",
}  # fmt: skip


@dataclass(frozen=True)
class ArdourParameter:
    """A parameter as Ardour has it: its number there, and maps between our values and Ardour's (numbers, arrays)."""

    spec: ParameterSpec
    index: int
    to_ardour: Callable
    from_ardour: Callable


def ardour_parameters(spec: DeviceSpec) -> list[ArdourParameter]:
    """The parameters of a device of which Ardour's number is known; none of a device that Ardour cannot have."""
    if spec.kind == "vst2":
        return [ArdourParameter(p, p.index, p.to_0to1, p.from_0to1) for p in spec.parameters if p.index is not None]
    if spec.kind == "vst3" and spec.name in _ASKED:
        return [_vst3(p, p.param_id) for p in spec.parameters if p.param_id is not None]
    if spec.kind == "faust":
        return [ArdourParameter(p, port.index, _on_steps(p), np.asarray) for p, port in _ports(spec)]
    return []


def _ports(spec: DeviceSpec) -> Iterator[tuple[ParameterSpec, ControlPort]]:
    return zip(spec.parameters, lv2_device(spec).ports)


def _on_steps(parameter: ParameterSpec) -> Callable:
    """Values as they are, but for a parameter of steps: the nearest."""
    if not parameter.legal_steps:
        return np.asarray
    return lambda value: parameter.from_0to1(parameter.to_0to1(np.asarray(value)))


def _vst3(parameter: ParameterSpec, param_id: int) -> ArdourParameter:
    scale = 1000.0 if parameter.unit == "s" else 1.0
    return ArdourParameter(
        parameter,
        param_id - 1,
        lambda value: _on_steps(parameter)(value) * scale,
        lambda plain: np.asarray(plain) / scale,
    )
