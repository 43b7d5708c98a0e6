"""Every device by name: the built-in ones, the shipped tables of plugins and networks, then the user's own tables."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.devices.neural_table import read_neural_table
from dawbridge.devices.plugin_table import read_plugin_table
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import InputError
from dawbridge.paths import data_folder, user_data_folder

_BUILTIN = {device.name: device for device in BUILTIN}


@lru_cache(maxsize=1)
def all_devices() -> dict[str, DeviceSpec]:
    """Name → spec. A user's table of a shipped name replaces it; a built-in name cannot be replaced.

    Raises InputError for the first table that cannot be read.
    """
    devices, faults = readable_devices()
    if faults:
        raise faults[0]
    return devices


def readable_devices() -> tuple[dict[str, DeviceSpec], list[InputError]]:
    """The same of the tables that can be read, and what is wrong with each of the others."""
    devices, faults = {}, []
    for path, read in _tables():
        try:
            device = read(path)
            devices[device.name] = device
        except InputError as error:
            faults.append(error)
    return devices | _BUILTIN, faults


def _tables() -> Iterator[tuple[Path, Callable[[Path], DeviceSpec]]]:
    """Each table, with what reads it; the user's own last."""
    own = user_data_folder()
    shipped = data_folder("plugins"), data_folder("presets") / "neural"
    for plugins, networks in (shipped, (own / "plugins", own / "neural")):
        yield from ((path, read_plugin_table) for path in sorted(plugins.glob("*.toml")))
        yield from ((path, lambda path: read_neural_table(path).device) for path in sorted(networks.glob("*.toml")))


def get_device(name: str, where: str = "") -> DeviceSpec:
    """The device of that name, or an InputError that lists what there is."""
    if name in _BUILTIN:  # no table needs to be read
        return _BUILTIN[name]
    if name in all_devices():
        return all_devices()[name]
    place = f"{where}: " if where else ""
    raise InputError(f"{place}unknown device {name!r}; known are {', '.join(sorted(all_devices()))}")
