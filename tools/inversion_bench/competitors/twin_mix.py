"""A problem's mixes by the torch twins of its devices: gradients by position instead of renders on the real chain."""

import torch
from torch import Tensor

from dawbridge.devices.twins import TWINS, run_twin
from dawbridge.devices.twins.channel import channel
from dawbridge.errors import InputError
from dawbridge.search.problem import Problem
from dawbridge.session.parameter_space import CHANNEL
from dawbridge.session.validation import CHANNEL_SPECS


class TwinMix:
    """renders, rendered_s: strips that the twins computed so far, one per track and window, and seconds of audio.

    Raises InputError for a chain with a device that has no twin.
    """

    def __init__(self, problem: Problem):
        self.problem, self.renders, self.rendered_s = problem, 0, 0.0
        for track, space in zip(problem.session.tracks, problem.spaces):
            if lacking := [device.device for device in space.chain.devices if device.device not in TWINS]:
                raise InputError(f"track {track.name!r}: device {lacking[0]!r} has no twin to take gradients through; "
                                 f"use a chain of {', '.join(TWINS)}")  # fmt: skip

    def stem(self, track: int, window: int, positions: Tensor) -> Tensor:
        """[2, n]: a track at `positions` [P] after its channel, without the window's lead."""
        where, dry = self.problem.windows[window], torch.from_numpy(self.problem.dry[track, window])
        self.renders += 1
        self.rendered_s += dry.shape[1] / self.problem.sample_rate
        chain, free = self.problem.spaces[track].chain, self._values(track, positions)
        samples = dry.expand(2, -1)[None]  # [1, 2, lead + n]
        for index, device in enumerate(chain.devices):
            samples = run_twin(device.device, samples, device.values | free.get(index, {}), self.problem.sample_rate)
        fixed = {name: getattr(chain.channel, name) for name in CHANNEL_SPECS}
        rows = {name: torch.as_tensor(value, dtype=torch.float64).expand(1)
                for name, value in (fixed | free.get(CHANNEL, {})).items()}  # fmt: skip
        channels = self.problem.session.tracks[track].channels
        return channel(samples[..., where.lead_samples :], **rows, channels=channels)[0]

    def _values(self, track: int, positions: Tensor) -> dict[int, dict[str, Tensor]]:
        """Device index → parameter → value in physical units."""
        values: dict[int, dict[str, Tensor]] = {}
        for row, position in zip(self.problem.spaces[track].free, positions, strict=True):
            values.setdefault(row.device_index, {})[row.spec.name] = row.spec.from_0to1(position)
        return values
