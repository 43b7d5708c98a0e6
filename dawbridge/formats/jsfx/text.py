"""A built-in device as the text of a JSFX, which REAPER compiles when it loads it.

Sliders are in the order of the device's table, with its units, ranges and defaults. A JSFX computes in double
precision, dawbridge's own render in single. A sidechain comes in on the pins after the main two.
"""

from collections.abc import Mapping, Sequence

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.devices.faust import Strip, check_can_leave, make_strip, translate
from dawbridge.devices.faust.labels import parameter_label
from dawbridge.errors import InputError
from dawbridge.formats.jsfx.program import Program, read_program
from dawbridge.formats.jsfx.voices import instrument_sections
from dawbridge.params import ParameterSpec
from dawbridge.session import Device

_MOST_SLIDERS = 64  # REAPER 7 takes more; earlier ones do not
_STEPS = {"dB": 0.0001, "Hz": 0.0001, "ratio": 0.0001}
_FINEST_STEP = 0.000001


def slider_names(spec: DeviceSpec | Strip) -> tuple[str, ...]:
    """The names of the parameters in the order of the sliders. A slider's value is in the parameter's own unit.

    Raises InputError if `spec` is no built-in device, or a strip with too many parameters.
    """
    check_can_leave(spec)
    if len(spec.parameters) > _MOST_SLIDERS:
        count = len(spec.parameters)
        raise InputError(f"{spec.name}: {count} parameters; a JSFX has {_MOST_SLIDERS} sliders: make two strips of it")
    return tuple(parameter.name for parameter in spec.parameters)


def jsfx_text(spec: DeviceSpec | Strip, values: Mapping[str, float] | None = None, description: str = "") -> str:
    """The JSFX of `spec`. Its sliders start at `values`, else at the table's defaults.

    description: the name that REAPER shows; empty for the device's label

    Raises InputError if `spec` is no built-in device, or a strip with too many parameters, or a value is out of range.
    """
    names = slider_names(spec)
    starts = _starts(spec, values or {})
    program = read_program(translate([spec], "jsfx")[0])
    sliders = [_slider(count, row, starts[row.name]) for count, row in enumerate(spec.parameters, start=1)]
    title = " ".join((description or f"dawbridge {spec.label}").split())
    lines = [
        f"desc:{title}",
        "//author: dawbridge",
        f"// The built-in device {spec.name} of dawbridge. Proven in EEL2, REAPER's language; not run in REAPER.",
        "",
        *sliders,
        "",
        *_pins(spec),
        *_sections(program, names, spec),
    ]
    return "\n".join(lines) + "\n"


def strip_jsfx_text(devices: Sequence[Device], description: str = "") -> str:
    """One JSFX of a session's built-in devices in series, with their values. Bypassed devices are left out."""
    active = [device for device in devices if not device.is_bypassed]
    strip = make_strip([device.device for device in active])
    values = {
        f"{prefix}_{name}": value
        for prefix, device in zip(strip.prefixes, active)
        for name, value in (get_device(device.device).defaults | device.values).items()
    }
    return jsfx_text(strip, values, description)


def _starts(spec: DeviceSpec | Strip, values: Mapping[str, float]) -> dict[str, float]:
    rows = {parameter.name: parameter for parameter in spec.parameters}
    for name in values:
        if name not in rows:
            raise InputError(f"{spec.name} has no parameter {name!r}; it has {', '.join(rows)}")
    checked = {name: rows[name].check(value, spec.name) for name, value in values.items()}
    return {name: checked.get(name, parameter.default) for name, parameter in rows.items()}


def _slider(number: int, parameter: ParameterSpec, start: float) -> str:
    label = parameter_label(parameter)
    if parameter.curve == "boolean":
        return f"slider{number}:{start:.0f}<0,1,1{{off,on}}>{label}"
    step = _STEPS.get(parameter.unit, _FINEST_STEP)
    shape = ":log" if parameter.curve == "logarithmic" else ""
    unit = f" ({parameter.unit})" if parameter.unit not in ("", "ratio") else ""
    numbers = ",".join(map(_decimal, (parameter.minimum, parameter.maximum, step)))
    return f"slider{number}:{_decimal(start)}<{numbers}{shape}>{label}{unit}"


def _decimal(value: float) -> str:
    """The value without an exponent, which JSFX does not read."""
    text = f"{value:.12f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _pins(spec: DeviceSpec | Strip) -> list[str]:
    if spec.is_instrument:
        return ["in_pin:none", "out_pin:Left", "out_pin:Right"]
    sides = [f"Side {channel}" for channel in range(1, spec.sidechain_channels + 1)]
    return [*(f"in_pin:{name}" for name in ("Left", "Right", *sides)), "out_pin:Left", "out_pin:Right"]


def _sections(program: Program, names: tuple[str, ...], spec: DeviceSpec | Strip) -> list[str]:
    """All sections. Slider values are clipped to their ranges, since a host may send any."""
    rows = zip(names, spec.parameters)
    reads = [
        f"{program.variables[name]} = min(max(slider{number}, {_decimal(row.minimum)}), {_decimal(row.maximum)});"
        for number, (name, row) in enumerate(rows, start=1)
    ]
    parts: Mapping[str, Sequence[str]]
    if spec.is_instrument:
        parts = instrument_sections(program, reads)
    else:
        sample = (*program.sample, *program.outputs)
        parts = {"@init": program.init, "@slider": (*reads, *program.slider), "@sample": sample}
    return [line for name, code in parts.items() for line in ("", name, *code)]
