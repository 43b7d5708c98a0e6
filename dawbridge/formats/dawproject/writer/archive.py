"""Writes the zip archive. The same files give the same bytes."""

import shutil
import stat
import zipfile
from pathlib import Path

from dawbridge.errors import OutputError

_TIME = (1980, 1, 1, 0, 0, 0)


def write_archive(path: Path, files: dict[str, bytes | Path]) -> None:
    """Write a zip file of `files` (name → bytes, or a file on disk), sorted by name. Only XML is compressed.

    Raises OutputError if it cannot be written.
    """
    try:
        with zipfile.ZipFile(path, "w") as archive:
            for name in sorted(files):
                _add(archive, name, files[name])
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error}); free space, or choose another folder") from None


def _add(archive: zipfile.ZipFile, name: str, content: bytes | Path) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    info.compress_type = zipfile.ZIP_DEFLATED if name.endswith(".xml") else zipfile.ZIP_STORED
    if isinstance(content, bytes):
        return archive.writestr(info, content)
    info.file_size = content.stat().st_size
    with content.open("rb") as source, archive.open(info, "w") as target:
        shutil.copyfileobj(source, target, 2**20)
