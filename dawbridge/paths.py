"""Where things lie: the shipped `plugins/` and `presets/`, the user's own data, and plugin folders.

In a checkout the shipped folders stand beside the package; a wheel carries them inside it under `_data`.
"""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def data_folder(kind: str) -> Path:
    """The shipped folder `plugins` or `presets`, in a checkout or in an installed wheel."""
    inside = PACKAGE / "_data" / kind
    return inside if inside.is_dir() else PACKAGE.parent / kind


def user_data_folder() -> Path:
    """The user's own folder, for plugin tables they scanned. `DAWBRIDGE_DATA` overrides it."""
    if named := os.environ.get("DAWBRIDGE_DATA"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home() / "AppData/Roaming")) / "dawbridge"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/dawbridge"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share")) / "dawbridge"


def user_cache_folder() -> Path:
    """The user's own folder for what can be made again at any time. `DAWBRIDGE_CACHE` overrides it."""
    if named := os.environ.get("DAWBRIDGE_CACHE"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "dawbridge" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/dawbridge"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dawbridge"


def plugin_folders() -> list[Path]:
    """Folders searched for plugin binaries, first match wins.

    `DAWBRIDGE_PLUGIN_PATH` (separated as PATH is), then what `tools/fetch_plugins` unpacked beside the
    package, then the system's standard folders.
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
    """The first plugin file or bundle of that name in the searched folders and the folders in them, or None.

    Makers of many plugins keep theirs in a folder of their own.
    """
    for folder in plugin_folders():
        for place in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
            if (place / file_name).exists():
                return place / file_name
    return None
