"""Reads Volume and Pan as a level in decibels and a pan, with their automation."""

import numpy as np
from lxml import etree

from dawbridge.formats.balance import LEAST_DB, MOST_DB, from_balance, read_level, read_pan, to_balance
from dawbridge.formats.dawproject.reader.project import Project
from dawbridge.formats.envelope import EnvelopePoint, bent
from dawbridge.session import Automation
from dawbridge.units import db_to_gain

_LOUDEST_DB = 200.0
_LEAST_SPAN = 1e-9  # of a pan's range: below that it is none


def read_levels(project: Project, holder: etree._Element | None, level_name: str, pan_law: int, where: str) -> dict:
    """The fields of a channel or send: level, pan_lr, automation. `pan_law`: 1 for a mono file's, else 2."""
    if holder is None:
        return {}
    volume, pan = holder.find("Volume"), holder.find("Pan")
    gain, balance = _gain(project, volume), _balance(project, pan)
    level_db, pan_lr = (float(value) for value in from_balance(gain, balance, pan_law))
    if float(to_balance(level_db, pan_lr, pan_law)[0]) < gain * 0.999:
        project.document.losses.add("foreign.level", where, f"a level above {MOST_DB:g} dB")
    fields: dict = {level_name: level_db, "pan_lr": pan_lr}
    gains, balances = _gains(project, volume), _balances(project, pan)
    moves: dict[str, Automation] = {}
    if gains:
        moves[level_name] = read_level(gains, balances or balance, pan_law, project.rate)
    elif balances and pan_law == 1:
        moves[level_name] = read_level([(0.0, gain)], balances, pan_law, project.rate)
    if balances:
        moves["pan_lr"] = read_pan(balances, pan_law, project.rate)
    return fields | {"automation": moves}


def _gain(project: Project, volume: etree._Element | None) -> float:
    if volume is None:
        return 1.0
    return float(_to_gain(project.document.any_number(volume, "value", 1.0), volume.get("unit")))


def _to_gain(values: float | np.ndarray, unit: str | None) -> np.ndarray:
    values = np.clip(values, -1e6, 1e6)
    return db_to_gain(np.clip(values, LEAST_DB, _LOUDEST_DB)) if unit == "decibel" else np.maximum(values, 0.0)


def _balance(project: Project, pan: etree._Element | None) -> float:
    if pan is None:
        return 0.0
    return float(_to_balance(project.document.number(pan, "value", _middle(project, pan)), *_range(project, pan)))


def _to_balance(values: float | np.ndarray, lowest: float, highest: float) -> np.ndarray:
    return np.clip((np.asarray(values) - lowest) / (highest - lowest) * 2.0 - 1.0, -1.0, 1.0)


def _range(project: Project, pan: etree._Element) -> tuple[float, float]:
    """The values of hard left and hard right."""
    default = {"linear": (-1.0, 1.0), "percent": (-100.0, 100.0)}.get(pan.get("unit", ""), (0.0, 1.0))
    lowest = project.document.number(pan, "min", default[0])
    highest = project.document.number(pan, "max", default[1])
    return (lowest, highest) if highest - lowest > _LEAST_SPAN else default


def _middle(project: Project, pan: etree._Element) -> float:
    lowest, highest = _range(project, pan)
    return (lowest + highest) / 2


def _gains(project: Project, volume: etree._Element | None) -> list[EnvelopePoint]:
    lane = project.take_lane(volume)
    if volume is None or lane is None:
        return []
    unit, points = lane.unit or volume.get("unit"), lane.points
    if unit == "decibel":
        points = [(time, min(max(value, LEAST_DB), _LOUDEST_DB)) for time, value in points]
        points = bent(points, db_to_gain)
    return [(time, float(_to_gain(value, unit))) for time, value in points]


def _balances(project: Project, pan: etree._Element | None) -> list[EnvelopePoint]:
    lane = project.take_lane(pan)
    if pan is None or lane is None:
        return []
    ends = (0.0, 1.0) if lane.unit == "normalized" else _range(project, pan)
    return [(time, float(_to_balance(value, *ends))) for time, value in lane.points]
