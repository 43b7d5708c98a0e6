"""A hosted plugin's state, in and out of a DawDreamer processor, as the preset file that a DAW knows."""

import base64
import tempfile
from pathlib import Path

from dawbridge.devices import get_device
from dawbridge.devices.states import host_state, is_empty_bank, preset_bytes
from dawbridge.render.farm.job import JobDevice


def load_state(processor, device: JobDevice) -> None:
    """The processor takes the device's state."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        path.write_bytes(host_state(get_device(device.name), base64.b64decode(device.state)))
        load_saved(processor, device.kind, path)


def load_saved(processor, kind: str, path: Path) -> None:
    """The processor takes what the host saved.

    A VST2 takes it as a preset: `load_state` opens the plugin's window, which ends a process that has no screen
    (3BandEQ, LSP's, amsynth), and refuses a plugin that has no window (ZynAddSubFX).
    """
    (processor.load_preset if kind == "vst2" else processor.load_state)(str(path))


def saved_preset(processor, device: JobDevice) -> bytes | None:
    """The preset file of the processor as it stands; None of a VST2 that has no programs, so nothing to save."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        processor.save_state(str(path))
        saved = path.read_bytes()
    return None if is_empty_bank(saved) else preset_bytes(get_device(device.name), saved)
