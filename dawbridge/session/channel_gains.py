"""Gains of a channel that stands still: fader and pan, as linear factors of left and right."""

from dawbridge.pan import pan_gains
from dawbridge.session.model import PanLaw, Track
from dawbridge.units import db_to_gain


def channel_gains(track: Track, pan_law: PanLaw) -> tuple[float, float]:
    """Linear gains (left, right) of the channel: fader times pan, by the law for the track's channels."""
    fader = db_to_gain(track.fader_db)
    left, right = pan_gains(track.pan_lr, track.channels)
    return fader * float(left), fader * float(right)
