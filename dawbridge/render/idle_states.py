"""The presets of bypassed plugins, which a render leaves aside: a DAW that switches them on wants them."""

import base64

import numpy as np

from dawbridge.errors import PluginError
from dawbridge.render.farm.farm import Farm
from dawbridge.render.farm.job import BLOCK_SIZE, StripJob, audio_key
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.render.graph.sources import Notes
from dawbridge.session.device_spec import spec_of
from dawbridge.session.model import MASTER, Device, Fader, Session
from dawbridge.session.rendered import INSTRUMENT

_BLOCKS = 2  # a plugin saves what it was told once it has played


def render_idle_states(session: Session, farm: Farm) -> dict[tuple[str, int], bytes]:
    """(channel, device position or INSTRUMENT) → preset file of each bypassed plugin at its values.

    One that is not installed, or fails, is left out: nothing of the mix depends on it.
    """
    faders = [*((channel.name, channel) for channel in session.channels), (MASTER, session.master)]
    places = {(name, place): device for name, fader in faders for place, device in _idle(fader)}
    futures = {place: _submitted(device, session.sample_rate, farm) for place, device in places.items()}
    states = {place: _state(future) for place, future in futures.items()}
    return {place: state for place, state in states.items() if state is not None}


def _idle(fader: Fader) -> list[tuple[int, Device]]:
    instrument = getattr(fader, "instrument", None)
    rows = [*enumerate(fader.devices), *([(INSTRUMENT, instrument)] if instrument is not None else [])]
    return [(place, device) for place, device in rows if device.is_bypassed and spec_of(device).is_hosted]


def _submitted(device: Device, sample_rate: int, farm: Farm):
    try:
        resolved = resolve_device(device, "a bypassed device")
    except PluginError:
        return None
    length = _BLOCKS * BLOCK_SIZE
    silence = np.zeros((2, length), np.float32)
    source = Notes(length, ()) if resolved.is_instrument else silence
    return farm.submit(StripJob(source, audio_key(silence), sample_rate, (resolved,), True))


def _state(future) -> bytes | None:
    try:
        states = {} if future is None else future.result().states
    except PluginError:
        return None
    return next((base64.b64decode(state) for state in states.values()), None)
