"""What a VST3 binary declares: class id, vendor, and each parameter's ParamID, steps and texts.

A path goes in, plain data for JSON comes out. DawDreamer shows no ParamIDs, so the binary itself is called. This works
for Linux bundles. On other systems, and for plugins that do not answer, it raises ScanFailed, and the scan continues
without these facts.
"""

import ctypes
import sys
from ctypes import byref, c_double, c_int32, c_uint32, c_void_p
from pathlib import Path

from dawbridge.render.probe import vst3_com as com

AUDIO_CATEGORY = b"Audio Module Class"
_POSITIONS = (0.0, 0.5, 1.0)
_BINARY_FOLDERS = {"linux": "Contents/x86_64-linux"}


class ScanFailed(Exception):
    """The binary did not answer."""


def read_vst3(path: Path) -> dict:
    """{class_id, vendor, label, parameters} of the plugin's first audio class.

    Each parameter is {param_id, title, unit, step_count, default_0to1, flags, texts}, with texts at 0, 0.5 and 1.
    """
    factory = _open_factory(_binary_of(path))
    maker = com.FactoryInfo()
    com.call(factory, com.FACTORY_INFO, byref(maker), types=(c_void_p,))
    audio_class = _audio_class(factory)
    host = com.HostApplication()
    component, controller = _instances(factory, audio_class, host)
    count = com.call(controller, com.PARAMETER_COUNT)
    found = {
        "class_id": audio_class.class_id_bytes.hex().upper(),
        "vendor": maker.vendor.decode("utf-8", "replace"),
        "label": audio_class.name.decode("utf-8", "replace"),
        "parameters": [_parameter(controller, index) for index in range(count)],
    }
    for interface in {controller.value: controller, component.value: component}.values():
        com.call(interface, com.TERMINATE)
    return found


def _binary_of(path: Path) -> Path:
    folder = _BINARY_FOLDERS.get(sys.platform)
    if folder is None:
        raise ScanFailed(f"binaries of {sys.platform} cannot be called")
    if path.is_file():
        return path
    binaries = sorted((path / folder).glob("*.so"))
    if not binaries:
        raise ScanFailed(f"no binary in {folder}")
    return binaries[0]


def _open_factory(binary: Path) -> c_void_p:
    try:
        library = ctypes.CDLL(str(binary))
        library.ModuleEntry.argtypes = [c_void_p]
        library.ModuleEntry(library._handle)
        library.GetPluginFactory.restype = c_void_p
        factory = c_void_p(library.GetPluginFactory())
    except (OSError, AttributeError) as error:
        raise ScanFailed(f"no VST3 binary: {error}") from None
    if not factory.value:
        raise ScanFailed("gave no factory")
    return factory


def _audio_class(factory: c_void_p) -> com.ClassInfo:
    for index in range(com.call(factory, com.COUNT_CLASSES)):
        info = com.ClassInfo()
        com.call(factory, com.CLASS_INFO, index, byref(info), types=(c_int32, c_void_p))
        if info.category == AUDIO_CATEGORY:
            return info
    raise ScanFailed("has no audio class")


def _instances(factory: c_void_p, audio_class: com.ClassInfo, host: com.HostApplication) -> tuple[c_void_p, c_void_p]:
    """Component and edit controller, initialised. One object may be both."""
    component = com.create(factory, audio_class.class_id_bytes, com.IID_COMPONENT)
    if component is None or com.call(component, com.INITIALIZE, host.pointer, types=(c_void_p,)) != 0:
        raise ScanFailed("made no component")
    controller = com.query(component, com.IID_CONTROLLER)
    if controller is not None:
        return component, controller
    class_id = ctypes.create_string_buffer(16)
    com.call(component, com.CONTROLLER_CLASS_ID, class_id, types=(c_void_p,))
    controller = com.create(factory, class_id.raw, com.IID_CONTROLLER)
    if controller is None or com.call(controller, com.INITIALIZE, host.pointer, types=(c_void_p,)) != 0:
        raise ScanFailed("made no edit controller")
    return component, controller


def _parameter(controller: c_void_p, index: int) -> dict:
    info = com.ParameterInfo()
    com.call(controller, com.PARAMETER_INFO, index, byref(info), types=(c_int32, c_void_p))
    return {
        "param_id": info.param_id,
        "title": com.text_of(info.title),
        "unit": com.text_of(info.units).strip(),
        "step_count": info.step_count,
        "default_0to1": info.default_0to1,
        "flags": info.flags,
        "texts": [_text(controller, info.param_id, position) for position in _POSITIONS],
    }


def _text(controller: c_void_p, param_id: int, position: float) -> str:
    text = com.String128()
    types = (c_uint32, c_double, c_void_p)
    com.call(controller, com.TEXT_OF_VALUE, param_id, position, byref(text), types=types)
    return com.text_of(text)
