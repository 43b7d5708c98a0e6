"""DAWproject: one archive that Bitwig, Studio One and Cubase open.

    <path>/<name>.dawproject    a zip of project.xml, metadata.xml, audio/*.wav, plugins/*.vstpreset and *.fxp

Written and read by the format's own schema (bitwig/dawproject, version 1.0). No DAW that reads the format runs without
a screen. So tests check what is written against the schema, and load the plugin states into the plugins.
"""

import tempfile
from pathlib import Path

from dawbridge.formats.audio_files import AudioFiles
from dawbridge.formats.dawproject.reader.session import read_project
from dawbridge.formats.dawproject.writer.archive import write_archive
from dawbridge.formats.dawproject.writer.context import Export
from dawbridge.formats.dawproject.writer.session import metadata_xml, project_xml
from dawbridge.formats.loss import Loss, Losses
from dawbridge.formats.media import Media
from dawbridge.names import safe_file_name
from dawbridge.session import Rendered, Session

NAME = "dawproject"
SUFFIX = ".dawproject"
_LONGEST_STEM = 100


def write(session: Session, rendered: Rendered, path: Path, sources: Path) -> list[Loss]:
    """Fill the folder `path` with one archive. The same session gives the same bytes."""
    path.mkdir(parents=True, exist_ok=True)
    stem = safe_file_name(session.name or "session")[:_LONGEST_STEM].rstrip(" .")
    with tempfile.TemporaryDirectory(dir=path, prefix=".audio-") as folder:
        export = Export(
            session, rendered, AudioFiles(sources, Path(folder), session.sample_rate), Losses(NAME), sources
        )
        files: dict[str, bytes | Path] = {"project.xml": project_xml(export), "metadata.xml": metadata_xml(session)}
        files |= export.states
        files |= {f"audio/{file.name}": file for file in sorted(Path(folder).iterdir())}
        write_archive(path / f"{stem}{SUFFIX}", files)
    return list(export.losses)


def read(path: Path, media: Media) -> tuple[Session, list[Loss]]:
    """The session in the archive `path`, with its audio in `media`, and the losses.

    Raises InputError, in one line, for an archive, XML or project that cannot be read.
    """
    losses = Losses(NAME)
    return read_project(path, media, losses), list(losses)
