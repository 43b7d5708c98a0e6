"""The LV2 bundles that an exported session needs: copies in its folder `lv2`, found installed or compiled there."""

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
    """Puts bundles into `folder`, which appears with the first one, and beside it how to install them.

    Within it nothing but bundles may lie: where LV2_PATH names it, each entry is taken for one.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._reasons: dict[str, str] = {}  # device → why it has no bundle; "" where it has one

    def missing(self, spec: DeviceSpec) -> str:
        """Why the device cannot be an LV2 in the session; empty where its bundle now stands in the folder."""
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
                shutil.copytree(found, self._folder / found.name, ignore=_sub_folders)
        except OutputError:
            raise
        except OSError as error:
            raise OutputError(f"{self._folder}: cannot be written ({error}); free space") from None
        except DawbridgeError as error:
            return f"its LV2 could not be compiled ({error})"
        self._explain()
        return ""

    def _explain(self) -> None:
        path = self._folder.with_name("README.txt")
        if not path.exists():
            uname = os.uname() if hasattr(os, "uname") else None
            system = f"{uname.sysname} {uname.machine}" if uname else "Windows"
            write_text(path, _README.format(system=system))


def _sub_folders(folder: str, names: list[str]) -> set[str]:
    """A bundle is flat: what else lies in it, or leads out of it, stays behind."""
    return {name for name in names if not (Path(folder) / name).is_file()}
