"""The methods by name. Each is loaded on first use: some load torch."""

from importlib import import_module
from typing import Any, cast

from dawbridge.errors import InputError
from dawbridge.methods.method import Method, Trainable

_MODULES = {
    "inversion": "dawbridge.methods.inversion.method",
    "translation": "dawbridge.methods.translation.method",
}
# Those of them that have a network to train: known without loading them.
TRAINABLE = ("inversion",)


def method_names() -> list[str]:
    """The methods there are, sorted."""
    return sorted(_MODULES)


def get_method(name: str) -> Method[Any, Any]:
    """The method of that name, or an InputError that lists them."""
    if name not in _MODULES:
        raise InputError(f"unknown method {name!r}; known are {', '.join(method_names())}")
    method: Method[Any, Any] = import_module(_MODULES[name]).METHOD
    return method


def get_trainable(name: str) -> Trainable:
    """The method of that name that can be trained, or an InputError that lists them."""
    if name not in TRAINABLE:
        raise InputError(f"unknown method {name!r}; known are {', '.join(TRAINABLE)}")
    return cast(Trainable, get_method(name))
