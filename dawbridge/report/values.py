"""Names and values of parameters as a person reads them."""

from collections.abc import Callable

from dawbridge.params import ParameterSpec
from dawbridge.units import format_value

_SUFFIXES = ("_db", "_hz", "_s", "_lr", "_0to1")


def parameter_label(spec: ParameterSpec) -> str:
    """The name on the plugin's face, else the spec's name without its unit: `Low shelf gain`, `Bell 1 Q`."""
    if spec.label:
        return spec.label
    suffix = next((suffix for suffix in _SUFFIXES if spec.name.endswith(suffix)), "")
    words = spec.name.removesuffix(suffix).split("_")
    if suffix == "_hz":
        words.append("frequency")
    text = " ".join("Q" if word == "q" else word for word in words)
    return text[:1].upper() + text[1:]


def pan_text(pan_lr: float) -> str:
    share = round(abs(pan_lr) * 100)
    return "centre" if share == 0 else f"{share} % {'left' if pan_lr < 0 else 'right'}"


def _ratio_text(ratio: float) -> str:
    return f"{ratio:.3g} : 1"


# Name's end or unit → how a value reads; what has no row reads as units.format_value has it.
_TEXTS: tuple[tuple[Callable[[ParameterSpec], bool], Callable[[float], str]], ...] = (
    (lambda spec: spec.name.endswith("_lr"), pan_text),
    (lambda spec: spec.name.endswith("_0to1"), lambda value: f"{value * 100:.3g} %"),
    (lambda spec: spec.unit == "ratio", _ratio_text),
)


def value_text(spec: ParameterSpec, value: float) -> str:
    """`value` as a person reads it: a choice's own text, else a number with its unit."""
    if spec.choices and len(spec.choices) == len(spec.legal_steps):
        return spec.choices[round(float(spec.to_0to1(value)) * (len(spec.choices) - 1))]
    for is_meant, text in _TEXTS:
        if is_meant(spec):
            return text(value)
    return format_value(value, spec.unit)
