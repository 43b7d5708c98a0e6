"""The Faust code of a device or strip, ready for Faust's compiler."""

import re

from dawbridge.devices.faust.strip import Strip
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import InputError

_CONTROL = re.compile(r'\b(hslider|vslider|nentry|checkbox|button)\("')


def faust_code(spec: DeviceSpec | Strip) -> str:
    """Faust code with one control per parameter, labelled with its name. Raises InputError unless it is built in."""
    if isinstance(spec, Strip):
        return _strip_code(spec)
    if spec.dsp_path is None:
        raise InputError(f"{spec.name!r} is no built-in device ({spec.kind}), so it has no Faust code")
    return spec.dsp_path.read_text(encoding="utf-8")


def _strip_code(strip: Strip) -> str:
    """Each device in a Faust environment of its own. Sidechain inputs of later devices bypass the earlier ones."""
    parts, stages, waiting = [], [], strip.sidechain_channels
    for prefix, device in zip(strip.prefixes, strip.devices):
        code = _CONTROL.sub(rf'\1("{prefix}_', faust_code(device))
        parts.append(f"device_{prefix} = environment {{\n{code}}};\n")
        waiting -= device.sidechain_channels
        stages.append("(" + ", ".join([f"device_{prefix}.process", *["_"] * waiting]) + ")")
    return "".join(parts) + f"process = {' : '.join(stages)};\n"
