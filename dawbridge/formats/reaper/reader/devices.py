"""Reads effects as a session's devices."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dawbridge.devices import DeviceSpec, all_devices, get_device
from dawbridge.devices.faust import can_leave
from dawbridge.formats.jsfx import slider_names
from dawbridge.formats.reaper.foreign import foreign_device
from dawbridge.formats.reaper.reader.chain import Entry
from dawbridge.formats.reaper.reader.context import ImportContext
from dawbridge.formats.reaper.reader.effect_automation import effect_automation
from dawbridge.formats.reaper.reader.vst import VstIdentity, read_vst
from dawbridge.formats.reaper.text import number, tokens
from dawbridge.formats.reaper.vst_block import Pins
from dawbridge.session import Device, Sidechain

_OWN_JSFX = re.compile(r"dawbridge/(\w+)\.jsfx")
_TRIM = "trim"


@dataclass(frozen=True)
class Effect:
    """An effect as a device.

    trim: (decibels, whether the polarity is inverted) instead of a device, for the trim that dawbridge writes
    pins: of a VST: the track's channels that feed its inputs and outputs
    """

    device: Device | None
    is_instrument: bool = False
    trim: tuple[float, bool] | None = None
    pins: Pins | None = None


@dataclass
class Devices:
    """Makes the effects of one channel.

    sidechain_at: gives the sidechain that comes in on a channel and the next one
    used:         the channels on which effects listen to one
    """

    context: ImportContext
    sidechain_at: Callable[[int], Sidechain | None]
    used: set[int] = field(default_factory=set)

    def read(self, entries: list[Entry], where: str) -> list[Effect]:
        """One effect per entry, but one for the two entries of a mono plugin that processes left and right."""
        found: list[Effect] = []
        for count, entry in enumerate(entries, start=1):
            effect = self._effect(entry, f"{where} effect {count}")
            if found and _is_right_channel(found[-1], effect):
                found[-1] = replace(found[-1], pins=None)
            else:
                found.append(effect)
        for count, effect in enumerate(found, start=1):
            self._check_pins(effect, f"{where} effect {count}")
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
        moves = effect_automation(effect.device, entry, self.context, where)
        changes = {"is_bypassed": entry.is_bypassed, "automation": moves}
        return replace(effect, device=effect.device.model_copy(update=changes))

    def _vst(self, entry: Entry, where: str) -> Effect:
        vst = read_vst(entry, self.context, where)
        if isinstance(vst, VstIdentity):
            return Effect(foreign_device(entry.block), vst.is_instrument)
        if vst.device.device == "eq":  # a ReaEQ
            return Effect(vst.device)
        device = self._with_sidechain(vst.device, vst.spec, vst.block.inputs)
        return Effect(device, vst.spec.is_instrument, pins=(vst.block.inputs, vst.block.outputs))

    def _with_sidechain(self, device: Device, spec: DeviceSpec, inputs: tuple[int, ...]) -> Device:
        """The device with the sidechain that feeds an input after its main ones."""
        main = spec.channels if device.plugin is None else 2
        for pin in inputs[main:] if not spec.is_instrument else ():
            channel = (pin & -pin).bit_length() - 1
            if channel >= 2 and (sidechain := self.sidechain_at(channel)) is not None:
                if device.plugin is None and not spec.sidechain_channels:
                    continue
                self.used.add(channel)
                return device.model_copy(update={"sidechain": sidechain})
        return device

    def _check_pins(self, effect: Effect, where: str) -> None:
        """A Loss if a plugin is connected in another way than in a session: both channels in, both out."""
        if effect.pins is None or effect.device is None or effect.is_instrument:
            return
        inputs, outputs = effect.pins
        device = effect.device
        if device.plugin is not None:
            is_usual = inputs[:2] in ((1, 2), (1,), (3,), ()) and outputs[:2] in ((1, 2), (1,), (3,), ())
        else:
            is_stereo = get_device(device.device).channels == 2
            is_usual = is_stereo and (inputs[:2], outputs[:2]) in (((1, 2), (1, 2)), ((), ()))
        if not is_usual:
            what = f"that inputs hear the channels {inputs[:8]} and outputs go to {outputs[:8]} (a bit each)"
            self.context.losses.add("foreign.pins", where, what)

    def _own_jsfx(self, entry: Entry, where: str) -> Effect | None:
        """The device of a JSFX that dawbridge wrote; None for any other."""
        row = entry.block.tokens
        match = _OWN_JSFX.fullmatch(row[1]) if len(row) > 1 else None
        sliders = tokens(entry.block.lines[0]) if entry.block.lines else []
        if match is None:
            return None
        if match[1] == _TRIM:
            decibels, inverted = (number(sliders, index, 0.0, where) for index in range(2))
            return Effect(None, trim=(max(-120.0, min(decibels, 24.0)), inverted >= 0.5))
        spec = all_devices().get(match[1])
        if spec is None or not can_leave(spec):
            return None
        device = Device(device=spec.name, values=_slider_values(spec, sliders, where))
        if spec.sidechain_channels and (sidechain := self.sidechain_at(2)) is not None:
            self.used.add(2)
            device = device.model_copy(update={"sidechain": sidechain})
        return Effect(device, spec.is_instrument)


def _is_right_channel(left: Effect, right: Effect) -> bool:
    """Whether the two effects are one mono plugin with the same settings, for the left and the right channel."""
    if left.pins is None or right.pins is None or left.device is None or right.device != left.device:
        return False
    if left.device.plugin is not None or get_device(left.device.device).channels != 1:
        return False
    return (left.pins[0][:1], left.pins[1], right.pins[0][:1], right.pins[1]) == ((1,), (1,), (2,), (2,))


def _slider_values(spec: DeviceSpec, sliders: list[str], where: str) -> dict[str, float]:
    values = {}
    for name, text in zip(slider_names(spec), sliders):
        if text != "-":
            parameter = spec.parameter(name)
            value = min(max(number([text], 0, 0.0, where), parameter.minimum), parameter.maximum)
            steps = parameter.legal_steps
            values[name] = min(steps, key=lambda step: abs(step - value)) if steps else value
    return values
