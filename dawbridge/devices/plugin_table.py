"""Plugin tables: one TOML file per hosted plugin, read into a DeviceSpec and written from one.

The keys of a table are the fields of DeviceSpec and ParameterSpec. VST3 parameters carry their ParamID
(`param_id`), VST2 parameters their position (`index`); `label` is the plugin's own name for it.
"""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import tomli_w

from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import DawbridgeError, InputError
from dawbridge.files import write_text
from dawbridge.params import ParameterSpec

TABLE_VERSION = 1
_NOT_OF_PLUGINS = {"parameters", "dsp_path", "sample_rate", "receptive_field_samples", "network_path", "weights_path"}
_DEFAULTS = {f.name: f.default for f in fields(DeviceSpec) if f.name not in _NOT_OF_PLUGINS}
_PARAMETER_FIELDS = {f.name for f in fields(ParameterSpec)}
_written: list[Path] = []


def read_plugin_table(path: Path) -> DeviceSpec:
    """The DeviceSpec that the table describes. Raises InputError that names the file and the key."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"plugin table {path}: {error}; scan the plugin again") from None
    if (version := table.pop("table_version", None)) != TABLE_VERSION:
        raise InputError(f"plugin table {path}: table_version {version!r} is not {TABLE_VERSION}; scan it again")
    rows = table.pop("parameters", [])
    if unknown := set(table) - _DEFAULTS.keys():
        raise InputError(f"plugin table {path}: unknown keys {sorted(unknown)}; remove them")
    if table.get("kind") not in ("vst3", "vst2"):
        raise InputError(f"plugin table {path}: kind {table.get('kind')!r}; it is vst3 or vst2")
    if not _is_bare_name(table.get("file_name")):
        raise InputError(f"plugin table {path}: file_name {table.get('file_name')!r} must be a bare name")
    try:
        return DeviceSpec(parameters=tuple(map(read_parameter, rows)), **table)
    except (TypeError, DawbridgeError) as error:
        raise InputError(f"plugin table {path}: {error}") from None


def _is_bare_name(name: object) -> bool:
    """Whether it is the name of a file without any folder, on every system."""
    return isinstance(name, str) and name not in ("", ".", "..") and not set(name) & set("/\\\0")


def read_parameter(row: dict) -> ParameterSpec:
    """The ParameterSpec that a row of a device's table describes. Raises InputError that names the parameter."""
    if unknown := set(row) - _PARAMETER_FIELDS:
        raise InputError(f"parameter {row.get('name')!r}: unknown keys {sorted(unknown)}")
    row = dict(row)
    for key in ("steps", "choices"):
        row[key] = tuple(row.get(key, ()))
    row["points"] = tuple(tuple(point) for point in row.get("points", ()))
    return ParameterSpec(**row)


def write_plugin_table(device: DeviceSpec, path: Path) -> None:
    """Write `device` as a table that `read_plugin_table` reads back equal. Fields at their defaults are left out.

    The registry reads its tables again after this. Raises OutputError.
    """
    facts = {name: getattr(device, name) for name in sorted(_DEFAULTS)}
    table: dict[str, Any] = {"table_version": TABLE_VERSION}
    table |= {name: fact for name, fact in facts.items() if fact != _DEFAULTS[name]}
    table["parameters"] = [_parameter_row(parameter) for parameter in device.parameters]
    write_text(path, tomli_w.dumps(table))
    _written.append(path)


def count_written_tables() -> int:
    """How many tables this process has written."""
    return len(_written)


def _parameter_row(parameter: ParameterSpec) -> dict:
    row = {f.name: getattr(parameter, f.name) for f in fields(ParameterSpec)}
    return {key: value for key, value in row.items() if value not in (None, "", ())}
