"""Neural tables: one TOML file per neural device, `neural/<name>.toml`, and its weights beside that folder.

A table names a network (see `networks.neural`), its sizes in `[config]`, and a `.safetensors` file in the folder
`weights` next to `neural`. Shipped tables lie under `presets/`, a user's own under the user's data folder. The other
keys are fields of DeviceSpec. Parameters are rows in physical units, as in a plugin's table; the network gets each
parameter's position in 0..1, in the order of the rows. Without `tail_s`, the tail is the receptive field: no sound
lasts longer. Reading a table neither loads torch nor opens the weights.
"""

import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from dawbridge.devices.plugin_table import read_parameter
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import DawbridgeError, InputError
from dawbridge.params import ParameterSpec

TABLE_VERSION = 1
_OPTIONAL = ("latency_samples", "keeps_silence", "deterministic", "tail_s", "vendor")
_REQUIRED = ("label", "channels", "sample_rate", "receptive_field_samples")
_TEXTS = ("label", "vendor", "network", "weights")
_FLAGS = ("keeps_silence", "deterministic")
_RANGES = {
    "channels": (1, 2),
    "sample_rate": (8_000, 384_000),
    "receptive_field_samples": (1, 2**20),
    "latency_samples": (0, 2**20),
}
_BARE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.safetensors")
_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class NeuralTable:
    """The device, and how its network is made: by name and configuration, with the weights at `weights_path`."""

    device: DeviceSpec
    network: str
    config: dict
    weights_path: Path


def read_neural_table(path: Path) -> NeuralTable:
    """The device and the network that the table describes. Raises InputError that names the file and the key."""
    try:
        return _decode(path, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, DawbridgeError) as error:
        raise InputError(f"neural table {path}: {error}") from None


def _decode(path: Path, table: dict) -> NeuralTable:
    _check_keys(table)
    if table["name"] != path.stem or not _NAME.fullmatch(path.stem):
        raise InputError(f"name {table['name']!r} is not the file's; use a-z, 0-9 and _ for both")
    for key, value in table.items():
        _check_value(key, value)
    own = {key: table[key] for key in (*_REQUIRED, *_OPTIONAL) if key in table}
    own.setdefault("tail_s", table["receptive_field_samples"] / table["sample_rate"])
    weights_path = _weights_path(path, table["weights"])
    device = DeviceSpec(
        name=table["name"],
        kind="neural",
        parameters=_parameters(table.get("parameters", [])),
        file_name=table["weights"],
        network_path=path,
        weights_path=weights_path,
        **own,
    )
    return NeuralTable(device, table["network"], table.get("config", {}), weights_path)


def _check_keys(table: dict) -> None:
    if (version := table.pop("table_version", None)) != TABLE_VERSION:
        raise InputError(f"table_version {version!r} is not {TABLE_VERSION}; write it anew")
    needed = {"name", "network", "weights", *_REQUIRED}
    if missing := needed - set(table):
        raise InputError(f"keys {sorted(missing)} are missing; add them")
    if unknown := set(table) - needed - {"config", "parameters", *_OPTIONAL}:
        raise InputError(f"unknown keys {sorted(unknown)}; remove them")


def _check_value(key: str, value: object) -> None:
    if key in _TEXTS and not isinstance(value, str):
        raise InputError(f"{key}={value!r}; give a text")
    if key in _FLAGS and not isinstance(value, bool):
        raise InputError(f"{key}={value!r}; give true or false")
    if key == "config" and not isinstance(value, dict):
        raise InputError(f"config={value!r}; give a table [config]")
    if key == "tail_s" and not (isinstance(value, (int, float)) and _is_duration_s(value)):
        raise InputError(f"tail_s={value!r}; give seconds, 0 or more")
    if key in _RANGES:
        low, high = _RANGES[key]
        if isinstance(value, bool) or not (isinstance(value, int) and low <= value <= high):
            raise InputError(f"{key}={value!r}; give a whole number in {low}…{high}")


def _is_duration_s(value: int | float) -> bool:
    return not isinstance(value, bool) and 0 <= value and math.isfinite(value)


def _parameters(rows: object) -> tuple[ParameterSpec, ...]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError("parameters are rows, [[parameters]]")
    parameters = tuple(map(read_parameter, rows))
    names = [parameter.name for parameter in parameters]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InputError(f"two parameters named {sorted(twice)[0]!r}; rename one")
    return parameters


def _weights_path(path: Path, file_name: str) -> Path:
    """The file in the folder `weights` beside the table's own. Raises InputError for a name that leads elsewhere."""
    if not _BARE_NAME.fullmatch(file_name):
        raise InputError(f"weights {file_name!r}: give the bare name of a .safetensors file")
    folder = path.absolute().parent.parent / "weights"
    weights = folder / file_name
    if not weights.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"weights {file_name!r} lie outside {folder}; copy the file into it")
    return weights
