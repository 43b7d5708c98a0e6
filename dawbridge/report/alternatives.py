"""Other settings that sound the same: the table of the `alternatives` of `metrics.json`."""

from dataclasses import dataclass

from dawbridge.params import ParameterSpec
from dawbridge.report.page import Page
from dawbridge.report.values import parameter_label, value_text
from dawbridge.session import Track, spec_of
from dawbridge.session.parameter_space import CHANNEL
from dawbridge.session.validation import CHANNEL_SPECS


@dataclass(frozen=True)
class AlternativeRow:
    """One setting that differs; `track` and `null` stand only in the first row of an alternative."""

    track: str
    null: str
    device: str
    parameter: str
    found: str
    other: str


def alternative_rows(page: Page) -> list[AlternativeRow]:
    """A row for each setting that differs, alternative by alternative."""
    rows = []
    for one in page.metrics.get("alternatives") or ():
        track = page.session.track(one["track"])
        for index, part in enumerate(one["parameters"]):
            device, spec = _spec(track, part)
            track_name, null = (one["track"], f"{one['null_db']:.1f} dB") if index == 0 else ("", "")
            found, other = (value_text(spec, part[key]) for key in ("recovered", "value"))
            rows.append(AlternativeRow(track_name, null, device, parameter_label(spec), found, other))
    return rows


def _spec(track: Track, part: dict) -> tuple[str, ParameterSpec]:
    """The device as a person names it, and the parameter."""
    if part["device"] == CHANNEL:
        return "Channel", CHANNEL_SPECS[part["parameter"]]
    spec = spec_of(track.devices[part["device"]])
    return spec.label, next(each for each in spec.parameters if each.name == part["parameter"])
