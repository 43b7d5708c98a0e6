"""A hosted plugin's state, in and out of a DawDreamer processor, as the preset file that a DAW knows."""

import base64
import tempfile
from pathlib import Path

from dawbridge.devices import get_device
from dawbridge.devices.states import host_state, preset_bytes
from dawbridge.render.job import JobDevice


def load_state(processor, device: JobDevice) -> None:
    """The processor takes the device's state."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        path.write_bytes(host_state(get_device(device.name), base64.b64decode(device.state)))
        processor.load_state(str(path))


def saved_preset(processor, device: JobDevice) -> bytes:
    """The preset file of the processor as it stands."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        processor.save_state(str(path))
        return preset_bytes(get_device(device.name), path.read_bytes())
