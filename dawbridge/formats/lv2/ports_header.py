"""Writes `ports.h`: what the C++ wrapper must know of a device."""

from dawbridge.devices import DeviceSpec
from dawbridge.devices.faust import Strip
from dawbridge.devices.faust.instrument import VOICES
from dawbridge.formats.lv2.ports import lv2_device
from dawbridge.params import ParameterSpec

_TEXT = """\
// The ports of {label}, in the order of {name}.ttl.
constexpr char kUri[] = "{uri}";
#define PLUGIN "{plugin}"
constexpr int {size};
constexpr int kParameters = {count};

struct Parameter {{
    const char* name;
    float minimum, maximum, standard;
    bool is_switch;
}};

constexpr Parameter parameters[] = {{
{rows}
}};
"""


def ports_header(spec: DeviceSpec | Strip) -> str:
    """C++: the URI, the number of inputs or voices, and each parameter's name, range and default."""
    return _TEXT.format(
        label=spec.label,
        name=spec.name,
        uri=lv2_device(spec).uri,
        plugin=plugin_header(spec),
        size=f"kVoices = {VOICES}" if spec.is_instrument else f"kInputs = {2 + spec.sidechain_channels}",
        count=len(spec.parameters),
        rows="\n".join(map(_row, spec.parameters)),
    )


def plugin_header(spec: DeviceSpec | Strip) -> str:
    """The C++ header that runs the device as an effect or as an instrument."""
    return "instrument.h" if spec.is_instrument else "effect.h"


def _row(parameter: ParameterSpec) -> str:
    numbers = ", ".join(f"{float(x)!r}f" for x in (parameter.minimum, parameter.maximum, parameter.default))
    return f'    {{"{parameter.name}", {numbers}, {str(parameter.curve == "boolean").lower()}}},'
