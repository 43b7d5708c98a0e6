"""The presets of bypassed plugins. A render skips them, but a DAW needs them when the user switches them on."""

import base64
from concurrent.futures import Future

import numpy as np

from dawbridge.errors import PluginError
from dawbridge.render.farm.farm import Farm
from dawbridge.render.farm.job import BLOCK_SIZE, StripJob, StripResult, audio_key
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.render.graph.sources import Notes
from dawbridge.session.device_spec import spec_of
from dawbridge.session.model import MASTER, Device, Fader, Session
from dawbridge.session.rendered import INSTRUMENT

_BLOCKS = 2  # a plugin saves new values only after it has processed a block


def render_idle_states(session: Session, farm: Farm) -> dict[tuple[str, int], bytes]:
    """(channel, device position or INSTRUMENT) → preset file of each bypassed plugin at its values.

    A plugin that is not installed, or fails, is left out: the mix does not depend on it.
    """
    faders = [*((channel.name, channel) for channel in session.channels), (MASTER, session.master)]
    idle = {(name, index): device for name, fader in faders for index, device in _idle(fader)}
    futures = {key: _submitted(device, session.sample_rate, farm) for key, device in idle.items()}
    states = {key: _state(future) for key, future in futures.items()}
    return {key: state for key, state in states.items() if state is not None}


def _idle(fader: Fader) -> list[tuple[int, Device]]:
    instrument = getattr(fader, "instrument", None)
    rows = [*enumerate(fader.devices), *([(INSTRUMENT, instrument)] if instrument is not None else [])]
    return [(index, device) for index, device in rows if device.is_bypassed and spec_of(device).is_hosted]


def _submitted(device: Device, sample_rate: int, farm: Farm) -> Future[StripResult] | None:
    try:
        resolved = resolve_device(device, "a bypassed device")
    except PluginError:
        return None
    length = _BLOCKS * BLOCK_SIZE
    silence = np.zeros((2, length), np.float32)
    source: np.ndarray | Notes = Notes(length, ()) if resolved.is_instrument else silence
    return farm.submit(StripJob(source, audio_key(silence), sample_rate, (resolved,), True))


def _state(future: Future[StripResult] | None) -> bytes | None:
    try:
        states = {} if future is None else future.result().states
    except PluginError:
        return None
    return next((base64.b64decode(state) for state in states.values()), None)
