"""REAPER's effects as a session's devices."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dawbridge.devices import DeviceSpec, all_devices, get_device
from dawbridge.devices.faust import can_leave
from dawbridge.devices.states.fxp import decode_fxp
from dawbridge.errors import InputError
from dawbridge.formats.envelope import automation_from
from dawbridge.formats.jsfx import slider_names
from dawbridge.formats.reaper import reaeq
from dawbridge.formats.reaper.comments import read_comment
from dawbridge.formats.reaper.foreign import foreign_device
from dawbridge.formats.reaper.ids import vst3_number
from dawbridge.formats.reaper.parameters import parameter_named, parameter_scale
from dawbridge.formats.reaper.reader.chain import Entry
from dawbridge.formats.reaper.reader.context import Import
from dawbridge.formats.reaper.reader.levels import read_envelope
from dawbridge.formats.reaper.text import Block, number, tokens
from dawbridge.formats.reaper.vst_block import VstBlock, decode_block, fxp_of, vstpreset_of
from dawbridge.session import Automation, Device, ForeignPlugin, Sidechain

_VST2_ID = re.compile(r"(-?\d{1,10})(?:<[0-9A-Fa-f]*>)?")
_VST3_ID = re.compile(r"\d*\{([0-9A-Fa-f]{32})\}")
_OWN_JSFX = re.compile(r"dawbridge/(\w+)\.jsfx")
_KIND = re.compile(r"(VST3?)(i?): ?(.*)", re.DOTALL)
TRIM = "trim"
_MOST_VERSION = 2**31 - 1


@dataclass(frozen=True)
class Effect:
    """An effect as a device; as a `trim` (decibels, inverted) where it is the one that the writer puts in."""

    device: Device | None
    is_instrument: bool = False
    trim: tuple[float, bool] | None = None
    pins: tuple[tuple[int, ...], tuple[int, ...]] | None = None


@dataclass
class Devices:
    """Makes the effects of one channel. `sidechain`: the first of two channels → what comes in there."""

    imported: Import
    sidechain: Callable[[int], Sidechain | None]
    used: set[int] = field(default_factory=set)

    def read(self, entries: list[Entry], where: str) -> list[Effect]:
        """An effect of each entry; of two mono ones that stand side by side, one."""
        found: list[Effect] = []
        for place, entry in enumerate(entries, start=1):
            effect = self._effect(entry, f"{where} effect {place}")
            if found and _is_other_side(found[-1], effect):
                found[-1] = replace(found[-1], pins=None)
            else:
                found.append(effect)
        for place, effect in enumerate(found, start=1):
            self._check_pins(effect, f"{where} effect {place}")
        return found

    def _effect(self, entry: Entry, where: str) -> Effect:
        tag = entry.block.name
        if tag == "VST":
            effect = self._vst(entry, where)
        elif tag == "JS" and (own := self._own_jsfx(entry, where)) is not None:
            effect = own
        else:
            name = entry.block.tokens[1] if len(entry.block.tokens) > 1 else ""
            effect = Effect(foreign_device(entry.block), bool(re.match(r"(AU|CLAP|LV2|DX)i: ", name)))
        if effect.device is None:
            return effect
        changes = {"is_bypassed": entry.is_bypassed, "automation": self._automation(effect.device, entry, where)}
        return replace(effect, device=effect.device.model_copy(update=changes))

    # VSTs

    def _vst(self, entry: Entry, where: str) -> Effect:
        row = [*entry.block.tokens[1:], *[""] * 5]
        kind, id_, is_instrument, label = _identity(row)
        block = decode_block(entry.block.lines, where) if entry.block.lines else VstBlock(0, (), (), b"")
        if kind == "vst2" and not id_ and entry.block.lines:
            id_ = str(block.number - 2**32 if block.number >= 2**31 else block.number)
        if not id_:
            return Effect(foreign_device(entry.block), is_instrument)
        if kind == "vst2" and int(id_) == reaeq.UNIQUE_ID and block.is_opaque and block.state:
            if (device := self._reaeq(block, entry, where)) is not None:
                return Effect(device)
        spec = _known(kind, id_)
        if spec is None:
            plugin = ForeignPlugin(kind=kind, id=id_, label=label[:1000])
            device = Device(device="foreign", plugin=plugin)
            spec = DeviceSpec("foreign", kind, label, (), "", class_id=id_, is_instrument=is_instrument)
        else:
            device = Device(device=spec.name)
        device = self._with_state(device, spec, block, entry, where)
        return Effect(self._steered(device, spec, block.inputs), spec.is_instrument, pins=(block.inputs, block.outputs))

    def _with_state(self, device: Device, spec: DeviceSpec, block: VstBlock, entry: Entry, where: str) -> Device:
        numbers = {int(spec.class_id) % 2**32} if spec.kind == "vst2" else {vst3_number(spec.class_id), 0}
        if not block.state:
            return device
        if block.number not in numbers:
            text = f"its state, which is another plugin's ({block.number:08X})"
            self.imported.losses.add("foreign.state", where, text)
            return device
        if spec.kind == "vst3":
            preset = vstpreset_of(block, spec.class_id, where)
        else:
            preset = fxp_of(block, *_fxp_header(spec, entry), where)
            decode_fxp(preset, where)
        return device.model_copy(update={"state": base64.b64encode(preset).decode()})

    def _reaeq(self, block: VstBlock, entry: Entry, where: str) -> Device | None:
        """The built-in eq of a ReaEQ; None where that cannot do the same."""
        told = read_comment(entry.comment)
        if told.get("device") == "eq" and (values := _exact_values(told, block.state)) is not None:
            return Device(device="eq", values=values)
        bands, gain = reaeq.decode_reaeq(block.state, where)
        values = reaeq.values_of(bands, gain, self.imported.sample_rate)
        if values is None:
            return None
        self.imported.losses.add("foreign.reaeq", where, "its curve is that of the built-in eq")
        return Device(device="eq", values=values)

    def _steered(self, device: Device, spec: DeviceSpec, inputs: tuple[int, ...]) -> Device:
        main = spec.channels if device.plugin is None else 2
        for pin in inputs[main:] if not spec.is_instrument else ():
            first = (pin & -pin).bit_length() - 1
            if first >= 2 and (side := self.sidechain(first)) is not None:
                if device.plugin is None and not spec.sidechain_channels:
                    continue
                self.used.add(first)
                return device.model_copy(update={"sidechain": side})
        return device

    def _check_pins(self, effect: Effect, where: str) -> None:
        """A Loss where a plugin is fed otherwise than a session's are: both channels in, both out."""
        if effect.pins is None or effect.device is None or effect.is_instrument:
            return
        inputs, outputs = effect.pins
        device = effect.device
        if device.plugin is not None:
            usual = inputs[:2] in ((1, 2), (1,), (3,), ()) and outputs[:2] in ((1, 2), (1,), (3,), ())
        else:
            is_stereo = get_device(device.device).channels == 2
            usual = is_stereo and (inputs[:2], outputs[:2]) in (((1, 2), (1, 2)), ((), ()))
        if not usual:
            text = f"that inputs hear the channels {inputs[:8]} and outputs go to {outputs[:8]} (a bit each)"
            self.imported.losses.add("foreign.pins", where, text)

    # JSFX of ours

    def _own_jsfx(self, entry: Entry, where: str) -> Effect | None:
        """The device of a JSFX that the writer made; None for any other."""
        row = entry.block.tokens
        match = _OWN_JSFX.fullmatch(row[1]) if len(row) > 1 else None
        sliders = tokens(entry.block.lines[0]) if entry.block.lines else []
        if match is None:
            return None
        if match[1] == TRIM:
            decibels, inverted = (number(sliders, place, 0.0, where) for place in range(2))
            return Effect(None, trim=(max(-120.0, min(decibels, 24.0)), inverted >= 0.5))
        spec = all_devices().get(match[1])
        if spec is None or not can_leave(spec):
            return None
        device = Device(device=spec.name, values=_slider_values(spec, sliders, where))
        if spec.sidechain_channels and (side := self.sidechain(2)) is not None:
            self.used.add(2)
            device = device.model_copy(update={"sidechain": side})
        return Effect(device, spec.is_instrument)

    # Envelopes

    def _automation(self, device: Device, entry: Entry, where: str) -> dict[str, Automation]:
        moves: dict[str, Automation] = {}
        for block in entry.envelopes:
            points = read_envelope(block, where, self.imported)
            if not points:
                continue
            head = block.head.removeprefix("PARMENV").strip()
            if device.plugin is not None:
                moves[head] = automation_from(points, lambda values: values)
                continue
            spec = get_device(device.device)
            name = None if device.device == "eq" and entry.block.name == "VST" else _parameter(spec, head)
            if name is None:
                self.imported.losses.add("foreign.automation", where, f"the automation of its parameter {head[:40]!r}")
                continue
            moves[name] = _within(spec, name, automation_from(points, parameter_scale(spec, name)[1]))
        return moves


