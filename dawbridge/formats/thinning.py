"""Thinning: the few points that draw the same curve as many points with straight lines between them.

Between jumps the curve is cut where it is farthest off (as Ramer, Douglas and Peucker do) until one segment, straight
or exponential, is near enough; then neighbours that one segment can draw are joined. Near counts at equal time, along
the value. All segments of a round are looked at together, so that 60 000 points take less than a second.

Legal input is what a session may hold (`session.automation`): finite ascending times up to LATEST_TIME, which may be as
close as floats can be, and values within ±LARGEST_VALUE. Tolerances are at least 1e-12. Nothing overflows within that.
"""

from dataclasses import dataclass

import numpy as np

from dawbridge.curve import Shape

SNAP_S = 1e-7  # points closer than this are one jump
_LINE_SHARE, _JUMP_SHARE = 0.8, 0.1  # of the tolerance: for a segment; for a jump or a slope that is none
_MOST_CUTS = 40  # rounds after which a stretch is cut in its middle: its worst place may be at its end each time
_MOST_JOINS = 24
_LEAST_PRODUCT = 1e-100  # of the ends of an exponential: they have one sign, and a ratio that is a number


@dataclass(frozen=True)
class Polyline:
    """`values` at `times`, ascending, with straight lines between; two share a time at a jump. `tolerance` of each."""

    times: np.ndarray
    values: np.ndarray
    tolerance: np.ndarray


