"""Names: ones that no other item has, and ones that every file system takes."""

import hashlib
from collections.abc import Container, Iterable

_RESERVED = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))}
_LONGEST_NAME = 200  # file systems take 255 bytes; suffixes and a partial file's name come on top


def unique_name(
    wanted: str, taken: Container[str], *, separator: str = " ", suffix: str = "", ignores_case: bool = False
) -> str:
    """`wanted` + `suffix`; where that is taken, the first of `wanted 2`, `wanted 3`, … + `suffix` that is not.

    separator:     stands between the name and its number
    ignores_case:  whether names that differ in capitals only are the same; `taken` then holds names in lower case

    The caller adds the result to `taken`.
    """
    name, number = f"{wanted}{suffix}", 1
    while (name.lower() if ignores_case else name) in taken:
        number += 1
        name = f"{wanted}{separator}{number}{suffix}"
    return name


def safe_file_name(name: str) -> str:
    """`name` as a file name: letters, digits, space, `-._` stay; all else becomes `%` and its UTF-8 in hex.

    The map is one-to-one, so two tracks never share a file (where a file system tells capitals apart). A name too
    long for a file system is cut, and ends in a hash of the whole. An empty name becomes `%`.
    """
    kept = []
    for character in name:
        plain = character.isascii() and (character.isalnum() or character in " -_.")
        encoded = character.encode("utf-8", "surrogatepass")
        kept.append(character if plain else "".join(f"%{byte:02X}" for byte in encoded))
    safe = "".join(kept) or "%"
    if safe.startswith((".", " ")) or safe.split(".")[0].strip().lower() in _RESERVED:
        safe = f"%{ord(safe[0]):02X}{safe[1:]}"
    if safe.endswith((".", " ")):
        safe = f"{safe[:-1]}%{ord(safe[-1]):02X}"
    if len(safe) > _LONGEST_NAME:
        safe = f"{safe[: _LONGEST_NAME - 18]}%-{hashlib.sha256(safe.encode()).hexdigest()[:16]}"
    return safe


def file_names(names: Iterable[str], longest: int = _LONGEST_NAME) -> dict[str, str]:
    """Each name → a file name of its own, also where the file system ignores case.

    A name is cut to `longest` characters; the number that tells it from another may come on top.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        stem = safe_file_name(name)[:longest].rstrip(" .") or "%"
        found[name] = unique_name(stem, taken, ignores_case=True)
        taken.add(found[name].lower())
    return found
