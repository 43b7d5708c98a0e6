"""Every device by name: the built-in ones, the shipped plugin tables, then the user's own tables."""

from functools import lru_cache

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.devices.plugin_table import read_plugin_table
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import InputError
from dawbridge.places import data_folder, user_data_folder


@lru_cache(maxsize=1)
def all_devices() -> dict[str, DeviceSpec]:
    """Name → spec. A user's table of a shipped name replaces it; a built-in name cannot be replaced."""
    devices = {}
    for folder in (data_folder("plugins"), user_data_folder() / "plugins"):
        for path in sorted(folder.glob("*.toml")):
            device = read_plugin_table(path)
            devices[device.name] = device
    return devices | {device.name: device for device in BUILTIN}


def get_device(name: str, where: str = "") -> DeviceSpec:
    """The device of that name, or an InputError that lists what there is."""
    if name in all_devices():
        return all_devices()[name]
    place = f"{where}: " if where else ""
    raise InputError(f"{place}unknown device {name!r}; known are {', '.join(sorted(all_devices()))}")
