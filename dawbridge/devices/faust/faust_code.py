"""The Faust text of a device or strip, as it goes to Faust's compiler."""

import re

from dawbridge.devices.faust.strip import Strip
from dawbridge.devices.spec import DeviceSpec

_CONTROL = re.compile(r'\b(hslider|vslider|nentry|checkbox|button)\("')


def faust_code(spec: DeviceSpec | Strip) -> str:
    """Faust text with one control per parameter, labelled with its name."""
    if isinstance(spec, Strip):
        return _strip_code(spec)
    return spec.dsp_path.read_text(encoding="utf-8")


def _strip_code(strip: Strip) -> str:
    """Each device in an environment of its own. Inputs that steer later devices pass by the earlier ones."""
    parts, stages, waiting = [], [], strip.sidechain_channels
    for prefix, device in zip(strip.prefixes, strip.devices):
        code = _CONTROL.sub(rf'\1("{prefix}_', faust_code(device))
        parts.append(f"device_{prefix} = environment {{\n{code}}};\n")
        waiting -= device.sidechain_channels
        stages.append("(" + ", ".join([f"device_{prefix}.process", *["_"] * waiting]) + ")")
    return "".join(parts) + f"process = {' : '.join(stages)};\n"
