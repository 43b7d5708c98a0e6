"""Project: a document, its archive and its arrangement, from which the parts of a session are read."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from lxml import etree

from dawbridge.formats.dawproject.reader.arrangement import Arrangement
from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.formats.dawproject.reader.points import ReadLane, from_zero
from dawbridge.formats.envelope import EnvelopePoint, automation_from
from dawbridge.formats.few_points import few_points, spanned_tolerance
from dawbridge.formats.safe_archive import SafeArchive
from dawbridge.params import ParameterSpec
from dawbridge.session import Automation

Convert = Callable[[np.ndarray], np.ndarray]


@dataclass
class Project:
    """One project.

    rate:  the session's sample rate
    taken: ids of the parameters whose automation was read
    """

    document: Document
    archive: SafeArchive
    arrangement: Arrangement
    rate: int = 48000
    taken: set[str] = field(default_factory=set)

    def take_lane(self, parameter: etree._Element | None) -> ReadLane | None:
        """The automation of a parameter's element, from the timeline's start on; None if there is none."""
        identity = None if parameter is None else parameter.get("id")
        lanes = [] if identity is None else self.arrangement.lanes.get(identity, [])
        if identity is None or not lanes:
            return None
        self.taken.add(identity)
        if len(lanes) > 1:
            self.document.losses.add("foreign.automation", lanes[1].where, "a second lane of one parameter")
        points = from_zero(lanes[0].points)
        return ReadLane(points, lanes[0].unit, lanes[0].where) if points else None

    def automation(self, parameter: etree._Element, convert: Convert, spec: ParameterSpec | None) -> Automation | None:
        """The automation of a parameter, its values converted and clipped to the range of `spec`."""
        lane = self.take_lane(parameter)
        if lane is None:
            return None
        if spec is not None and spec.legal_steps:
            return _stepped(lane.points, convert, np.array(spec.legal_steps))
        return automation_from(lane.points, lambda values: _within(convert(values), spec), self.rate)

    def add_unread_lane_losses(self) -> None:
        """Add a Loss for each automation that no part of the session has read."""
        for identity, lanes in self.arrangement.lanes.items():
            if identity in self.taken:
                continue
            element = self.document.by_id(identity)
            what = f"of {identity!r}, which does not exist"
            if element is not None:
                what = f"of {element.tag!s} {element.get('name', '')!r}"
            self.document.losses.add("foreign.automation", lanes[0].where, f"the automation {what}")


def _within(values: np.ndarray, spec: ParameterSpec | None) -> np.ndarray:
    return values if spec is None else np.clip(values, spec.minimum, spec.maximum)


def _stepped(points: list[EnvelopePoint], convert: Convert, steps: np.ndarray) -> Automation:
    """Automation of a stepped parameter: each point at the step nearest to it."""
    rows = [(time, float(value)) for (time, _), value in zip(points, convert(np.array([v for _, v in points])))]
    return few_points([(t, float(steps[np.abs(steps - v).argmin()])) for t, v in rows], spanned_tolerance)
