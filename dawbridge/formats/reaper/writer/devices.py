"""Writes a device as an effect: a VST block, ReaEQ, a JSFX, or the text that REAPER itself wrote."""

import base64
from dataclasses import dataclass

from dawbridge.devices import DeviceSpec
from dawbridge.devices.states import host_state, preset_of_values
from dawbridge.devices.states.fxp import Fxp, decode_fxp
from dawbridge.formats.jsfx import slider_names
from dawbridge.formats.reaper import reaeq
from dawbridge.formats.reaper.comments import comment_block
from dawbridge.formats.reaper.foreign import foreign_block
from dawbridge.formats.reaper.ids import vst2_token, vst3_number, vst3_token
from dawbridge.formats.reaper.text import Block, line, token_text
from dawbridge.formats.reaper.vst_block import (
    Pins,
    VstBlock,
    encode_block,
    fxp_of,
    vst2_block,
    vst3_block,
    vstpreset_of,
)
from dawbridge.formats.reaper.writer.context import Export
from dawbridge.session import Device, spec_of
from dawbridge.session.rendered import INSTRUMENT

JSFX_FOLDER = "dawbridge"
_SLIDERS = 64


@dataclass(frozen=True)
class Effect:
    """An effect's block, and its comment."""

    block: Block
    comment: Block | None = None


def reason_against(device: Device) -> str:
    """Why REAPER cannot host the device; empty if it can."""
    spec = spec_of(device)
    if spec.is_hosted:
        return ""
    if device.plugin is not None:
        why = f"it is a {spec.kind} plugin, whose state only REAPER itself can write into a project"
        return why if foreign_block(device) is None else ""
    if spec.kind == "neural":
        return f"{spec.label} is a network, which no plugin plays"
    return ""


def plain_effects(export: Export, name: str, position: int, device: Device, where: str) -> list[Effect]:
    """The effects of a device with a table: two for a mono plugin, else one."""
    spec = spec_of(device)
    if spec.is_hosted:
        return _hosted(export, name, position, device, spec, where)
    if device.device == "eq" and not device.automation:
        return [_reaeq(export, device, where)]
    export.jsfx.add(device.device)
    values = spec.defaults | device.values
    return [jsfx_effect(device.device, tuple(values[slider] for slider in slider_names(spec)))]


def jsfx_effect(name: str, sliders: tuple[float, ...]) -> Effect:
    """The effect of a JSFX that is written beside the project."""
    numbers = line("", *sliders)[1:].split(" ")
    row = " ".join([*numbers, *["-"] * (_SLIDERS - len(numbers))])
    return Effect(Block(f"JS {JSFX_FOLDER}/{name}.jsfx " + '""', [row]))


def _reaeq(export: Export, device: Device, where: str) -> Effect:
    """A ReaEQ, with the exact values in its comment."""
    state = reaeq.encode_reaeq(reaeq.bands_of(device.values, export.session.sample_rate))
    block = VstBlock(reaeq.UNIQUE_ID, (1, 2), (1, 2), state)
    token = vst2_token(reaeq.UNIQUE_ID, "reaeq")
    export.losses.add("device.values", where, "its curve is ReaEQ's")
    head = line("VST", f"VST: {reaeq.LABEL}", "reaeq.dll", 0) + f' "" {token} ""'
    content = {"device": "eq", "values": dict(device.values), "sample_rate": export.session.sample_rate}
    return Effect(Block(head, [*encode_block(block)]), comment_block(content))


def foreign_effects(export: Export, name: str, position: int, device: Device, where: str) -> list[Effect]:
    """The effects of a foreign plugin that REAPER can host."""
    spec = spec_of(device)
    if spec.is_hosted:
        return _hosted(export, name, position, device, spec, where)
    block = foreign_block(device)
    return [] if block is None else [Effect(block)]  # `reason_against` has refused a device without a block


# VSTs


