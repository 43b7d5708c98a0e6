"""Ids as REAPER writes them: GUIDs, and the ids of VST plugins.

A VST3 has a number beside its class id: the FNV-1a hash of the class id's 16 bytes in the order of a Windows GUID in
memory, without the highest bit. A VST2 has its unique id, followed in hexadecimal by `VST`, the id's four characters
and the first nine characters of the plugin's name in lower case.
"""

import uuid

_SPACE = uuid.UUID("5b1d4f0e-3f0c-5d2a-9b57-6d1f6a0c2e11")


def guid(*parts: str | int) -> str:
    """A GUID made from the parts; equal parts give the same GUID."""
    return f"{{{str(uuid.uuid5(_SPACE, chr(31).join(map(str, parts)))).upper()}}}"


def vst3_number(class_id: str) -> int:
    """The number that REAPER gives a VST3 with a class id of 32 hex digits."""
    found = 2166136261
    for byte in uuid.UUID(class_id).bytes_le:
        found = (found ^ byte) * 16777619 & 0xFFFFFFFF
    return found & 0x7FFFFFFF


def vst3_token(class_id: str) -> str:
    """`number{class id}`, as a project names a VST3."""
    return f"{vst3_number(class_id)}{{{class_id}}}"


def vst2_token(unique_id: int, name: str) -> str:
    """`id<hexadecimal digits>`, as a project names a VST2."""
    short = name.lower().encode("ascii", "replace")[:9].ljust(9, b"\0")
    return f"{unique_id}<{(b'VST' + (unique_id & 0xFFFFFFFF).to_bytes(4, 'big') + short).hex().upper()}>"
