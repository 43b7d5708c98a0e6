"""`python -m dawbridge.render.probe`: scan every plugin again that has a shipped table, and rewrite the table.

With paths as arguments, those plugins are scanned into the shipped tables. A plugin that is not on this system keeps
its table.
"""

import sys
from pathlib import Path

from dawbridge.devices.plugin_table import read_plugin_table
from dawbridge.errors import DawbridgeError
from dawbridge.paths import data_folder, find_plugin_file
from dawbridge.render.probe.scan import scan_to_table


def rescan(folder: Path) -> int:
    """Rewrite each table in `folder` whose plugin is found. Returns how many failed."""
    failed = 0
    for table in sorted(folder.glob("*.toml")):
        device = read_plugin_table(table)
        path = find_plugin_file(device.file_name)
        if path is None:
            print(f"{table.name}: {device.file_name} is not on this system, kept as it is")
            continue
        failed += scan_one(path, folder, device.name)
    return failed


def scan_one(path: Path, folder: Path, name: str | None = None) -> int:
    """Scan into `folder` and print the table's path. Returns 1 where it failed, else 0."""
    try:
        print(scan_to_table(path, folder, name))
    except DawbridgeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def main(arguments: list[str]) -> int:
    """Exit code: 0 if every scan went well."""
    folder = data_folder("plugins")
    failed = sum(scan_one(Path(path), folder) for path in arguments) if arguments else rescan(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
