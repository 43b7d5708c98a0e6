"""Ardour's panners as gains of left and right. The laws are from Ardour's panner sources, measured on exports of 7.3.

- One channel to two: L = f(1 - azimuth), R = f(azimuth) with f(x) = x (s x + 1 - s), s = 2 - 4 * 10^(-3/20); -3 dB at
  the centre.
- Two channels to two: a balance, which ignores its width; or, if chosen, the equal-power panner, which mixes the sides
  unless its width is 1.
- A bypassed panner, and a route with one output, pass the signal unchanged.
"""

import numpy as np
from lxml import etree

from dawbridge.formats.ardour.reader.automation import AutomationLane, read_lane
from dawbridge.formats.ardour.reader.numbers import control_value, is_on
from dawbridge.formats.ardour.reader.stereo_gains import StereoGains, constant_gains, lane_gains
from dawbridge.formats.ardour.reader.time import Clock
from dawbridge.formats.loss import Losses

_MONO = "panner_1in2out"
_EQUAL_POWER = "panner_2in2out"
_KNOWN = (_MONO, "panner_balance", _EQUAL_POWER)
_SCALE = 2.0 - 4.0 * 10.0 ** (-3.0 / 20.0)


def read_panner(
    shell: etree._Element | None,
    pannable: etree._Element | None,
    widths: tuple[int, int],
    clock: Clock,
    losses: Losses,
    where: str,
) -> StereoGains:
    """The gains of a panner; `widths`: its channels (in, out)."""
    if shell is None or pannable is None or is_on(shell, "bypassed") or widths[1] < 2 or widths[0] < 1:
        return constant_gains(1.0, 1.0)
    lane = read_lane(pannable, "pan-azimuth", control_value(pannable, "pan-azimuth", where, 0.5), clock, where)
    if widths[0] == 1:
        return lane_gains(lane, lambda azimuth: (_rise(1.0 - azimuth), _rise(azimuth)))
    uri = _uri(shell)
    if uri == _EQUAL_POWER:
        return _equal_power(pannable, lane, losses, where)
    if uri not in _KNOWN:
        losses.add("foreign.panner", where, f"the panner {uri!r}; it is read as a balance")
    return lane_gains(lane, lambda azimuth: (_fall(1.0 - azimuth), _fall(azimuth)))


def _uri(shell: etree._Element) -> str:
    """The last part of the panner's URI: the one in use, else the one that the user chose, else a balance."""
    chosen = shell.find("Panner")
    uri = (chosen.get("uri") if chosen is not None else None) or shell.get("user-panner") or "panner_balance"
    return uri.rpartition("/")[2]


def _rise(azimuth: np.ndarray) -> np.ndarray:
    azimuth = np.clip(azimuth, 0.0, 1.0)
    return azimuth * (_SCALE * azimuth + 1.0 - _SCALE)


def _fall(azimuth: np.ndarray) -> np.ndarray:
    return np.clip(2.0 * azimuth, 0.0, 1.0)


def _equal_power(pannable: etree._Element, lane: AutomationLane, losses: Losses, where: str) -> StereoGains:
    """The gain of each input to its own side. What it sends to the other side is a loss."""
    width = control_value(pannable, "pan-width", where, 1.0)
    mixes = width != 1.0 or not lane.is_constant or lane.values[0] != 0.5
    if mixes:
        why = "a session's pan is a balance, so what each side sends to the other is left out"
        losses.add("foreign.pan_width", where, f"a stereo panner of width {width:g}", why)
    half = width / 2.0
    return lane_gains(lane, lambda azimuth: (_rise(1.0 - (azimuth - half)), _rise(azimuth + half)))