def _hosted(export: Export, name: str, position: int, device: Device, spec: DeviceSpec, where: str) -> list[Effect]:
    preset = _preset(export, name, position, device, spec, where)
    side = _side_pins(spec, export.sidechains.pairs.get((name, position)))
    if spec.channels == 1:
        pins: list[Pins] = [((1 << copy, *side), (1 << copy,)) for copy in range(2)]
    else:
        pins = [(() if position == INSTRUMENT else (1, 2, *side), (1, 2))]
    label = spec.label if spec.vendor in ("", None) else f"{spec.label} ({spec.vendor})"
    if token_text(label) != label:
        export.losses.add("device.device", where, f"the plugin's name {label!r}", "REAPER's files cannot quote it")
    return [_vst(spec, preset, row, token_text(label), position == INSTRUMENT, where) for row in pins]


def _side_pins(spec: DeviceSpec, pair: int | None) -> tuple[int, ...]:
    if pair is None:
        return ()
    return (1 << pair,) if spec.sidechain_channels == 1 else (1 << pair, 2 << pair)


def _vst(spec: DeviceSpec, preset: bytes | None, pins: Pins, label: str, is_instrument: bool, where: str) -> Effect:
    tag = {"vst3": "VST3", "vst2": "VST"}[spec.kind] + ("i" if is_instrument else "")
    if spec.kind == "vst3":
        number, token = vst3_number(spec.class_id), vst3_token(spec.class_id)
        block = VstBlock(number, pins[0], pins[1], b"") if preset is None else vst3_block(preset, number, pins, where)
        file = spec.file_name or f"{label}.vst3"
    else:
        token, file = vst2_token(int(spec.class_id), spec.label), spec.file_name or f"{label}.so"
        block = (
            VstBlock(int(spec.class_id), pins[0], pins[1], b"") if preset is None else vst2_block(preset, pins, where)
        )
    head = line("VST", f"{tag}: {label}", file, 0) + f' "" {token} ""'
    return Effect(Block(head, [*encode_block(block)]), _fxp_comment(spec, preset, where))


def _fxp_comment(spec: DeviceSpec, preset: bytes | None, where: str) -> Block | None:
    """A comment with what REAPER does not keep of an .fxp's header, if the reader would guess it wrong."""
    if preset is None or spec.kind != "vst2":
        return None
    program = decode_fxp(preset, where)
    if (program.plugin_version, program.parameter_count) == (1, likely_count(spec, program)):
        return None
    return comment_block({"fxp": [program.plugin_version, program.parameter_count]})


def likely_count(spec: DeviceSpec, program: Fxp) -> int:
    """The number of parameters that the reader guesses without the .fxp's header."""
    return len(spec.parameters) if program.chunk is not None else program.parameter_count


def _preset(export: Export, name: str, position: int, device: Device, spec: DeviceSpec, where: str) -> bytes | None:
    """The plugin's preset: the one that the render captured, else the session's, else one made of its values."""
    preset = export.rendered.states.get((name, position))
    if preset is None and device.state is not None:
        preset = base64.b64decode(device.state)
    if preset is None:
        return _preset_of_values(export, device, spec, where)
    host_state(spec, preset)  # raises InputError for another plugin's preset
    if not _comes_back(spec, preset, where):
        export.losses.add("device.state", where, "what surrounds the state in its preset file")
    return preset


def _comes_back(spec: DeviceSpec, preset: bytes, where: str) -> bool:
    if spec.kind == "vst3":
        return vstpreset_of(vst3_block(preset, 0, ((), ()), where), _class_id(preset), where) == preset
    program = decode_fxp(preset, where)
    again = fxp_of(vst2_block(preset, ((), ()), where), program.plugin_version, program.parameter_count, where)
    return again == preset


def _class_id(preset: bytes) -> str:
    return preset[8:40].decode("ascii")


def _preset_of_values(export: Export, device: Device, spec: DeviceSpec, where: str) -> bytes | None:
    """The preset made of the device's values; None, and a Loss if it has values, if the plugin's format is unknown."""
    if (preset := preset_of_values(spec, device.values)) is not None:
        return preset
    if device.values or device.plugin is None:
        why = "without a state that the plugin saved, it starts with its own defaults"
        export.losses.add("device.values", where, "its settings", why)
    return None
