"""Every device by name: the built-in ones, the shipped tables of plugins and networks, then the user's own tables."""

from functools import lru_cache
from pathlib import Path

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.devices.neural_table import read_neural_table
from dawbridge.devices.plugin_table import read_plugin_table
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import InputError
from dawbridge.places import data_folder, user_data_folder

_BUILTIN = {device.name: device for device in BUILTIN}


@lru_cache(maxsize=1)
def all_devices() -> dict[str, DeviceSpec]:
    """Name → spec. A user's table of a shipped name replaces it; a built-in name cannot be replaced."""
    own = user_data_folder()
    shipped = [*_plugins(data_folder("plugins")), *_networks(data_folder("presets") / "neural")]
    found = [*shipped, *_plugins(own / "plugins"), *_networks(own / "neural"), *BUILTIN]
    return {device.name: device for device in found}


def _plugins(folder: Path) -> list[DeviceSpec]:
    return [read_plugin_table(path) for path in sorted(folder.glob("*.toml"))]


def _networks(folder: Path) -> list[DeviceSpec]:
    return [read_neural_table(path).device for path in sorted(folder.glob("*.toml"))]


def get_device(name: str, where: str = "") -> DeviceSpec:
    """The device of that name, or an InputError that lists what there is."""
    if name in _BUILTIN:  # no table needs to be read
        return _BUILTIN[name]
    if name in all_devices():
        return all_devices()[name]
    place = f"{where}: " if where else ""
    raise InputError(f"{place}unknown device {name!r}; known are {', '.join(sorted(all_devices()))}")
