"""Impulse responses of the built-in reverbs, with which any convolution reverb can play them."""

import numpy as np

from dawbridge.audio import Audio
from dawbridge.render.farm.farm import Farm
from dawbridge.render.farm.job import StripJob, audio_key
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.session.model import MASTER, Device, Session

REVERB = "reverb"
_DECAYS = 1.5  # `decay_s` is the time to -60 dB; the response goes on to -90 dB
_LEAST_S = 0.2


def render_impulses(session: Session, farm: Farm) -> dict[tuple[str, int], Audio]:
    """(channel, device position) → [2, n]: each built-in reverb's wet response to an impulse in both channels."""
    faders = [*((channel.name, channel) for channel in session.channels), (MASTER, session.master)]
    reverbs = {
        (name, index): device
        for name, fader in faders
        for index, device in enumerate(fader.devices)
        if device.device == REVERB
    }
    results = farm.render([_job(device, session.sample_rate) for device in reverbs.values()])
    samples = (result.samples for result in results if result.samples is not None)  # the jobs name no file
    return {key: Audio(response, session.sample_rate) for key, response in zip(reverbs, samples)}


def _job(device: Device, sample_rate: int) -> StripJob:
    wet_only = Device(device=device.device, values=device.values | {"dry_0to1": 0.0})
    resolved = resolve_device(wet_only, REVERB)
    decay_s = next(value for name, _, value in resolved.settings if name == "decay_s")
    samples = np.zeros((2, round((_LEAST_S + _DECAYS * decay_s) * sample_rate)), np.float32)
    samples[:, 0] = 1.0
    return StripJob(samples, audio_key(samples), sample_rate, (resolved,))
