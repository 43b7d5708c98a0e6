"""A parameter's name as a person reads it on another program's slider."""

from dawbridge.params import ParameterSpec

_ENDINGS = {"db": "", "s": "", "lr": "", "0to1": "", "cents": "", "hz": " frequency", "q": " Q"}


def parameter_label(parameter: ParameterSpec) -> str:
    """`bell_1_hz` → `Bell 1 frequency`: the unit at the name's end is left out, since programs show it apart."""
    words = parameter.name.split("_")
    ending = _ENDINGS.get(words[-1])
    label = " ".join(words) if ending is None else " ".join(words[:-1]) + ending
    return label[0].upper() + label[1:]
