"""What the free parameters of a track's chain do, as far as their names and units tell: where a search may start.

A level is a gain that scales all that comes after it; thresholds of what comes after it must move along, or the
compression would change. A filter is a gain with the frequency and the width that belong to it, by name (`bell_2_hz`,
`bell_2_gain_db` and `bell_2_q`; `frequency_1_hz`, `boost_cut_1_db` and `bandwidth_1`), or a gain alone beside others.
"""

import re
from dataclasses import dataclass

from dawbridge.session.parameter_space import CHANNEL, FreeParameter, ParameterSpace

_LEVEL_NAMES = ("fader_db", "gain_db", "makeup_db", "output_db", "volume_db", "level_db")
_NOT_OWN = re.compile(r"frequency|freq|boost|cut|gain|hz|db|level|q|bandwidth|width")
_WIDTH = re.compile(r"(^|_)(q|bandwidth|width)(_|$)")


@dataclass(frozen=True)
class Filter:
    """Indices among the free parameters; frequency and width may be fixed: None."""

    gain: int
    frequency: int | None = None
    width: int | None = None


@dataclass(frozen=True)
class Roles:
    """Indices among a space's free parameters; None or empty where the chain has no such thing.

    level: the gain that brings the track to its place; thresholds: what must move with it, to the same dB
    """

    level: int | None
    thresholds: tuple[int, ...]
    pan: int | None
    filters: tuple[Filter, ...]


def roles_of(space: ParameterSpace) -> Roles:
    """Of the space's free parameters."""
    names = [row.spec.name for row in space.free]
    levels = [i for i, row in enumerate(space.free) if row.spec.unit == "dB" and row.spec.name in _LEVEL_NAMES]
    # The last one: what stands after it is moved by it least.
    level = max(levels, key=lambda i: _place(space.free[i]), default=None)
    after = [] if level is None else [i for i, row in enumerate(space.free) if _place(row) > _place(space.free[level])]
    thresholds = tuple(i for i in after if names[i].startswith("threshold") and space.free[i].spec.unit == "dB")
    pan = names.index("pan_lr") if "pan_lr" in names else None
    return Roles(level, thresholds, pan, tuple(_filters(space)))


def _place(row: FreeParameter) -> float:
    return float("inf") if row.device_index == CHANNEL else row.device_index


def _filters(space: ParameterSpace):
    """Every gain of a device that has a gain with a frequency."""
    frequencies = {_own(row): i for i, row in enumerate(space.free) if row.spec.unit == "Hz"}
    widths = {_own(row): i for i, row in enumerate(space.free) if _WIDTH.search(row.spec.name)}
    gains = {_own(row): i for i, row in enumerate(space.free) if row.spec.unit == "dB"}
    devices = {own[0] for own in gains if own in frequencies}
    for own, index in gains.items():
        if own[0] in devices:
            yield Filter(index, frequencies.get(own), widths.get(own))


def _own(row: FreeParameter) -> tuple[int, str]:
    """Its device, and what of its name is no word for a kind of parameter."""
    words = [word for word in row.spec.name.split("_") if not _NOT_OWN.fullmatch(word)]
    return row.device_index, "_".join(words)
