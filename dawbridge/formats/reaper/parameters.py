"""A device's parameters in REAPER's envelopes: their numbers and scales.

A JSFX's parameters are its sliders, in their own units. A VST's are normalized to 0…1. The number of a VST2's parameter
is its index. For a VST3 REAPER writes the index in the controller's list, a colon and the ParamID. Plugins made with
DPF, as all VST3s with a table here are, list their parameters by ParamID, so the two numbers are equal.
"""

from collections.abc import Callable

import numpy as np

from dawbridge.devices import DeviceSpec
from dawbridge.formats.jsfx import slider_names
from dawbridge.formats.reaper.text import line
from dawbridge.params import ParameterSpec

Scale = Callable[[np.ndarray], np.ndarray]


def has_envelope(spec: DeviceSpec, name: str) -> bool:
    """Whether REAPER can automate that parameter."""
    return not spec.is_hosted or _number(spec.parameter(name)) is not None


def parameter_head(spec: DeviceSpec, name: str) -> str:
    """The head of the parameter's envelope: `PARMENV number minimum maximum middle`."""
    parameter = spec.parameter(name)
    if not spec.is_hosted:
        low, high = parameter.minimum, parameter.maximum
        return line("PARMENV", slider_names(spec).index(name), low, high, (low + high) / 2)
    number = _number(parameter)
    token = str(number) if spec.kind == "vst2" else f"{number}:{number}"
    return line("PARMENV", token, 0, 1, 0.5)


def parameter_named(spec: DeviceSpec, token: str) -> str | None:
    """The name of the parameter with that number in an envelope; None if the table has none."""
    number, _, ident = token.partition(":")
    if not spec.is_hosted:
        names = slider_names(spec)
        return names[int(number)] if number.isdecimal() and int(number) < len(names) else None
    wanted = ident if spec.kind == "vst3" and ident.isdecimal() else number
    found = [p.name for p in spec.parameters if str(_number(p)) == wanted]
    return found[0] if found else None


def parameter_scale(spec: DeviceSpec, name: str) -> tuple[Scale, Scale]:
    """(function to REAPER's values, function back). Between the steps of a stepped parameter both are linear."""
    parameter = spec.parameter(name)
    if not spec.is_hosted:
        return (lambda values: np.asarray(values, dtype=np.float64)), _clipped(parameter)
    if parameter.legal_steps:
        steps, positions = parameter.legal_steps, np.linspace(0.0, 1.0, len(parameter.legal_steps))
        return (lambda values: np.interp(values, steps, positions)), (
            lambda values: np.interp(values, positions, steps)
        )
    return parameter.to_0to1, parameter.from_0to1


def _clipped(parameter: ParameterSpec) -> Scale:
    return lambda values: np.clip(values, parameter.minimum, parameter.maximum)


def _number(parameter: ParameterSpec) -> int | None:
    return parameter.index if parameter.index is not None else parameter.param_id
