"""How Ardour numbers a plugin's parameters, and which values it stores for them.

- VST2: the index of the parameter; values 0…1.
- LV2 (the built-in devices): the index of the port; our own values.
- VST3: the index in the plugin's own list, without program-change parameters; values in the plugin's plain units. Only
  the plugin itself can tell both, so they are known for the plugins that were measured.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dawbridge.devices import DeviceSpec
from dawbridge.formats.lv2 import lv2_device
from dawbridge.formats.lv2.ports import ControlPort
from dawbridge.params import ParameterSpec

# VST3 plugins that were measured through Ardour. Each lists its parameters by ascending ParamID, after one program
# parameter, and its plain units are ours, except that times are in milliseconds.
_MEASURED_VST3S = {
    "za_maxim_x2", "za_multi_comp_x2", "zam_auto_sat", "zam_comp", "zam_comp_x2", "zam_delay", "zam_dynamic_eq",
    "zam_eq2", "zam_gate", "zam_gate_x2", "zam_geq31", "zam_tube",
}  # fmt: skip

Convert = Callable[[Any], Any]  # number → number, or array → array


@dataclass(frozen=True)
class ArdourParameter:
    """A parameter as Ardour has it: its index there, and the maps between our values and Ardour's."""

    spec: ParameterSpec
    index: int
    to_ardour: Convert
    from_ardour: Convert


def ardour_parameters(spec: DeviceSpec) -> list[ArdourParameter]:
    """The parameters whose index in Ardour is known; empty for a device that Ardour cannot have."""
    if spec.kind == "vst2":
        return [ArdourParameter(p, p.index, p.to_0to1, p.from_0to1) for p in spec.parameters if p.index is not None]
    if spec.kind == "vst3" and spec.name in _MEASURED_VST3S:
        return [_vst3(p, p.param_id) for p in spec.parameters if p.param_id is not None]
    if spec.kind == "faust":
        return [ArdourParameter(p, port.index, _to_nearest_step(p), np.asarray) for p, port in _ports(spec)]
    return []


def _ports(spec: DeviceSpec) -> Iterable[tuple[ParameterSpec, ControlPort]]:
    return zip(spec.parameters, lv2_device(spec).ports)


def _to_nearest_step(parameter: ParameterSpec) -> Convert:
    """Leaves values unchanged, but rounds those of a stepped parameter to the nearest step."""
    if not parameter.legal_steps:
        return np.asarray
    return lambda value: parameter.from_0to1(parameter.to_0to1(np.asarray(value)))


def _vst3(parameter: ParameterSpec, param_id: int) -> ArdourParameter:
    scale = 1000.0 if parameter.unit == "s" else 1.0
    return ArdourParameter(
        parameter,
        param_id - 1,
        lambda value: _to_nearest_step(parameter)(value) * scale,
        lambda plain: np.asarray(plain) / scale,
    )
