"""Ardour: a session folder of XML and 32-bit float WAV, which Ardour 7 opens and plays.

    <path>/<name>.ardour
    <path>/interchange/<name>/audiofiles/<nn>-<track>.wav

Nothing outside the folder is named, so it may be moved. Encodings were measured on Ardour 7.3.
"""

from pathlib import Path

from dawbridge.audio import write_audio
from dawbridge.files import safe_file_name, write_bytes
from dawbridge.formats.ardour.layout import ArdourTrack, make_layout
from dawbridge.formats.ardour.session_xml import AudioFile, session_xml
from dawbridge.formats.loss import Loss
from dawbridge.formats.tracks_only import losses_beyond_tracks
from dawbridge.session import Rendered, Session

NAME = "ardour"
SUFFIX = ""
_LONGEST_STEM = 100


def write(session: Session, rendered: Rendered, path: Path, sources: Path) -> list[Loss]:
    """Fill the folder `path` with an Ardour session.

    Plugins keep their states; faders, pans and mutes are exact. A chain with a built-in device is printed as
    audio, and has a Loss, as has a plugin that did not run and a name that had to change; so have buses, sends,
    automation and all else beyond tracks.
    """
    name = _short(safe_file_name(session.name or "session"))
    tracks, losses = make_layout(session, rendered)
    files = {}
    for number, track in enumerate(tracks, start=1):
        audio = (rendered.wet if track.is_wet else rendered.dry)[track.track]
        files[track.name] = AudioFile(_file_name(number, track), audio.channels)
        write_audio(path / "interchange" / name / "audiofiles" / files[track.name].name, audio)
    xml = session_xml(name, session.sample_rate, session.length_samples, tracks, files)
    write_bytes(path / f"{name}.ardour", xml)
    return losses + losses_beyond_tracks(session)


def _file_name(number: int, track: ArdourTrack) -> str:
    return f"{number:02d}-{_short(safe_file_name(track.name))}.wav"


def _short(name: str) -> str:
    return name[:_LONGEST_STEM].rstrip(" .")
