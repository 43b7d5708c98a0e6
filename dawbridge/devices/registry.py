"""Every device by name: the built-in ones, the shipped tables of plugins and networks, then the user's own tables.

Tables are read once, and again after this process has written one, as a scan does, or where `DAWBRIDGE_DATA` names
another folder. A table that another process wrote is read once its device is asked for by name. A table that cannot be
read costs its own device alone.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.devices.neural_table import read_neural_table
from dawbridge.devices.plugin_table import count_written_tables, read_plugin_table
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import InputError
from dawbridge.paths import data_folder, user_data_folder

_BUILTIN = {device.name: device for device in BUILTIN}
_Reader = Callable[[Path], DeviceSpec]


class _Tables(NamedTuple):
    """devices: name → spec; faults: (table, fault) of those that cannot be read; own_files: the user's, as read."""

    devices: dict[str, DeviceSpec]
    faults: list[tuple[Path, InputError]]
    own_files: list[tuple[str, int, int]]


def all_devices() -> dict[str, DeviceSpec]:
    """Name → spec, of every table that can be read. Do not change it.

    A user's table of a shipped name replaces it; a built-in name cannot be replaced.
    """
    return _read_tables(*_state()).devices


def readable_devices() -> tuple[dict[str, DeviceSpec], list[InputError]]:
    """`all_devices()`, and what is wrong with each table that cannot be read."""
    tables = _read_tables(*_state())
    return tables.devices, [fault for _, fault in tables.faults]


def get_device(name: str, where: str = "") -> DeviceSpec:
    """The device of that name.

    Raises InputError that begins with `where`: what is wrong with the table of that name, or which names are known.
    """
    if name in _BUILTIN:  # no table needs to be read
        return _BUILTIN[name]
    tables = _read_tables(*_state())
    if name not in tables.devices and tables.own_files != _own_files():  # a worker lives while its parent scans
        _read_tables.cache_clear()
        tables = _read_tables(*_state())
    if name in tables.devices:
        return tables.devices[name]
    prefix = f"{where}: " if where else ""
    for path, fault in tables.faults:
        if path.stem == name:
            raise InputError(f"{prefix}{fault}")
    raise InputError(f"{prefix}unknown device {name!r}; known are {', '.join(sorted(tables.devices))}")


def find_plugin(kind: str, class_id: str) -> DeviceSpec | None:
    """The plugin whose table has that kind ("vst3" or "vst2") and class id, in any case; None if no table has it.

    Of several tables with the same id, the first in `all_devices()`.
    """
    plugins = (spec for spec in all_devices().values() if spec.kind == kind)
    return next((spec for spec in plugins if spec.class_id.upper() == class_id.upper()), None)


def _state() -> tuple[str, int]:
    """What decides what the tables hold: the user's folder where one is named, and how many this process wrote."""
    return os.environ.get("DAWBRIDGE_DATA", ""), count_written_tables()


@lru_cache(maxsize=1)
def _read_tables(data_variable: str, written: int) -> _Tables:
    """All tables. The arguments are for the cache alone.

    A user's broken table hides the shipped one of its name: silently taking that would change the sound.
    """
    devices: dict[str, DeviceSpec] = {}
    faults: list[tuple[Path, InputError]] = []
    own_files = _own_files()
    for path, read in _table_files():
        try:
            device = read(path)
            devices[device.name] = device
        except InputError as error:
            devices.pop(path.stem, None)
            faults.append((path, error))
    return _Tables(devices | _BUILTIN, faults, own_files)


def _own_files() -> list[tuple[str, int, int]]:
    """Path, time of the last change and size of each file in the user's own folders of tables."""
    rows: list[tuple[str, int, int]] = []
    for folder in _own_folders():
        with suppress(OSError), os.scandir(folder) as entries:
            rows += [(entry.path, entry.stat().st_mtime_ns, entry.stat().st_size) for entry in entries]
    return sorted(rows)


def _own_folders() -> tuple[Path, Path]:
    """The user's own tables of plugins, and those of networks."""
    return user_data_folder() / "plugins", user_data_folder() / "neural"


def _table_files() -> Iterator[tuple[Path, _Reader]]:
    """Each table, with the function that reads it; the user's own last."""
    for plugins, networks in ((data_folder("plugins"), data_folder("presets") / "neural"), _own_folders()):
        yield from ((path, read_plugin_table) for path in sorted(plugins.glob("*.toml")))
        yield from ((path, lambda path: read_neural_table(path).device) for path in sorted(networks.glob("*.toml")))
