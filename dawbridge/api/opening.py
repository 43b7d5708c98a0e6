"""A session from whatever file holds it: our own JSON, or a DAW's."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dawbridge.api.missing import MISSING_AUDIO, without_missing
from dawbridge.errors import InputError
from dawbridge.formats import Loss, Media, reader_of
from dawbridge.formats.loss import shortened
from dawbridge.session import Session, read_session


@dataclass(frozen=True)
class Opened:
    """A session; the folder where its audio paths start; what its DAW's file held and a session cannot."""

    session: Session
    folder: Path
    losses: tuple[Loss, ...] = ()

    def complete(self, allows_missing: bool) -> "Opened":
        """What can be rendered: the same, or by leave what is left without the files that are not there, and losses.

        Raises InputError where a DAW's file names audio that is not there: a mix without it is not that session's.
        """
        if allows_missing:
            session, losses = without_missing(self.session, self.folder)
            return replace(self, session=session, losses=(*self.losses, *losses))
        self._check_audio()
        return self

    def _check_audio(self) -> None:
        lost = [loss for loss in self.losses if loss.kind == MISSING_AUDIO]
        if lost:
            more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
            what = shortened(f"{lost[0].where}: audio is missing: {lost[0].what}")
            raise InputError(f"{what}{more}; leave it out with --allow-missing")

    @property
    def notes(self) -> list[str]:
        """The losses as a person reads them."""
        return [loss.line for loss in self.losses]


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The session in `path`: a session.json, a DAW's file, or the folder of an Ardour session.

    What a DAW's file holds lies in a temporary folder until the end. Raises InputError where it cannot be read.
    """
    path = session_file(path)
    if reader_of(path) is None:
        yield Opened(read_session(path), path.parent)
        return
    with tempfile.TemporaryDirectory(prefix="dawbridge-") as folder:
        yield read_foreign(path, Media(Path(folder), links=True))


def read_foreign(path: Path, media: Media) -> Opened:
    """The session in a DAW's file, with its audio in `media`."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    reader = reader_of(path)
    if reader is None:
        raise InputError(f"{path}: no DAW's session; give .ardour, .dawproject or .rpp")
    session, losses = reader.read(path, media)
    return Opened(session, media.folder, tuple(losses))


def session_file(path: Path) -> Path:
    """`path`, or the one session in it where it is an Ardour session's folder."""
    if not path.is_dir():
        return path
    found = sorted(path.glob("*.ardour"))
    if len(found) != 1:
        raise InputError(f"{path}: a folder with {len(found)} .ardour files; name the session's file")
    return found[0]


def input_paths(path: Path, session: Session) -> list[Path]:
    """The session's file and all that it names; of a DAW's file, which may name anything, it alone."""
    path = session_file(path)
    if reader_of(path) is not None:
        return [path]
    clips = [clip.audio for track in session.tracks for clip in track.all_clips]
    clips += [clip.midi for track in session.tracks for clip in track.midi_clips]
    return [path, *(path.parent / name for name in clips)]
