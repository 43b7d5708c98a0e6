"""The Session and its file."""

from dawbridge.session.file import decode_session, encode_session, read_session, write_session
from dawbridge.session.model import Device, PanLaw, Provenance, Session, Track, channel_gains
from dawbridge.session.rendered import Rendered

__all__ = [
    "Device",
    "PanLaw",
    "Provenance",
    "Rendered",
    "Session",
    "Track",
    "channel_gains",
    "decode_session",
    "encode_session",
    "read_session",
    "write_session",
]
