"""Puts the LV2 bundles of the built-in devices into an exported session: copies of installed ones, or compiled."""

import os
import shutil
from pathlib import Path

from dawbridge.devices import DeviceSpec
from dawbridge.devices.faust import can_leave
from dawbridge.errors import DawbridgeError, OutputError
from dawbridge.files import write_text
from dawbridge.formats.lv2 import find_bundle, write_bundle

_README = """\
The built-in devices of this session are LV2 plugins. Ardour leaves out a plugin that it does not find, in silence.
Before you open the session, copy the folders in lv2/ to ~/.lv2 (or start Ardour with LV2_PATH set to lv2/):

    mkdir -p ~/.lv2 && cp -r lv2/*.lv2 ~/.lv2/

They are compiled for {system}; elsewhere build them again from the source inside: c++ -O2 -shared -fPIC wrapper.cpp
"""


class Bundles:
    """Adds bundles to `folder`, and a README.txt beside it that says how to install them.

    The folder is created with the first bundle. It holds nothing else, because a host whose LV2_PATH names it takes
    each entry for a bundle.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reasons: dict[str, str] = {}  # device → why it has no bundle; "" if it has one

    def reason_missing(self, spec: DeviceSpec) -> str:
        """Why the device has no LV2 bundle; empty if its bundle is now in the folder. Raises OutputError."""
        if spec.name not in self._reasons:
            self._reasons[spec.name] = self._fetch(spec)
        return self._reasons[spec.name]

    def _fetch(self, spec: DeviceSpec) -> str:
        if not can_leave(spec):
            return f"there is no LV2 of {spec.label}"
        try:
            found = find_bundle(spec)
            if found is None:
                write_bundle(spec, self._folder)
            else:
                shutil.copytree(found, self._folder / found.name, ignore=_not_files)
        except OutputError:
            raise
        except OSError as error:
            raise OutputError(f"{self._folder}: cannot be written ({error}); free space") from None
        except DawbridgeError as error:
            return f"its LV2 could not be compiled ({error})"
        self._write_readme()
        return ""

    def _write_readme(self) -> None:
        path = self._folder.with_name("README.txt")
        if not path.exists():
            uname = os.uname() if hasattr(os, "uname") else None
            system = f"{uname.sysname} {uname.machine}" if uname else "Windows"
            write_text(path, _README.format(system=system))


def _not_files(folder: str, names: list[str]) -> set[str]:
    """The entries to leave out: a bundle is flat, so folders and broken links in it are not copied."""
    return {name for name in names if not (Path(folder) / name).is_file()}
