"""Which files and folders are plugins, and of which kind."""

import os
from pathlib import Path

from dawbridge.errors import InputError

KIND_OF_SUFFIX = {".vst3": "vst3", ".so": "vst2", ".dll": "vst2", ".vst": "vst2"}


def kind_of(path: Path) -> str | None:
    """The kind of plugin, from the suffix of a file or bundle. None where it is no plugin."""
    return KIND_OF_SUFFIX.get(path.suffix.lower())


def is_bundle(folder: Path) -> bool:
    """Whether this folder is one plugin. A plain folder may be named `ProM.vst` too."""
    return kind_of(folder) == "vst3" or (folder.suffix.lower() == ".vst" and (folder / "Contents").is_dir())


def plugin_files(folder: Path) -> list[Path]:
    """Every plugin bundle and library at any depth below `folder`, sorted. Files inside a bundle belong to it.

    Raises InputError where there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no folder; give a plugin, or a folder of plugins")
    found: list[Path] = []
    for parent, folders, files in os.walk(folder):
        bundles = [name for name in folders if is_bundle(Path(parent, name))]
        folders[:] = [name for name in folders if name not in bundles]
        found += [Path(parent, name) for name in bundles + files if kind_of(Path(name))]
    return sorted(found)
