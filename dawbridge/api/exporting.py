"""export: a session in a form that a DAW opens."""

from pathlib import Path

from dawbridge.api.opening import input_paths, opened
from dawbridge.api.rendering import render_loaded
from dawbridge.files import whole_folder
from dawbridge.formats import Loss, get_format, write_losses
from dawbridge.progress import Progress


def export(
    session: Path | str,
    format_name: str,
    out: Path | str,
    workers: int | None = None,
    allows_missing: bool = False,
    progress: Progress | None = None,
) -> list[Loss]:
    """Write a session file, ours or a DAW's, as `format_name` into `out`, with losses.json; what was lost."""
    path = Path(session)
    target = get_format(format_name)
    with opened(path) as source, whole_folder(Path(out), input_paths(path, source.session)) as folder:
        source = source.complete(allows_missing)
        loaded = source.session
        progress = progress or Progress()
        rendered = render_loaded(loaded, source.folder, workers, allows_missing, progress)
        for note in rendered.notes:
            progress.say(f"note: {note}")
        losses = [*source.losses, *target.write(loaded, rendered, folder, source.folder)]
        write_losses(losses, folder / "losses.json")
    return losses