def snapped(times: np.ndarray, values: np.ndarray, tolerance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(times, values) with those closer than SNAP_S at the last one's time: the first and the last, where they differ.

    What a text rounds, and formats that write a jump as two times, make of one time several. A jump within a small
    share of `tolerance` is none.
    """
    chain = np.concatenate([[0], np.cumsum(np.diff(times) > SNAP_S)])
    begins = times[np.searchsorted(chain, chain)]
    part = np.floor((times - begins) / SNAP_S)
    is_last = np.concatenate([(np.diff(chain) > 0) | (np.diff(part) > 0), [True]])
    last = np.flatnonzero(is_last)
    first = np.concatenate([[0], last[:-1] + 1])
    is_jump = np.abs(values[first] - values[last]) > _JUMP_SHARE * tolerance[last]
    order = np.argsort(np.concatenate([first[is_jump], last]), kind="stable")
    rows = np.concatenate([times[last][is_jump], times[last]]), np.concatenate([values[first][is_jump], values[last]])
    return rows[0][order], rows[1][order]


def thinned(line: Polyline) -> list[tuple[float, float, Shape]]:
    """(time, value, shape) of the points that draw `line` to within its tolerance; never more than it has.

    A level stretch that ends in a jump is one `hold`; a level begin or end holds by itself. Equal times stand there
    twice at most (`snapped`).
    """
    is_fixed = _ends_of_stretches(line.times)
    kept = _without_level_ends(line, _joined(line, _cut(line, np.flatnonzero(is_fixed)), is_fixed))
    shapes = _shapes(line, kept)
    rows = zip(line.times[kept].tolist(), line.values[kept].tolist(), shapes)
    # What a hold ends in is told by the hold.
    return [row for place, row in enumerate(rows) if place == 0 or shapes[place - 1] != "hold"]


def _ends_of_stretches(times: np.ndarray) -> np.ndarray:
    """Whether each point must stay: the first, the last, and both of a jump."""
    is_jump = np.diff(times) == 0.0
    return np.concatenate([[True], is_jump]) | np.concatenate([is_jump, [True]])


def _cut(line: Polyline, kept: np.ndarray) -> np.ndarray:
    """The points to keep: `kept`, and those between at which no one segment is near enough."""
    found, begins, ends = [kept], kept[:-1], kept[1:]
    for cuts in range(len(line.times)):
        has_inside = ends - begins > 1
        begins, ends = begins[has_inside], ends[has_inside]
        if not len(begins):
            break
        is_straight, worst = _straight(line, begins, ends)
        is_done = is_straight | _exponential(line, begins, ends, ~is_straight)
        begins, ends, worst = begins[~is_done], ends[~is_done], worst[~is_done]
        middle = np.clip(worst, begins + 1, ends - 1) if cuts < _MOST_CUTS else (begins + ends) // 2
        found.append(middle)
        begins, ends = np.concatenate([begins, middle]), np.concatenate([middle, ends])
    return np.sort(np.concatenate(found))


def _joined(line: Polyline, kept: np.ndarray, is_fixed: np.ndarray) -> np.ndarray:
    """`kept` without the points whose two neighbours one segment joins as well. Every other one at a time."""
    idle = 0
    for number in range(_MOST_JOINS):
        places = np.arange(1 + number % 2, len(kept) - 1, 2)
        places = places[~is_fixed[kept[places]]]
        begins, ends = kept[places - 1], kept[places + 1]
        is_straight, _ = _straight(line, begins, ends)
        is_needless = is_straight | _exponential(line, begins, ends, ~is_straight)
        kept = np.delete(kept, places[is_needless])
        idle = 0 if is_needless.any() else idle + 1
        if idle == 2:
            break
    return kept


def _without_level_ends(line: Polyline, kept: np.ndarray) -> np.ndarray:
    if len(kept) > 1 and _is_level(line, kept[:1], kept[1:2])[0]:
        kept = kept[1:]
    if len(kept) > 1 and _is_level(line, kept[-2:-1], kept[-1:])[0]:
        kept = kept[:-1]
    return kept


def _is_level(line: Polyline, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Whether each stretch takes time, and ends as it begins."""
    rise = np.abs(line.values[ends] - line.values[begins])
    return (rise <= _JUMP_SHARE * line.tolerance[begins]) & (line.times[ends] > line.times[begins])


def _shapes(line: Polyline, kept: np.ndarray) -> list[Shape]:
    """The shapes of the segments that begin at `kept`; of the last point, linear."""
    begins, ends = kept[:-1], kept[1:]
    is_straight, _ = _straight(line, begins, ends)
    shapes: list[Shape] = ["linear" if straight else "exponential" for straight in is_straight]
    ends_in_jump = np.concatenate([line.times[ends[:-1]] == line.times[ends[:-1] + 1], [False]])[: len(ends)]
    is_hold = is_straight & ends_in_jump & _is_level(line, begins, ends)
    return [*("hold" if hold else shape for hold, shape in zip(is_hold, shapes)), "linear"]


def _straight(line: Polyline, begins: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(whether a straight line from point to point is near enough, which point is farthest off) of each stretch."""
    if not len(begins):
        return np.zeros(0, bool), begins
    row, place, first = _inside(begins, ends)
    share = _share(line, row, place, begins, ends)
    start, goal = line.values[begins][row], line.values[ends][row]
    off = np.abs(line.values[place] - (start + share * (goal - start))) / line.tolerance[place]
    most = np.maximum.reduceat(off, first)
    worst = np.flatnonzero(off == most[row])
    return most <= _LINE_SHARE, place[worst[np.searchsorted(worst, first)]]


def _exponential(line: Polyline, begins: np.ndarray, ends: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Whether an exponential is near enough, of those stretches that are `asked` about.

    It is bent between two points where the line is straight, by its second derivative / 8 at most.
    """
    values = line.values
    can = asked & (values[begins] * values[ends] > _LEAST_PRODUCT)
    fits = np.zeros(len(begins), bool)
    if not can.any():
        return fits
    begins, ends = begins[can], ends[can]
    row, place, first = _inside(begins, ends)
    growth = np.log(values[ends] / values[begins])[row]
    shares = [_share(line, row, place + step, begins, ends) for step in (0, 1)]
    curve = [values[begins][row] * np.exp(growth * share) for share in shares]
    off = np.maximum(*(np.abs(values[place + step] - curve[step]) for step in (0, 1)))
    sag = np.maximum(*np.abs(curve)) * (growth * (shares[1] - shares[0])) ** 2 / 8.0
    least = np.minimum(line.tolerance[place], line.tolerance[place + 1])
    fits[can] = np.maximum.reduceat((off + sag) / least, first) <= _LINE_SHARE
    return fits


def _inside(begins: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(stretch, point) of each point from a begin to before its end; and where each stretch begins among these."""
    counts = ends - begins
    first = np.cumsum(counts) - counts
    row = np.repeat(np.arange(len(begins)), counts)
    return row, np.arange(counts.sum()) - first[row] + begins[row], first


def _share(line: Polyline, row: np.ndarray, place: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How far along its stretch each point lies, 0…1."""
    times = line.times
    span = times[ends] - times[begins]
    return (times[place] - times[begins][row]) / np.where(span > 0.0, span, 1.0)[row]