def _identity(row: list[str]) -> tuple[str, str, bool, str]:
    """(kind, class id or '', is instrument, label) of a VST's head: name, file, 0, custom name, id."""
    name, file, token = row[0], row[1], row[4]
    match = _KIND.fullmatch(name)
    three, two = _VST3_ID.fullmatch(token), _VST2_ID.fullmatch(token)
    is_three = three is not None or file.lower().endswith(".vst3") or (match is not None and match[1] == "VST3")
    label = match[3] if match else name
    found = three[1] if three else (two[1] if two and not is_three else "")
    if found and not is_three and not -(2**31) <= int(found) < 2**32:
        found = ""
    if found and not is_three and int(found) >= 2**31:
        found = str(int(found) - 2**32)
    return "vst3" if is_three else "vst2", found, bool(match and match[2]), label


def _known(kind: str, id_: str) -> DeviceSpec | None:
    rows = (spec for spec in all_devices().values() if spec.kind == kind)
    return next((spec for spec in rows if spec.class_id.upper() == id_.upper()), None)


def _fxp_header(spec: DeviceSpec, entry: Entry) -> tuple[int, int]:
    """(version, count of parameters) for an .fxp: as a comment of ours tells, else as is likely."""
    told = read_comment(entry.comment).get("fxp")
    is_told = isinstance(told, list) and len(told) == 2 and all(isinstance(row, int) for row in told)
    if is_told and all(-_MOST_VERSION <= row <= _MOST_VERSION for row in told):
        return told[0], told[1]
    return 1, len(spec.parameters)


