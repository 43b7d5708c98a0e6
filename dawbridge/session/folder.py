"""A folder of stems becomes a Session."""

import os
from pathlib import Path

import soundfile

from dawbridge.audio import AUDIO_SUFFIXES
from dawbridge.errors import InputError
from dawbridge.session.model import Session, Track


def stem_paths(folder: Path) -> list[Path]:
    """The audio files of a folder, sorted by name.

    Raises InputError where there is no folder, no audio file, or two files of one track name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give a folder of WAV, FLAC, OGG or AIFF files")
    paths = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in AUDIO_SUFFIXES and p.name[0] != "."]
    if not paths:
        raise InputError(f"{folder}: no audio in it; give a folder of WAV, FLAC, OGG or AIFF files")
    names = [path.stem for path in paths]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{folder}: two files for track {twice[0]!r}; rename one")
    return paths


def session_from_folder(folder: Path, beside: Path | None = None) -> Session:
    """One track per file, dry, as long as the longest, at the sample rate that most files have.

    Audio paths are relative to `beside` (the folder where the session will lie; default: `folder` itself).
    """
    infos = [(path, _info(path)) for path in stem_paths(folder)]
    rates = [info.samplerate for _, info in infos]
    rate = max(sorted(set(rates)), key=rates.count)
    length = max(round(info.frames * rate / info.samplerate) for _, info in infos)
    tracks = [
        Track(name=path.stem, audio=relative_audio(path, beside or folder), channels=info.channels)
        for path, info in infos
    ]
    return Session(name=folder.resolve().name, sample_rate=rate, length_samples=max(length, 1), tracks=tuple(tracks))


def relative_audio(path: Path, beside: Path) -> str:
    """`path` as a session that lies in `beside` names it: relative, with forward slashes."""
    try:
        return Path(os.path.relpath(path.resolve(), beside.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return path.resolve().as_posix()


def _info(path: Path):
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(f"{path}: no readable audio ({error}); give WAV, FLAC, OGG or AIFF") from None
    if info.channels not in (1, 2):
        raise InputError(f"{path}: {info.channels} channels; tracks are mono or stereo, split the file")
    return info
