"""Scan many plugins: each gives a table, or the reason why there is none."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dawbridge.devices.plugin_table import write_plugin_table
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import DawbridgeError, PluginError
from dawbridge.render.probe.names import device_name
from dawbridge.render.probe.scan import scan_plugin


@dataclass(frozen=True)
class ScanResult:
    """The plugin at `path`, and the `table` written; or None, and the `failure` in one line."""

    path: Path
    table: Path | None
    failure: str = ""


def scan_all(
    paths: Iterable[Path], folder: Path, scan: Callable[[Path], DeviceSpec] = scan_plugin
) -> Iterator[ScanResult]:
    """Scan one plugin after the other, and write the tables into `folder`. A failure does not end the scan.

    Names are unique: where a plugin comes as VST3 and as VST2, the second one is named after its file.
    """
    named: dict[str, Path] = {}
    for path in paths:
        try:
            device = scan(path)
        except DawbridgeError as error:
            yield ScanResult(path, None, str(error))
            continue
        if device.name in named:
            device = replace(device, name=device_name(path.stem))
        if (first := named.setdefault(device.name, path)) != path:
            reason = f"would be named {device.name!r} as {first} is; scan it alone and give it a --name"
            yield ScanResult(path, None, str(PluginError(path.name, reason)))
            continue
        table = folder / f"{device.name}.toml"
        write_plugin_table(device, table)
        yield ScanResult(path, table)
