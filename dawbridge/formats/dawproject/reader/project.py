"""Project: a document, its archive, and what lies on its timeline; what the parts of a session are read from."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from lxml import etree

from dawbridge.formats.dawproject.reader.document import Document
from dawbridge.formats.dawproject.reader.points import ReadLane, from_zero
from dawbridge.formats.dawproject.reader.timeline import Laid
from dawbridge.formats.envelope import EnvelopePoint, automation_from
from dawbridge.formats.few_points import few_points, spanned_tolerance
from dawbridge.formats.safe_archive import SafeArchive
from dawbridge.params import ParameterSpec
from dawbridge.session import Automation

Convert = Callable[[np.ndarray], np.ndarray]


@dataclass
class Project:
    """taken: the identities of the parameters whose automation has found its place. rate: the session's."""

    document: Document
    archive: SafeArchive
    laid: Laid
    rate: int = 48000
    taken: set[str] = field(default_factory=set)

    def take_lane(self, parameter: etree._Element | None) -> ReadLane | None:
        """The automation of a parameter's element, from the timeline's start on; None where there is none."""
        identity = None if parameter is None else parameter.get("id")
        lanes = self.laid.lanes.get(identity, []) if identity is not None else []
        if not lanes:
            return None
        self.taken.add(identity)
        if len(lanes) > 1:
            self.document.losses.add("foreign.automation", lanes[1].where, "a second lane of one parameter")
        points = from_zero(lanes[0].points)
        return ReadLane(points, lanes[0].unit, lanes[0].where) if points else None

    def automation(self, parameter: etree._Element, convert: Convert, spec: ParameterSpec | None) -> Automation | None:
        """What moves a parameter, its values as `convert` makes them, within `spec`."""
        lane = self.take_lane(parameter)
        if lane is None:
            return None
        if spec is not None and spec.legal_steps:
            return _stepped(lane.points, convert, np.array(spec.legal_steps))
        return automation_from(lane.points, lambda values: _within(convert(values), spec), self.rate)

    def lose_other_lanes(self) -> None:
        """Report the automation of what has none in a session, or is nowhere."""
        for identity, lanes in self.laid.lanes.items():
            if identity in self.taken:
                continue
            element = self.document.by_id(identity)
            what = f"of {identity!r}, which is nowhere"
            if element is not None:
                what = f"of {element.tag} {element.get('name', '')!r}"
            self.document.losses.add("foreign.automation", lanes[0].where, f"the automation {what}")


def _within(values: np.ndarray, spec: ParameterSpec | None) -> np.ndarray:
    return values if spec is None else np.clip(values, spec.minimum, spec.maximum)


def _stepped(points: list[EnvelopePoint], convert: Convert, steps: np.ndarray) -> Automation:
    """Lines from step to step; or, where a line is bent on its way, the steps that its points are next to."""
    rows = [(time, float(value)) for (time, _), value in zip(points, convert(np.array([v for _, v in points])))]
    return few_points([(t, float(steps[np.abs(steps - v).argmin()])) for t, v in rows], spanned_tolerance)
