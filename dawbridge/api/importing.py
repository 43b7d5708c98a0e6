"""import: a DAW's session becomes a session.json with its audio beside it."""

from pathlib import Path

from dawbridge.api.opening import Opened, read_foreign, session_file
from dawbridge.files import whole_folder
from dawbridge.formats import Media, write_losses
from dawbridge.progress import Progress
from dawbridge.session import write_session


def import_session(path: Path | str, out: Path | str, progress: Progress | None = None) -> Opened:
    """Write the DAW session `path` into the folder `out`: session.json, audio/, losses.json; what was read.

    Raises InputError for a file that is no session, and OutputError where `out` cannot be written.
    """
    path, out, progress = session_file(Path(path)), Path(out), progress or Progress()
    progress.start(f"reading {path.name}", 1)
    with whole_folder(out, [path]) as folder:
        found = read_foreign(path, Media(folder))
        write_session(found.session, folder / "session.json")
        write_losses(found.losses, folder / "losses.json")
    progress.advance()
    progress.close()
    return Opened(found.session, out, found.losses)
