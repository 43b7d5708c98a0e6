"""All ways to invert a mix that are compared, by name; each module loads when it is asked for."""

from importlib import import_module

from dawbridge.errors import InputError
from dawbridge.methods.inversion.competitors.interface import Answer, Competitor, Task

__all__ = ["COMPETITORS", "Answer", "Competitor", "Task", "get_competitor"]

# name → module and function of this package
COMPETITORS = {
    "plain_sum": ("plain", "plain_sum"),
    "random": ("plain", "random_parameters"),
    "gain_and_pan": ("plain", "gain_and_pan"),
    "ours": ("ours", "ours"),
}


def get_competitor(name: str) -> Competitor:
    """The competitor of that name, or an InputError that lists them."""
    if name not in COMPETITORS:
        raise InputError(f"unknown competitor {name!r}; legal are {', '.join(sorted(COMPETITORS))}")
    module, function = COMPETITORS[name]
    return getattr(import_module(f"{__name__}.{module}"), function)
