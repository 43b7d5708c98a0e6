"""The formats by name. Each is a module, loaded on first use, with NAME, SUFFIX and

    write(session, rendered, path, sources) -> list[Loss]

which fills the folder `path`. The caller makes sure that the folder appears as a whole (`files.whole_folder`).
`sources` is the folder where the session's audio and MIDI paths start. A format that can be read also has

    read(path, media) -> (Session, list[Loss])

which reads the DAW's file `path` and puts its audio and MIDI into `media`. The session has passed `check_session`.
Whatever the file holds and a session cannot is a Loss.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from dawbridge.errors import InputError

_MODULES = {
    "ardour": "dawbridge.formats.ardour",
    "dawproject": "dawbridge.formats.dawproject",
    "presets": "dawbridge.formats.presets",
    "reaper": "dawbridge.formats.reaper",
}
_READERS = {".ardour": "ardour", ".dawproject": "dawproject", ".rpp": "reaper"}


def format_names() -> list[str]:
    """The names of all formats, sorted."""
    return sorted(_MODULES)


def get_format(name: str) -> ModuleType:
    """The format of that name. Raises InputError that lists the formats, or names the library to install."""
    if name not in _MODULES:
        raise InputError(f"unknown format {name!r}; known are {', '.join(format_names())}")
    try:
        return import_module(_MODULES[name])
    except ModuleNotFoundError as error:
        raise InputError(f"format {name!r} needs {error.name}: pip install {error.name}") from None


def reader_of(path: Path) -> ModuleType | None:
    """The format that reads files with the suffix of `path`; None if there is none."""
    name = _READERS.get(path.suffix.lower())
    return None if name is None else get_format(name)
