"""Reads a `<VST` block: which plugin it is, its preset, and the built-in eq where it is a ReaEQ."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from dawbridge.devices import DeviceSpec, find_plugin, get_device
from dawbridge.devices.states.fxp import decode_fxp
from dawbridge.errors import InputError
from dawbridge.formats.reaper import reaeq
from dawbridge.formats.reaper.comments import read_comment
from dawbridge.formats.reaper.ids import vst3_number
from dawbridge.formats.reaper.reader.chain import Entry
from dawbridge.formats.reaper.reader.context import ImportContext
from dawbridge.formats.reaper.vst_block import VstBlock, decode_block, fxp_of, vstpreset_of
from dawbridge.session import Device, ForeignPlugin

_VST2_ID = re.compile(r"(-?\d{1,10})(?:<[0-9A-Fa-f]*>)?")
_VST3_ID = re.compile(r"\d*\{([0-9A-Fa-f]{32})\}")
_KIND = re.compile(r"(VST3?)(i?): ?(.*)", re.DOTALL)
_MOST_VERSION = 2**31 - 1


@dataclass(frozen=True)
class VstIdentity:
    """A plugin: `kind` vst2 or vst3, its class id (empty if the project does not state it), and the name shown."""

    kind: str
    class_id: str
    is_instrument: bool
    label: str


@dataclass(frozen=True)
class VstEffect:
    """A VST as a device, with its block."""

    device: Device
    spec: DeviceSpec
    block: VstBlock


def read_vst(entry: Entry, context: ImportContext, where: str) -> VstEffect | VstIdentity:
    """The VST of an entry; its identity alone if that has no class id."""
    identity = _identity([*entry.block.tokens[1:], *[""] * 5])
    kind, class_id = identity.kind, identity.class_id
    block = decode_block(entry.block.lines, where) if entry.block.lines else VstBlock(0, (), (), b"")
    if kind == "vst2" and not class_id and entry.block.lines:
        class_id = str(block.number - 2**32 if block.number >= 2**31 else block.number)
    if not class_id:
        return identity
    if kind == "vst2" and int(class_id) == reaeq.UNIQUE_ID and block.is_opaque and block.state:
        if (device := _reaeq(block, entry, context, where)) is not None:
            return VstEffect(device, get_device("eq"), block)
    spec = find_plugin(kind, class_id)
    if spec is None:
        plugin = ForeignPlugin(kind=kind, id=class_id, label=identity.label[:1000])
        device = Device(device="foreign", plugin=plugin)
        is_instrument = identity.is_instrument
        spec = DeviceSpec("foreign", kind, identity.label, (), "", class_id=class_id, is_instrument=is_instrument)
    else:
        device = Device(device=spec.name)
    return VstEffect(_with_state(device, spec, block, entry, context, where), spec, block)


def _identity(row: list[str]) -> VstIdentity:
    """The plugin that a VST block's head names: name, file, 0, custom name, id."""
    name, file, token = row[0], row[1], row[4]
    match = _KIND.fullmatch(name)
    vst3, vst2 = _VST3_ID.fullmatch(token), _VST2_ID.fullmatch(token)
    is_vst3 = vst3 is not None or file.lower().endswith(".vst3") or (match is not None and match[1] == "VST3")
    label = match[3] if match else name
    class_id = vst3[1] if vst3 else (vst2[1] if vst2 and not is_vst3 else "")
    if class_id and not is_vst3 and not -(2**31) <= int(class_id) < 2**32:
        class_id = ""
    if class_id and not is_vst3 and int(class_id) >= 2**31:
        class_id = str(int(class_id) - 2**32)
    return VstIdentity("vst3" if is_vst3 else "vst2", class_id, bool(match and match[2]), label)


def _with_state(
    device: Device, spec: DeviceSpec, block: VstBlock, entry: Entry, context: ImportContext, where: str
) -> Device:
    """The device with the block's state as a preset. A state of another plugin is a Loss."""
    numbers = {int(spec.class_id) % 2**32} if spec.kind == "vst2" else {vst3_number(spec.class_id), 0}
    if not block.state:
        return device
    if block.number not in numbers:
        context.losses.add("foreign.state", where, f"its state, which is another plugin's ({block.number:08X})")
        return device
    if spec.kind == "vst3":
        preset = vstpreset_of(block, spec.class_id, where)
    elif (preset := fxp_of(block, *_fxp_header(spec, entry), where)) is not None:
        decode_fxp(preset, where)  # raises InputError for a broken one
    if preset is None:
        return device
    return device.model_copy(update={"state": base64.b64encode(preset).decode()})


def _fxp_header(spec: DeviceSpec, entry: Entry) -> tuple[int, int]:
    """(version, number of parameters) for an .fxp: as dawbridge's comment says, else the likely ones."""
    header = read_comment(entry.comment).get("fxp")
    if isinstance(header, list) and len(header) == 2 and all(isinstance(row, int) for row in header):
        if all(-_MOST_VERSION <= row <= _MOST_VERSION for row in header):
            return header[0], header[1]
    return 1, len(spec.parameters)


def _reaeq(block: VstBlock, entry: Entry, context: ImportContext, where: str) -> Device | None:
    """The built-in eq that does what a ReaEQ does; None if it cannot."""
    comment = read_comment(entry.comment)
    if comment.get("device") == "eq" and (exact := _exact_values(comment, block.state)) is not None:
        return Device(device="eq", values=exact)
    bands, gain = reaeq.decode_reaeq(block.state, where)
    values = reaeq.values_of(bands, gain, context.sample_rate)
    if values is None:
        return None
    context.losses.add("foreign.reaeq", where, "its curve is that of the built-in eq")
    return Device(device="eq", values=values)


def _exact_values(comment: dict[str, Any], state: bytes) -> dict[str, float] | None:
    """The values in dawbridge's comment, if they result in exactly this state."""
    values, rate, spec = comment.get("values"), comment.get("sample_rate"), get_device("eq")
    if not isinstance(values, dict) or not isinstance(rate, int) or not 1000 <= rate <= 1_000_000:
        return None
    try:
        checked = {name: spec.parameter(name).check(value) for name, value in values.items()}
        encoded = reaeq.encode_reaeq(reaeq.bands_of(checked, rate))
    except (InputError, ArithmeticError, ValueError):
        return None
    return checked if encoded == state else None
