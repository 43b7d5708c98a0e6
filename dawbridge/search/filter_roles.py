"""What the free parameters of a track's chain do: level, thresholds, pan, filters; read off their names and units.

A level is a gain that scales all that comes after it. Thresholds of devices after it must move along, or compression
would change. A filter is a gain with the frequency and width of the same band: names that are equal without the words
for kinds of parameters (`bell_2_hz`, `bell_2_gain_db` and `bell_2_q`; `frequency_1_hz`, `boost_cut_1_db` and
`bandwidth_1`). A gain that has no frequency is a filter too, where its device has another gain that has one. A device
whose names follow no such pattern has no filters here, and its search has fewer starts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dawbridge.session.parameter_space import CHANNEL, FreeParameter, ParameterSpace

# Gains that may be the level, in dB.
_LEVEL_NAMES = ("fader_db", "gain_db", "makeup_db", "output_db", "volume_db", "level_db")
# Words that name a kind of parameter, not a band.
_KIND_WORDS = re.compile(r"frequency|freq|boost|cut|gain|hz|db|level|q|bandwidth|width")
_WIDTH = re.compile(r"(^|_)(q|bandwidth|width)(_|$)")


@dataclass(frozen=True)
class Filter:
    """Indices of a filter's parameters among the free ones; None where one is fixed or missing."""

    gain: int
    frequency: int | None = None
    width: int | None = None


@dataclass(frozen=True)
class Roles:
    """Indices among a space's free parameters; None or empty where the chain has no such thing.

    level: the gain that sets the track's level; thresholds: those after it, which move with it by the same dB
    """

    level: int | None
    thresholds: tuple[int, ...]
    pan: int | None
    filters: tuple[Filter, ...]


def roles_of(space: ParameterSpace) -> Roles:
    """The roles of a space's free parameters."""
    names = [row.spec.name for row in space.free]
    levels = [i for i, row in enumerate(space.free) if row.spec.unit == "dB" and row.spec.name in _LEVEL_NAMES]
    # The last one: the fewest devices come after it.
    level = max(levels, key=lambda i: _slot(space.free[i]), default=None)
    after = [] if level is None else [i for i, row in enumerate(space.free) if _slot(row) > _slot(space.free[level])]
    thresholds = tuple(i for i in after if names[i].startswith("threshold") and space.free[i].spec.unit == "dB")
    pan = names.index("pan_lr") if "pan_lr" in names else None
    return Roles(level, thresholds, pan, tuple(_filters(space)))


def _slot(row: FreeParameter) -> float:
    """Where in the chain a parameter is; the channel comes last."""
    return float("inf") if row.device_index == CHANNEL else row.device_index


def _filters(space: ParameterSpace) -> Iterator[Filter]:
    """Every gain of a device that has at least one gain with a frequency."""
    frequencies = {_band(row): i for i, row in enumerate(space.free) if row.spec.unit == "Hz"}
    widths = {_band(row): i for i, row in enumerate(space.free) if _WIDTH.search(row.spec.name)}
    gains = {_band(row): i for i, row in enumerate(space.free) if row.spec.unit == "dB"}
    devices = {band[0] for band in gains if band in frequencies}
    for band, index in gains.items():
        if band[0] in devices:
            yield Filter(index, frequencies.get(band), widths.get(band))


def _band(row: FreeParameter) -> tuple[int, str]:
    """(device index, the words of its name that name no kind of parameter)"""
    words = [word for word in row.spec.name.split("_") if not _KIND_WORDS.fullmatch(word)]
    return row.device_index, "_".join(words)
