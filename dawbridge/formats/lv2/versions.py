"""The version of each LV2 plugin. Hosts load the highest installed one, so every change must raise it.

A row is (minor, micro, digest of the device's code and table). A change of the sound or the ports raises minor by two;
any other change raises micro by two. LV2 reserves odd numbers for unreleased versions.
"""

import hashlib
import re

from dawbridge.devices import DeviceSpec
from dawbridge.devices.faust import Strip, faust_code

VERSIONS = {
    "gain": (2, 0, "62b82e50fefd4c4b"),
    "polarity": (2, 0, "f311386b9444df7b"),
    "eq": (2, 0, "922fdf42108f5c40"),
    "compressor": (2, 0, "a4c2071ca71dbde2"),
    "sidechain_compressor": (2, 0, "c8f29bd2f37928b9"),
    "pan": (2, 0, "5dc374067332a2f3"),
    "reverb": (2, 0, "d24df7875a993ed0"),
    "synth": (2, 0, "91a3f86c2d745e6a"),
}
_COMMENT = re.compile(r"//[^\n]*")


def version_of(spec: DeviceSpec | Strip) -> tuple[int, int]:
    """(minor, micro). Those of a strip are the sums over its devices, so they grow with each of them."""
    rows = [VERSIONS[device.name] for device in (spec.devices if isinstance(spec, Strip) else (spec,))]
    return sum(row[0] for row in rows), sum(row[1] for row in rows)


def code_digest(spec: DeviceSpec | Strip) -> str:
    """A digest of the device's Faust code and table; comments and spaces do not count."""
    code = "".join(_COMMENT.sub("", faust_code(spec)).split())
    rows = [(p.name, p.minimum, p.maximum, p.default, p.unit, p.curve) for p in spec.parameters]
    return hashlib.sha256(repr((code, rows, spec.sidechain_channels)).encode()).hexdigest()[:16]
