"""Ardour: a session folder of XML, audio and MIDI, which Ardour 7 opens and plays.

    <path>/<name>.ardour
    <path>/interchange/<name>/audiofiles/*.wav
    <path>/interchange/<name>/midifiles/*.mid
    <path>/lv2/*.lv2                         the built-in devices it uses, as plugins to install
    <path>/README.txt                        how to install them

The session names no file outside its folder, so the folder can be moved. The encodings were measured on Ardour 7.3.
"""

from pathlib import Path

from dawbridge.formats.ardour.reader.session import read as read
from dawbridge.formats.ardour.writer.session import write_session
from dawbridge.formats.loss import Loss
from dawbridge.session import Rendered, Session

NAME = "ardour"
SUFFIX = ""


def write(session: Session, rendered: Rendered, path: Path, sources: Path) -> list[Loss]:
    """Fill the folder `path` with an Ardour session and return what Ardour cannot carry.

    rendered: gives the plugins' states, and the audio of devices that Ardour cannot host
    sources:  the folder that the session's audio and MIDI paths start from

    `losses.toml` lists all kinds of loss. Raises InputError for audio or MIDI that cannot be read.
    """
    return write_session(session, rendered, path, sources)
