"""Competitors by name: every way to do a method's task that stands in one table, each loaded when it is asked for.

A method's benchmark has its own task and answer (`inversion_bench.competitors.interface`, say). A competitor is a
function from the one to the other.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from dawbridge.errors import InputError

# name → (module of the benchmark's package, function in it)
Competitors = Mapping[str, tuple[str, str]]


def load_competitor(package: str, competitors: Competitors, name: str) -> Callable[[Any], Any]:
    """The function of that name, or an InputError that lists the names."""
    if name not in competitors:
        raise InputError(f"unknown competitor {name!r}; legal are {', '.join(sorted(competitors))}")
    module, function = competitors[name]
    return getattr(import_module(f"{package}.{module}"), function)


def same_as(competitors: Competitors, name: str) -> str:
    """The first of the names that lead to the same function."""
    return next(other for other, row in competitors.items() if row == competitors[name])
