"""The parameter space of whole devices, without a chain file: every continuous parameter is free.

In: names of devices. Out: a space over moderate or full ranges.

Switches and stepped parameters are fixed, at a given track's values or at their defaults. A moderate range has the
neutral value in its middle: gains go as far either way as the nearer end allows. Frequencies end where the sample rate
does.
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

# The range of the channel's fader.
FADER_DB = (-48.0, 24.0)
# The range of frequencies: that of hearing, and at most this share of the sample rate.
LOWEST_HZ, HIGHEST_HZ, HIGHEST_SHARE = 20.0, 20000.0, 0.45
_WIDTH = re.compile(r"(^|_)(q|bandwidth|width)(_|$)")


class DeviceSpace(ParameterSpace):
    """A space in which widths of filters are searched by ratio, as frequencies are, even where the knob is linear."""

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


def device_space(
    names: tuple[str, ...], sample_rate: int, is_full_range: bool, has_fader: bool = True, at: Track | None = None
) -> ParameterSpace:
    """The space of a chain of these devices; switches have the values of the track `at`, else their defaults."""
    devices = []
    for slot, name in enumerate(names):
        parameters = get_device(name).parameters
        given = {} if at is None else at.devices[slot].values
        values = {p.name: given.get(p.name, p.default) for p in parameters if p.legal_steps}
        free = {p.name: _range(p, sample_rate, is_full_range) for p in parameters if not p.legal_steps}
        devices.append(ChainDevice(device=name, values=values, free=free))
    channel = ChainChannel(fader_db=FADER_DB) if has_fader else ChainChannel()
    return DeviceSpace(TrackChain(devices=tuple(devices), channel=channel))


def _range(spec: ParameterSpec, sample_rate: int, is_full_range: bool) -> tuple[float, float]:
    low, high = spec.minimum, spec.maximum
    if spec.unit == "Hz":
        bounded = max(low, LOWEST_HZ), min(high, HIGHEST_HZ, HIGHEST_SHARE * sample_rate)
        return bounded if bounded[0] < bounded[1] else (low, high)
    if spec.unit == "dB" and low < 0 < high and not is_full_range:
        reach = min(-low, high)
        return -reach, reach
    return low, high
