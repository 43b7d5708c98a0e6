"""A parameter's label on a slider of another program."""

from dawbridge.params import ParameterSpec

_WORDS_FOR_UNIT = {"db": "", "s": "", "lr": "", "0to1": "", "cents": "", "hz": " frequency", "q": " Q"}


def parameter_label(parameter: ParameterSpec) -> str:
    """`bell_1_hz` → `Bell 1 frequency`: the unit at the name's end is left out, since programs show it separately."""
    words = parameter.name.split("_")
    ending = _WORDS_FOR_UNIT.get(words[-1])
    label = " ".join(words) if ending is None else " ".join(words[:-1]) + ending
    return label[0].upper() + label[1:]
