"""Devices as they come, as a chain to search: every continuous parameter free, without a chain file.

Switches and steps stand where they are told to, else at their defaults. A search begins over ranges whose middle is
the neutral place: gains as far either way as the nearer end allows. `is_whole` is all that the device has; hertz end
where the sample rate does.
"""

import re
from dataclasses import replace
from functools import cached_property

from dawbridge.devices import get_device
from dawbridge.errors import InputError
from dawbridge.params import ParameterSpec
from dawbridge.session.chain import ChainChannel, ChainDevice, TrackChain
from dawbridge.session.model import Track
from dawbridge.session.parameter_space import FreeParameter, ParameterSpace

FADER_DB = (-48.0, 24.0)
LOWEST_HZ, HIGHEST_HZ, HIGHEST_SHARE = 20.0, 20000.0, 0.45
_WIDTH = re.compile(r"(^|_)(q|bandwidth|width)(_|$)")


class WholeSpace(ParameterSpace):
    """A space in which the widths of filters are searched by ratio too, even where the plugin's knob is linear."""

    @cached_property
    def free(self) -> tuple[FreeParameter, ...]:
        return tuple(replace(row, spec=_by_ratio(row.spec)) for row in super().free)


def _by_ratio(spec: ParameterSpec) -> ParameterSpec:
    is_width = _WIDTH.search(spec.name) and spec.unit == "" and spec.minimum > 0
    return replace(spec, curve="logarithmic", points=()) if is_width else spec


def device_names(joined: str) -> tuple[str, ...]:
    """The devices in `eq+compressor`, in chain order. Raises InputError for one that is unknown or plays notes."""
    names = tuple(name.strip() for name in joined.split("+"))
    for name in names:
        if get_device(name, "translate").is_instrument:
            raise InputError(f"translate: {name} is an instrument; give an effect (dawbridge plugins list)")
    if all(parameter.legal_steps for name in names for parameter in get_device(name).parameters):
        raise InputError(f"translate: nothing of {joined} can be turned; give a device with settings")
    return names


def whole_space(
    names: tuple[str, ...], sample_rate: int, is_whole: bool, has_fader: bool = True, at: Track | None = None
) -> ParameterSpace:
    """The space of a chain of these devices; its switches stand as on the track `at`."""
    devices = []
    for place, name in enumerate(names):
        parameters = get_device(name).parameters
        told = {} if at is None else at.devices[place].values
        values = {p.name: told.get(p.name, p.default) for p in parameters if p.legal_steps}
        free = {p.name: _range(p, sample_rate, is_whole) for p in parameters if not p.legal_steps}
        devices.append(ChainDevice(device=name, values=values, free=free))
    channel = ChainChannel(fader_db=FADER_DB) if has_fader else ChainChannel()
    return WholeSpace(TrackChain(devices=tuple(devices), channel=channel))


def _range(spec: ParameterSpec, sample_rate: int, is_whole: bool) -> tuple[float, float]:
    low, high = spec.minimum, spec.maximum
    if spec.unit == "Hz":
        bounded = max(low, LOWEST_HZ), min(high, HIGHEST_HZ, HIGHEST_SHARE * sample_rate)
        return bounded if bounded[0] < bounded[1] else (low, high)
    if spec.unit == "dB" and low < 0 < high and not is_whole:
        reach = min(-low, high)
        return -reach, reach
    return low, high
