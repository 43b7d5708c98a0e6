"""The formats by name. Each is a module, loaded on first use, with NAME, SUFFIX and

    write(session, rendered, path) -> list[Loss]

which fills the folder or file `path`; the caller sees to it that it appears whole (`files.whole_folder`).
"""

from importlib import import_module
from types import ModuleType

from dawbridge.errors import InputError

_MODULES = {
    "ardour": "dawbridge.formats.ardour",
    "presets": "dawbridge.formats.presets",
}


def format_names() -> list[str]:
    """The formats there are, sorted."""
    return sorted(_MODULES)


def get_format(name: str) -> ModuleType:
    """The format of that name, or an InputError that lists what there is or names the library to install."""
    if name not in _MODULES:
        raise InputError(f"unknown format {name!r}; known are {', '.join(format_names())}")
    try:
        return import_module(_MODULES[name])
    except ModuleNotFoundError as error:
        raise InputError(f"format {name!r} needs {error.name}: pip install {error.name}") from None
