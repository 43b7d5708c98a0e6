"""The search space of a track: its chain's free parameters, as positions in 0..1, and back to a Track."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from dawbridge.devices import get_device
from dawbridge.params import ParameterSpec
from dawbridge.session.chain import TrackChain
from dawbridge.session.model import Device, Track
from dawbridge.session.validation import CHANNEL_SPECS

CHANNEL = -1
_HEARD_AS_RATIO = ("Hz", "s")
_WIDE_RATIO = 4.0


def search_spec(spec: ParameterSpec, minimum: float, maximum: float) -> ParameterSpec:
    """`spec` over the range to search. Frequencies and times are searched by ratio, as they are heard, even where
    the plugin's own knob is linear in them."""
    narrowed = spec.narrowed(minimum, maximum)
    is_smooth = spec.curve in ("linear", "measured")
    if is_smooth and spec.unit in _HEARD_AS_RATIO and minimum > 0 and maximum / minimum >= _WIDE_RATIO:
        return replace(narrowed, curve="logarithmic", points=())
    return narrowed


@dataclass(frozen=True)
class FreeParameter:
    """One free parameter: position of its device in the chain (CHANNEL for the fader and pan), and its range."""

    device_index: int
    spec: ParameterSpec

    def label(self, chain: TrackChain) -> str:
        """`device/parameter`, as a person names it."""
        device = "channel" if self.device_index == CHANNEL else chain.devices[self.device_index].device
        return f"{device}/{self.spec.name}"


@dataclass(frozen=True)
class ParameterSpace:
    """The free parameters of one track's chain, in the chain's order, channel last."""

    chain: TrackChain

    @cached_property
    def free(self) -> tuple[FreeParameter, ...]:
        """The free parameters, each with its spec narrowed to the chain's range."""
        rows = []
        for index, device in enumerate(self.chain.devices):
            specs = {name: get_device(device.device).parameter(name) for name in device.free}
            rows += [FreeParameter(index, search_spec(specs[n], *ends)) for n, ends in device.free.items()]
        for name, spec in CHANNEL_SPECS.items():
            ends = getattr(self.chain.channel, name)
            if isinstance(ends, tuple):
                rows.append(FreeParameter(CHANNEL, spec.narrowed(*ends)))
        return tuple(rows)

    @property
    def size(self) -> int:
        return len(self.free)

    @cached_property
    def default_0to1(self) -> np.ndarray:
        """Every free parameter at its device's default (or the end of the range nearest to it)."""
        return np.array([float(row.spec.to_0to1(row.spec.default)) for row in self.free])

    def position(self, device: str, parameter: str) -> int | None:
        """Index of `device`/`parameter` ("channel" for fader and pan) among the free ones, or None."""
        for index, row in enumerate(self.free):
            if row.label(self.chain) == f"{device}/{parameter}":
                return index
        return None

    def to_track(self, track: Track, positions: np.ndarray) -> Track:
        """`track` with this chain at `positions` [size] in 0..1."""
        values = [dict(device.values) for device in self.chain.devices]
        fixed = {n: getattr(self.chain.channel, n) for n in CHANNEL_SPECS}
        channel = {name: 0.0 if isinstance(value, tuple) else value for name, value in fixed.items()}
        for row, position in zip(self.free, positions, strict=True):
            target = channel if row.device_index == CHANNEL else values[row.device_index]
            target[row.spec.name] = float(row.spec.from_0to1(float(position)))
        devices = tuple(Device(device=d.device, values=v) for d, v in zip(self.chain.devices, values))
        return track.model_copy(update={"devices": devices, **channel})

    def to_0to1(self, track: Track) -> np.ndarray:
        """The positions [size] at which `track` stands."""
        return np.array([float(row.spec.to_0to1(self._value(track, row))) for row in self.free])

    def _value(self, track: Track, row: FreeParameter) -> float:
        if row.device_index == CHANNEL:
            return getattr(track, row.spec.name)
        return track.devices[row.device_index].values[row.spec.name]
