"""Every device by name: the built-in ones, the shipped tables of plugins and networks, then the user's own tables.

Tables are read once, and again after this process has written one, as a scan does, or where `DAWBRIDGE_DATA` names
another folder. A table that cannot be read costs its own device alone.
"""

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.devices.neural_table import read_neural_table
from dawbridge.devices.plugin_table import count_written_tables, read_plugin_table
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import InputError
from dawbridge.paths import data_folder, user_data_folder

_BUILTIN = {device.name: device for device in BUILTIN}
_Reader = Callable[[Path], DeviceSpec]


def all_devices() -> dict[str, DeviceSpec]:
    """Name → spec, of every table that can be read. Do not change it.

    A user's table of a shipped name replaces it; a built-in name cannot be replaced.
    """
    return _read_tables(*_state())[0]


def readable_devices() -> tuple[dict[str, DeviceSpec], list[InputError]]:
    """`all_devices()`, and what is wrong with each table that cannot be read."""
    devices, faults = _read_tables(*_state())
    return devices, [fault for _, fault in faults]


def get_device(name: str, where: str = "") -> DeviceSpec:
    """The device of that name. Raises InputError that lists what there is; or, where a table of that name cannot be
    read, what is wrong with it."""
    if name in _BUILTIN:  # no table needs to be read
        return _BUILTIN[name]
    devices, faults = _read_tables(*_state())
    if name in devices:
        return devices[name]
    prefix = f"{where}: " if where else ""
    for path, fault in faults:
        if path.stem == name:
            raise InputError(f"{prefix}{fault}")
    raise InputError(f"{prefix}unknown device {name!r}; known are {', '.join(sorted(devices))}")


def _state() -> tuple[str, int]:
    """What decides what the tables hold: the user's folder where one is named, and how many this process wrote."""
    return os.environ.get("DAWBRIDGE_DATA", ""), count_written_tables()


@lru_cache(maxsize=1)
def _read_tables(data_variable: str, written: int) -> tuple[dict[str, DeviceSpec], list[tuple[Path, InputError]]]:
    """The devices by name, and (table, fault) of those that cannot be read. The arguments are for the cache alone.

    A user's broken table hides the shipped one of its name: silently taking that would change the sound.
    """
    devices: dict[str, DeviceSpec] = {}
    faults: list[tuple[Path, InputError]] = []
    for path, read in _tables():
        try:
            device = read(path)
            devices[device.name] = device
        except InputError as error:
            devices.pop(path.stem, None)
            faults.append((path, error))
    return devices | _BUILTIN, faults


def _tables() -> Iterator[tuple[Path, _Reader]]:
    """Each table, with what reads it; the user's own last."""
    own = user_data_folder()
    shipped = data_folder("plugins"), data_folder("presets") / "neural"
    for plugins, networks in (shipped, (own / "plugins", own / "neural")):
        yield from ((path, read_plugin_table) for path in sorted(plugins.glob("*.toml")))
        yield from ((path, lambda path: read_neural_table(path).device) for path in sorted(networks.glob("*.toml")))
