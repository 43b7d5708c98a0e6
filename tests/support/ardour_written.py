"""What the tests of Ardour's writer share."""

from pathlib import Path

from lxml import etree

from carried_sessions import rendered_of
from dawbridge.formats import get_format
from dawbridge.session import Device, Rendered, Session, Track

RATE = 48000
ARDOUR = get_format("ardour")


def session_of(*tracks: Track, length: int = 4800, **more) -> Session:
    return Session(**({"name": "song", "sample_rate": RATE, "length_samples": length, "tracks": tracks} | more))


def track_of(*devices: Device, **more) -> Track:
    return Track(**{"name": "Vox", "audio": "stereo.wav", "devices": devices} | more)


def written(session: Session, folder: Path, sounds: Path, rendered: Rendered | None = None):
    """(the session document, the losses)"""
    losses = ARDOUR.write(session, rendered or rendered_of(session), folder, sounds)
    (path,) = folder.glob("*.ardour")
    return etree.parse(str(path)).getroot(), losses


def route_of(root: etree._Element, name: str) -> etree._Element:
    (route,) = [row for row in root.iter("Route") if row.get("name") == name]
    return route


def kinds(losses) -> list[str]:
    return sorted({kind for loss in losses for kind in loss.kinds})
