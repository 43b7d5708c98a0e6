"""Loading and saving a hosted plugin's state, as the preset file that DAWs use."""

import base64
import tempfile
from pathlib import Path
from typing import Any

from dawbridge.devices import get_device
from dawbridge.devices.states import host_state, is_empty_bank, preset_bytes
from dawbridge.render.farm.job import JobDevice


def load_state(processor: Any, device: JobDevice, state: str) -> None:
    """Load `state`, base64 of a preset file, into the DawDreamer processor of the device."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        path.write_bytes(host_state(get_device(device.name), base64.b64decode(state)))
        load_saved(processor, device.kind, path)


def load_saved(processor: Any, kind: str, path: Path) -> None:
    """Load the file at `path`, which the host saved, into a DawDreamer processor.

    A VST2 takes it as a preset: `load_state` opens the plugin's window, which ends a process that has no screen
    (3BandEQ, LSP's, amsynth), and refuses a plugin that has no window (ZynAddSubFX).
    """
    (processor.load_preset if kind == "vst2" else processor.load_state)(str(path))


def saved_preset(processor: Any, device: JobDevice) -> bytes | None:
    """The preset file of the processor's present state. None for a VST2 without programs, which has nothing to save."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        processor.save_state(str(path))
        saved = path.read_bytes()
    return None if is_empty_bank(saved) else preset_bytes(get_device(device.name), saved)
