"""Nodes of the render graph. Each is one strip to render, identified by its key.

A node's key holds the keys of the nodes that it needs, so it changes with anything before it. Sums of many signals are
made in groups, so that after a change of one signal few sums are computed again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from dawbridge.render.farm.job import JobDevice, StripJob
from dawbridge.render.graph.gain_path import GainPath
from dawbridge.render.graph.sources import Source, Sum, SumInput

# How many signals a group holds. Where one of many tracks changes, only its group is summed again.
GROUP = 8


@dataclass(frozen=True, eq=False)
class Node:
    """A strip to render. The paths of the strips that it sums are empty until `job_with_paths` fills them in."""

    label: str
    job: StripJob
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.job.key())

    @property
    def needs(self) -> list[str]:
        """Keys of the nodes that come before it."""
        sums = [self.job.audio, *(device.sidechain for device in self.job.devices)]
        return [row.key for part in sums if isinstance(part, Sum) for row in part.inputs]

    def job_with_paths(self, path_of: Callable[[str], Path]) -> StripJob:
        """The job with the path of every file that it reads or writes. `path_of` gives the file of a key."""

        def with_paths(part: Sum) -> Sum:
            return replace(part, inputs=tuple(replace(row, path=str(path_of(row.key))) for row in part.inputs))

        devices = tuple(
            device if device.sidechain is None else replace(device, sidechain=with_paths(device.sidechain))
            for device in self.job.devices
        )
        audio = with_paths(self.job.audio) if isinstance(self.job.audio, Sum) else self.job.audio
        return replace(self.job, audio=audio, devices=devices, result_path=str(path_of(self.key)))


@dataclass(frozen=True)
class Signal:
    """A node's output with the gains that are applied to it."""

    node: Node
    gains: GainPath = GainPath()

    @property
    def as_input(self) -> SumInput:
        return SumInput(self.node.key, "", self.gains)


class NodeMaker:
    """Makes the nodes of one session. All have its sample rate and length; equal ones are made once."""

    def __init__(self, sample_rate: int, length_samples: int, bpm: tuple[float, ...]):
        self.sample_rate, self.length_samples, self.bpm = sample_rate, length_samples, bpm
        self.nodes: dict[str, Node] = {}

    def strip(self, label: str, source: Source, devices: tuple[JobDevice, ...], block_size: int) -> Node:
        """The node that renders `source` through `devices`."""
        job = StripJob(source, "", self.sample_rate, devices, True, None, block_size, self.bpm)
        node = Node(label, job)
        return self.nodes.setdefault(node.key, node)

    def sum(self, label: str, signals: list[Signal], gain: float, block_size: int) -> Sum:
        """The sum of the signals, in groups where they are many."""
        if len(signals) > GROUP + 1:
            groups = enumerate((signals[first : first + GROUP] for first in range(0, len(signals), GROUP)), start=1)
            signals = [self._grouped(f"{label}, sum {number}", group, block_size) for number, group in groups]
        return Sum(self.length_samples, tuple(signal.as_input for signal in signals), gain)

    def _grouped(self, label: str, group: list[Signal], block_size: int) -> Signal:
        """The sum of a group as a node of its own; one signal stays as it is."""
        if len(group) == 1:
            return group[0]
        return Signal(self.strip(label, self.sum("", group, 1.0, block_size), (), block_size))
