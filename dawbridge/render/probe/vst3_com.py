"""The few VST3 interfaces that a scan calls, by ctypes: without an SDK and without a host.

A VST3 interface is a pointer to a table of functions. `call` takes one by its index in the table. The indices below
count from `queryInterface` = 0, in the order of the published interface declarations. A wrong index crashes, and a
plugin may crash by itself. So only a scan's child process imports this.
"""

import ctypes
from ctypes import POINTER, byref, c_char, c_double, c_int32, c_uint16, c_uint32, c_void_p
from typing import Any

IID_COMPONENT = bytes.fromhex("E831FF31F2D54301928EBBEE25697802")
IID_CONTROLLER = bytes.fromhex("DCD7BBE37742448DA874AACC979C759E")
IID_HOST_APPLICATION = bytes.fromhex("58E595CCDB2D49698B6AAF8C36A664E5")
IID_UNKNOWN = bytes.fromhex("0000000000000000C000000000000046")

QUERY, RELEASE = 0, 2
FACTORY_INFO, COUNT_CLASSES, CLASS_INFO, CREATE_INSTANCE = 3, 4, 5, 6
INITIALIZE, TERMINATE, CONTROLLER_CLASS_ID = 3, 4, 5
PARAMETER_COUNT, PARAMETER_INFO, TEXT_OF_VALUE = 8, 9, 10

String128 = c_uint16 * 128


class FactoryInfo(ctypes.Structure):
    """Who made the binary."""

    _fields_ = [("vendor", c_char * 64), ("url", c_char * 256), ("email", c_char * 128), ("flags", c_int32)]


class ClassInfo(ctypes.Structure):
    """One class of the binary: its id, category and name."""

    _fields_ = [
        ("class_id", c_char * 16),
        ("cardinality", c_int32),
        ("category", c_char * 32),
        ("name", c_char * 64),
    ]

    @property
    def class_id_bytes(self) -> bytes:
        """All 16 bytes of the id. `class_id` itself is cut at its first zero by ctypes."""
        return bytes(self)[:16]


class ParameterInfo(ctypes.Structure):
    """One parameter as the controller describes it; `default_0to1` is normalised."""

    _fields_ = [
        ("param_id", c_uint32),
        ("title", String128),
        ("short_title", String128),
        ("units", String128),
        ("step_count", c_int32),
        ("default_0to1", c_double),
        ("unit_id", c_int32),
        ("flags", c_int32),
    ]


def text_of(string: "ctypes.Array") -> str:
    """A VST3 string (UTF-16, ends at its first zero) as str."""
    return bytes(string).decode("utf-16-le", "replace").split("\0", 1)[0]


def call(interface: c_void_p, index: int, *arguments: Any, types: tuple[Any, ...] = ()) -> int:
    """The int32 that function `index` of an interface returns. `types` are the C types of the arguments."""
    table = ctypes.cast(interface, POINTER(POINTER(c_void_p))).contents
    function = ctypes.CFUNCTYPE(c_int32, c_void_p, *types)(table[index])
    return function(interface, *arguments)


def query(interface: c_void_p, iid: bytes) -> c_void_p | None:
    """Another interface of the same object. None where it has no such interface."""
    found = c_void_p()
    status = call(interface, QUERY, iid, byref(found), types=(c_void_p, c_void_p))
    return found if status == 0 and found.value else None


def create(factory: c_void_p, class_id: bytes, iid: bytes) -> c_void_p | None:
    """A new object of a class, seen by its interface `iid`. None where the factory makes none."""
    made = c_void_p()
    types = (c_void_p, c_void_p, c_void_p)
    status = call(factory, CREATE_INSTANCE, class_id, iid, byref(made), types=types)
    return made if status == 0 and made.value else None


# The host that a plugin sees: it has a name and makes no objects.

_Query = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p, POINTER(c_void_p))
_Count = ctypes.CFUNCTYPE(c_uint32, c_void_p)
_Name = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p)
_Create = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p, c_void_p, POINTER(c_void_p))
_NO_INTERFACE = -1


class HostApplication:
    """`pointer` points to an IHostApplication. Keep this object as long as the plugin exists."""

    def __init__(self) -> None:
        self._functions = (
            _Query(self._query),
            _Count(lambda this: 1),
            _Count(lambda this: 1),
            _Name(self._name),
            _Create(lambda this, class_id, iid, made: _NO_INTERFACE),
        )
        self._table = (c_void_p * 5)(*(ctypes.cast(f, c_void_p).value for f in self._functions))
        self._object = c_void_p(ctypes.addressof(self._table))
        self.pointer = c_void_p(ctypes.addressof(self._object))

    def _query(self, this: int, iid: int, found: Any) -> int:
        known = ctypes.string_at(iid, 16) in (IID_UNKNOWN, IID_HOST_APPLICATION)
        found[0] = this if known else None
        return 0 if known else _NO_INTERFACE

    def _name(self, this: int, name: int) -> int:
        encoded = "dawbridge\0".encode("utf-16-le")
        ctypes.memmove(name, encoded, len(encoded))
        return 0