def _exact_values(told: dict, state: bytes) -> dict[str, float] | None:
    """The values that a comment tells, if they make just this state."""
    values, rate, spec = told.get("values"), told.get("sample_rate"), get_device("eq")
    if not isinstance(values, dict) or not isinstance(rate, int) or not 1000 <= rate <= 1_000_000:
        return None
    try:
        checked = {name: spec.parameter(name).check(value) for name, value in values.items()}
        made = reaeq.encode_reaeq(reaeq.bands_of(checked, rate))
    except (InputError, ArithmeticError, ValueError):
        return None
    return checked if made == state else None


def _is_other_side(first: Effect, second: Effect) -> bool:
    """Whether two effects are one mono plugin, once for each side."""
    if first.pins is None or second.pins is None or first.device is None or second.device != first.device:
        return False
    if first.device.plugin is not None or get_device(first.device.device).channels != 1:
        return False
    return (first.pins[0][:1], first.pins[1], second.pins[0][:1], second.pins[1]) == ((1,), (1,), (2,), (2,))


def _slider_values(spec: DeviceSpec, sliders: list[str], where: str) -> dict[str, float]:
    values = {}
    for name, text in zip(slider_names(spec), sliders):
        if text != "-":
            parameter = spec.parameter(name)
            value = min(max(number([text], 0, 0.0, where), parameter.minimum), parameter.maximum)
            steps = parameter.legal_steps
            values[name] = min(steps, key=lambda step: abs(step - value)) if steps else value
    return values


def _parameter(spec: DeviceSpec, head: str) -> str | None:
    row = tokens(head)
    return parameter_named(spec, row[0]) if row else None


def _within(spec: DeviceSpec, name: str, automation: Automation) -> Automation:
    """The automation with legal values at its points: a step where there are steps."""
    steps = spec.parameter(name).legal_steps
    if not steps:
        return automation
    return _stepped(automation, steps)


def _stepped(automation: Automation, steps: tuple[float, ...]) -> Automation:
    rows = []
    for point in automation.points:
        value = min(steps, key=lambda step: abs(step - point.value))
        rows.append(point.model_copy(update={"value": value}))
    return Automation(points=tuple(rows), unit=automation.unit)


__all__ = ["Block", "Devices", "Effect"]
