"""The Session and its file."""

from dawbridge.session.automation import Automation, Point, Tempo, TempoMap, TimeSignature
from dawbridge.session.channel_gains import channel_gains
from dawbridge.session.device_spec import spec_of
from dawbridge.session.file import decode_session, encode_session, read_session, write_session
from dawbridge.session.model import (
    Bus,
    Clip,
    Device,
    ForeignPlugin,
    Master,
    MidiClip,
    PanLaw,
    Provenance,
    Send,
    Session,
    Sidechain,
    Track,
)
from dawbridge.session.rendered import Rendered

__all__ = [
    "Automation",
    "Bus",
    "Clip",
    "Device",
    "ForeignPlugin",
    "Master",
    "MidiClip",
    "PanLaw",
    "Point",
    "Provenance",
    "Rendered",
    "Send",
    "Session",
    "Sidechain",
    "Tempo",
    "TempoMap",
    "TimeSignature",
    "Track",
    "channel_gains",
    "decode_session",
    "encode_session",
    "read_session",
    "spec_of",
    "write_session",
]
