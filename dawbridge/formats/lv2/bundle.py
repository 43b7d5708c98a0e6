"""Bundles: the folders in which LV2 hosts find plugins, one per device.

    dawbridge-<name>.lv2/
        manifest.ttl  <name>.ttl            the plugin's description
        wrapper.cpp  device.h  ports.h      its source, with effect.h or instrument.h
        <name>.so                           the compiled plugin

The source is included so that the plugin can be compiled on another system.
"""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dawbridge.devices import DeviceSpec, all_devices, get_device
from dawbridge.devices.faust import Strip, can_leave, check_can_leave, faust_code, translate
from dawbridge.files import whole_folder, write_text
from dawbridge.formats.lv2.compile import compile_library, find_compiler, library_name
from dawbridge.formats.lv2.ports_header import plugin_header, ports_header
from dawbridge.formats.lv2.turtle import manifest_text, plugin_text

_WRAPPER = Path(__file__).with_name("wrapper.cpp")
_SYSTEM_FOLDERS = (Path("/usr/local/lib/lv2"), Path("/usr/lib/lv2"))


def exportable_devices() -> list[DeviceSpec]:
    """The devices that can become LV2 plugins: all built-in ones."""
    return [device for device in all_devices().values() if can_leave(device)]


def write_bundle(device: DeviceSpec | Strip | str, folder: Path) -> Path:
    """Write one bundle into `folder` and return its path. Raises as `write_bundles`."""
    (bundle,) = write_bundles([device], folder)
    return bundle


def write_bundles(devices: Sequence[DeviceSpec | Strip | str], folder: Path) -> list[Path]:
    """Compile a bundle of each device (spec, strip or name) into `folder`; return their paths.

    An earlier bundle is replaced. Raises InputError if a device is not built in, OutputError if a bundle cannot be
    written or somebody has changed it, and DawbridgeError if there is no C++ compiler.
    """
    specs = [_spec(device) for device in devices]
    compiler = find_compiler()
    sources = translate(specs, "cpp")
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(lambda spec, source: _write(spec, source, folder, compiler), specs, sources))


def bundle_folder() -> Path:
    """The folder for a user's own bundles: the first one of `LV2_PATH` if that is set, else `~/.lv2`."""
    return _search_folders()[0]


def find_bundle(device: DeviceSpec | Strip | str) -> Path | None:
    """The installed bundle of the device's present version; None if there is none, or an older one.

    It is searched where hosts search: in the folders of `LV2_PATH` if that is set, else in the usual ones. Raises
    InputError if the device is not built in.
    """
    spec = _spec(device)
    for folder in _search_folders():
        bundle = folder / bundle_name(spec)
        if _is_current(bundle, spec):
            return bundle
    return None


def bundle_name(spec: DeviceSpec | Strip) -> str:
    """The name of the bundle's folder."""
    return f"dawbridge-{spec.name}.lv2"


def _spec(device: DeviceSpec | Strip | str) -> DeviceSpec | Strip:
    spec = get_device(device) if isinstance(device, str) else device
    check_can_leave(spec)
    return spec


def _search_folders() -> list[Path]:
    if named := [Path(part).expanduser() for part in os.environ.get("LV2_PATH", "").split(os.pathsep) if part]:
        return named
    return [Path.home() / ".lv2", *_SYSTEM_FOLDERS]


def _is_current(bundle: Path, spec: DeviceSpec | Strip) -> bool:
    try:
        written = (bundle / f"{spec.name}.ttl").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return written == plugin_text(spec, _digest(spec)) and (bundle / library_name(spec.name)).is_file()


def _write(spec: DeviceSpec | Strip, source: str, folder: Path, compiler: list[str]) -> Path:
    library = library_name(spec.name)
    with whole_folder(folder / bundle_name(spec)) as bundle:
        write_text(bundle / "manifest.ttl", manifest_text(spec, library))
        write_text(bundle / f"{spec.name}.ttl", plugin_text(spec, _digest(spec)))
        write_text(bundle / "device.h", _for_each_processor(source))
        write_text(bundle / "ports.h", ports_header(spec))
        for source_path in _sources(spec):
            write_text(bundle / source_path.name, source_path.read_text(encoding="utf-8"))
        compile_library(compiler, bundle / _WRAPPER.name, library)
    return folder / bundle_name(spec)


def _sources(spec: DeviceSpec | Strip) -> tuple[Path, Path]:
    """The source files that Faust does not write."""
    return _WRAPPER, _WRAPPER.with_name(plugin_header(spec))


def _for_each_processor(source: str) -> str:
    """The source with the function `compute` marked, so that the compiler makes variants of it for several processors.

    It cannot do that for a virtual function.
    """
    before, after = source.split("virtual void compute(")
    return f"{before}FOR_EACH_PROCESSOR void compute({after}"


def _digest(spec: DeviceSpec | Strip) -> str:
    """The digest of all that is compiled."""
    parts = (faust_code(spec), ports_header(spec), *(path.read_text(encoding="utf-8") for path in _sources(spec)))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
