"""The parameter tables: per track its devices and channel, each value in its unit and in 0..1."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dawbridge.params import ParameterSpec
from dawbridge.report.identifiability import identifiability_text
from dawbridge.report.values import pan_text, parameter_label, value_text
from dawbridge.session import Device, Session, Track, spec_of

NEAR_0TO1, FAR_0TO1 = 0.05, 0.2  # differences of positions that are coloured as near and as far
_FADER = ParameterSpec("fader_db", -120.0, 24.0, 0.0, unit="dB", label="Fader")
_FADER_BAR = ParameterSpec("fader_db", -60.0, 24.0, 0.0, unit="dB")  # below it nothing is heard
_PAN = ParameterSpec("pan_lr", -1.0, 1.0, 0.0, label="Pan")
_KINDS = {"faust": "built-in", "vst3": "VST3", "vst2": "VST2", "neural": "neural"}


@dataclass(frozen=True)
class ParameterRow:
    """One parameter; its bar grows from `zero_0to1`; `sure` says how far it may be off, where that is known.

    The other fields are empty or None without a known truth.
    """

    label: str
    found: str
    found_0to1: float
    zero_0to1: float = 0.0
    sure: str = ""
    true: str = ""
    true_0to1: float | None = None
    difference: str = ""
    closeness: str = ""


@dataclass(frozen=True)
class DeviceTable:
    """One device, or the channel itself."""

    label: str
    kind: str
    is_bypassed: bool
    rows: tuple[ParameterRow, ...]


@dataclass(frozen=True)
class TrackTable:
    """One track: what its closed line shows, and its tables."""

    name: str
    fader: str
    pan: str
    is_muted: bool
    level_db: float | None
    devices: tuple[DeviceTable, ...]


# (track, index of the device, -1 for the channel, parameter) → the row of `metrics.json`'s `parameters`
Facts = dict[tuple[str, int, str], dict]


def track_tables(
    session: Session, truth: Session | None, levels_db: dict[str, float], parameters: Sequence[dict] = ()
) -> list[TrackTable]:
    """A table for each track; its truth is the track of the same name, device by device. `parameters`: what
    `metrics.json` says of them."""
    known = {track.name: track for track in truth.tracks} if truth else {}
    facts: Facts = {(row["track"], row["device"], row["parameter"]): row for row in parameters}
    tables = [_track(track, known.get(track.name), levels_db.get(track.name)) for track in session.tracks]
    return [_with_identifiability(table, track, facts) for table, track in zip(tables, session.tracks)]


def _with_identifiability(table: TrackTable, track: Track, facts: Facts) -> TrackTable:
    """The table with what is known of how well the mix determines each row."""
    devices = []
    for index, device in enumerate(table.devices):
        is_channel = index == len(table.devices) - 1
        specs = (_FADER, _PAN) if is_channel else spec_of(track.devices[index]).parameters
        found = [facts.get((track.name, -1 if is_channel else index, spec.name), {}) for spec in specs]
        texts = [identifiability_text(spec, fact) for spec, fact in zip(specs, found)]
        rows = [replace(row, sure=text) for row, text in zip(device.rows, texts)]
        devices.append(replace(device, rows=tuple(rows)))
    return replace(table, devices=tuple(devices))


def _track(track: Track, truth: Track | None, level_db: float | None) -> TrackTable:
    true_devices = truth.devices if truth else ()
    tables = [
        _device(device, true_devices[index] if index < len(true_devices) else None)
        for index, device in enumerate(track.devices)
    ]
    channel = (
        _row(_FADER, track.fader_db, truth.fader_db if truth else None, bar=_FADER_BAR),
        _row(_PAN, track.pan_lr, truth.pan_lr if truth else None),
    )
    tables.append(DeviceTable("Channel", "fader and pan", False, channel))
    fader, pan = (row.found for row in channel)
    return TrackTable(track.name, fader, pan, track.is_muted, level_db, tuple(tables))


def _device(device: Device, truth: Device | None) -> DeviceTable:
    spec = spec_of(device)
    values = spec.defaults | device.values
    true_values = {}
    if truth is not None and truth.device == device.device:
        true_values = spec.defaults | truth.values
    rows = tuple(_row(p, values[p.name], true_values.get(p.name)) for p in spec.parameters)
    return DeviceTable(spec.label, _KINDS.get(spec.kind, spec.kind), device.is_bypassed, rows)


def _row(spec: ParameterSpec, found: float, true: float | None, bar: ParameterSpec | None = None) -> ParameterRow:
    """The ParameterRow of `spec`; `bar` is the range that its bar shows."""
    position = float((bar or spec).to_0to1(found))
    zero = float((bar or spec).to_0to1(0.0)) if spec.minimum < 0.0 < spec.maximum else 0.0
    row = ParameterRow(parameter_label(spec), value_text(spec, found), position, zero)
    if true is None:
        return row
    true_position = float((bar or spec).to_0to1(true))
    distance = abs(position - true_position)
    closeness = "near" if distance <= NEAR_0TO1 else "far" if distance > FAR_0TO1 else "midway"
    difference, text = difference_text(spec, found, true), value_text(spec, true)
    return replace(row, difference=difference, true=text, true_0to1=true_position, closeness=closeness)


def difference_text(spec: ParameterSpec, found: float, true: float) -> str:
    """found − true in the unit; on a logarithmic range the change in percent; on steps whether they agree."""
    if spec.legal_steps:
        return "same" if math.isclose(found, true, abs_tol=1e-9) else "differs"
    if math.isclose(found, true, rel_tol=1e-3, abs_tol=1e-4 * (spec.maximum - spec.minimum)):
        return "none"
    if spec.curve == "logarithmic":
        return f"{(found / true - 1.0) * 100:+.3g} %"
    if spec.name.endswith("_lr"):
        return "none" if round(abs(found - true) * 100) == 0 else pan_text(found - true)
    text = value_text(spec, found - true)
    return text if text.startswith(("-", "+")) else f"+{text}"
