"""Tails: how long a session still sounds after the end of its timeline."""

import numpy as np

from dawbridge.audio import Audio
from dawbridge.session.device_spec import spec_of
from dawbridge.session.model import LONGEST_TAIL_S, Device, Session
from dawbridge.units import db_to_gain

SILENCE_DB = -90.0
ALLOWANCE_S = 0.5
_QUIET_S = 0.25


def first_tail_s(session: Session) -> float:
    """A first guess in seconds, from the devices' own tails. The rendered audio shows whether it is enough."""
    devices = [device for channel in session.channels for device in channel.devices]
    devices += [*session.master.devices, *(track.instrument for track in session.tracks if track.instrument)]
    return ALLOWANCE_S + sum({device.device: _tail_s(device) for device in devices}.values())


def _tail_s(device: Device) -> float:
    """A reverb's `decay_s` is the time to -60 dB; its tail ends at -90 dB."""
    spec = spec_of(device)
    decay_s = device.values.get("decay_s", spec.defaults.get("decay_s", 0.0)) * 1.5 if spec.kind == "faust" else 0.0
    return max(spec.tail_s, decay_s)


def longer_tail_s(tail_s: float) -> float | None:
    """The next length to try where the sound has not ended. None after the longest."""
    return None if tail_s >= LONGEST_TAIL_S else min(2.0 * tail_s, LONGEST_TAIL_S)


def has_ended(mix: Audio, length_samples: int) -> bool:
    """Whether the last quarter of a second lies below -90 dB of full scale."""
    quiet = round(_QUIET_S * mix.sample_rate)
    return mix.length_samples - quiet >= last_heard_samples(mix, length_samples)


def last_heard_samples(mix: Audio, length_samples: int) -> int:
    """The length up to the last sample that reaches -90 dB of full scale; at least the timeline's."""
    loud = np.flatnonzero(np.abs(mix.samples[:, length_samples:]).max(axis=0, initial=0.0) >= db_to_gain(SILENCE_DB))
    return length_samples + (int(loud[-1]) + 1 if len(loud) else 0)
