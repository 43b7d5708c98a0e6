"""export: a session in a form that a DAW opens."""

from pathlib import Path

from dawbridge.api.rendering import input_paths, render_loaded
from dawbridge.files import whole_folder
from dawbridge.formats import Loss, get_format, write_losses
from dawbridge.progress import Progress
from dawbridge.session import read_session


def export(
    session: Path | str,
    format_name: str,
    out: Path | str,
    workers: int | None = None,
    allows_missing: bool = False,
    progress: Progress | None = None,
) -> list[Loss]:
    """Write a session file as `format_name` into the folder `out`, with losses.json; what was lost."""
    path = Path(session)
    target = get_format(format_name)
    loaded = read_session(path)
    with whole_folder(Path(out), input_paths(path, loaded)) as folder:
        rendered = render_loaded(loaded, path.parent, workers, allows_missing, progress or Progress())
        losses = target.write(loaded, rendered, folder, path.parent)
        write_losses(losses, folder / "losses.json")
    return losses
