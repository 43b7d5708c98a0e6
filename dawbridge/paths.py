"""Where files lie: the shipped `plugins/` and `presets/`, the user's own data and cache, and plugin binaries.

In a checkout the shipped folders stand beside the package; a wheel carries them inside it under `_data`.
"""

import os
import sys
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).resolve().parent
_found: dict[tuple[str, str], Path] = {}  # plugin files by name and DAWBRIDGE_PLUGIN_PATH


def data_folder(kind: str) -> Path:
    """The shipped folder `plugins` or `presets`, in a checkout or in an installed wheel."""
    inside = PACKAGE / "_data" / kind
    return inside if inside.is_dir() else PACKAGE.parent / kind


def user_data_folder() -> Path:
    """The user's own folder for plugin tables they scanned. `DAWBRIDGE_DATA` overrides it.

    Linux: `~/.local/share/dawbridge`, or `dawbridge` in `XDG_DATA_HOME`. macOS:
    `~/Library/Application Support/dawbridge`. Windows: `%APPDATA%\\dawbridge`.
    """
    named = os.environ.get("DAWBRIDGE_DATA")
    return Path(named) if named else platformdirs.user_data_path("dawbridge", appauthor=False, roaming=True)


def user_cache_folder() -> Path:
    """The user's own folder for what can be made again at any time. `DAWBRIDGE_CACHE` overrides it.

    Linux: `~/.cache/dawbridge`, or `dawbridge` in `XDG_CACHE_HOME`. macOS: `~/Library/Caches/dawbridge`. Windows:
    `%LOCALAPPDATA%\\dawbridge\\Cache`.
    """
    named = os.environ.get("DAWBRIDGE_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("dawbridge", appauthor=False)


def plugin_folders() -> list[Path]:
    """The folders that are searched for plugin binaries; the first match wins. Only folders that exist are listed.

    First those of `DAWBRIDGE_PLUGIN_PATH` (separated as in `PATH`), then what `tools/fetch_plugins` unpacked beside
    the package, then the system's standard folders.
    """
    named = [Path(p) for p in os.environ.get("DAWBRIDGE_PLUGIN_PATH", "").split(os.pathsep) if p]
    unpacked = [PACKAGE.parent / ".plugins/usr/lib" / kind for kind in ("vst3", "vst", "lxvst")]
    return [folder for folder in (*named, *unpacked, *_standard_folders()) if folder.is_dir()]


def _standard_folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        programs = Path(os.environ.get("ProgramFiles", r"C:\Program Files"))
        return [programs / "Common Files/VST3", programs / "VSTPlugins", programs / "Steinberg/VSTPlugins"]
    if sys.platform == "darwin":
        roots = [home / "Library/Audio/Plug-Ins", Path("/Library/Audio/Plug-Ins")]
        return [root / kind for root in roots for kind in ("VST3", "VST")]
    own = [home / ".vst3", home / ".vst", home / ".lxvst"]
    roots = [Path("/usr/local/lib"), Path("/usr/lib"), Path("/usr/lib/x86_64-linux-gnu")]
    return own + [root / kind for root in roots for kind in ("vst3", "vst", "lxvst")]


def find_plugin_file(file_name: str) -> Path | None:
    """The first plugin file or bundle of that name in the searched folders and their subfolders, or None.

    Subfolders count, since a maker of many plugins often keeps them in one. What was found once is not searched for
    again while it is there and `DAWBRIDGE_PLUGIN_PATH` is the same: a search for settings asks for every candidate.
    """
    key = file_name, os.environ.get("DAWBRIDGE_PLUGIN_PATH", "")
    known = _found.get(key)
    if known is not None and os.path.exists(known):
        return known
    path = _search_plugin_file(file_name)
    if path is not None:
        _found[key] = path
    return path


def _search_plugin_file(file_name: str) -> Path | None:
    for root in plugin_folders():
        for folder in (root, *sorted(path for path in root.iterdir() if path.is_dir())):
            if (folder / file_name).exists():
                return folder / file_name
    return None
