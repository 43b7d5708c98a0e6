"""A folder of stems becomes a Session."""

import os
from pathlib import Path

import soundfile

from dawbridge.audio.folder import check_track_names, is_audio_name, visible_entries
from dawbridge.errors import InputError
from dawbridge.session.model import SAMPLE_RATES, Session, Track

# Usual names for a folder of raw tracks. Such a name says nothing of the song, so the parent folder names it.
_ANY_SONGS = {"stems", "tracks", "multitrack", "raw"}


def stem_paths(folder: Path) -> list[Path]:
    """The audio files of a folder, sorted by name.

    Raises InputError where there is no folder, no audio file, or two files of one track name.
    """
    paths = [path for path in _visible(folder) if is_audio_name(path)]
    if not paths:
        raise InputError(f"{folder}: no audio in it; give a folder of WAV, FLAC, OGG or AIFF files")
    for path in paths:
        if not is_unicode(path.name):
            raise InputError(f"{folder}: the file name {path.name!r} is no Unicode text; rename the file")
    check_track_names(folder, paths)
    return paths


def files_left_out(folder: Path) -> list[Path]:
    """The files of a folder of stems that are no tracks, because of their suffix; hidden ones are not listed."""
    return [path for path in _visible(folder) if path.is_file() and not is_audio_name(path)]


def _visible(folder: Path) -> list[Path]:
    try:
        return visible_entries(folder)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{folder}: {reason}; give a folder of WAV, FLAC, OGG or AIFF files") from None


def is_unicode(name: str) -> bool:
    """Whether a file name is text: Linux takes any bytes."""
    return name.encode("utf-8", "replace").decode() == name


def check_sample_rate(rate: int, where: object) -> None:
    """InputError for a sample rate that no session may have."""
    lowest, highest = SAMPLE_RATES
    if not lowest <= rate <= highest:
        raise InputError(f"{where}: sample rate {rate} Hz outside {lowest}…{highest} Hz; resample it")


def session_from_folder(folder: Path, beside: Path | None = None) -> Session:
    """One track per file, dry, as long as the longest, at the sample rate that most files have.

    Audio paths are relative to `beside` (the folder where the session will lie; default: `folder` itself).
    """
    infos = [(path, _info(path)) for path in stem_paths(folder)]
    rates = [info.samplerate for _, info in infos]
    rate = max(sorted(set(rates)), key=rates.count)
    check_sample_rate(rate, folder)
    length = max(round(info.frames * rate / info.samplerate) for _, info in infos)
    tracks = [
        Track(name=path.stem, audio=relative_audio(path, beside or folder), channels=info.channels)
        for path, info in infos
    ]
    return Session(name=folder_name(folder), sample_rate=rate, length_samples=max(length, 1), tracks=tuple(tracks))


def folder_name(folder: Path) -> str:
    """What a session made of a folder is called: as the folder is, or as what it lies in where many are called so."""
    path = folder.resolve()
    name = (path.parent.name if path.name.lower() in _ANY_SONGS else path.name) or path.name or "session"
    return name if is_unicode(name) else repr(name)[1:-1]


def relative_audio(path: Path, beside: Path) -> str:
    """`path` as a session that lies in `beside` names it: relative, with forward slashes."""
    try:
        return Path(os.path.relpath(path.resolve(), beside.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return path.resolve().as_posix()


def _info(path: Path) -> soundfile._SoundFileInfo:
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(f"{path}: no readable audio ({error}); give WAV, FLAC, OGG or AIFF") from None
    if info.channels not in (1, 2):
        raise InputError(f"{path}: {info.channels} channels; tracks are mono or stereo, split the file")
    return info
