"""What plugins say of themselves, asked in a process of its own: a plugin changes how its process rounds."""

import subprocess
import sys

_SCRIPT = "import sys, pedalboard; print(bytes(pedalboard.load_plugin(sys.argv[1]).preset_data)[8:40].decode())"


def reported_class_id(path) -> str:
    """The class id with which a .vstpreset begins that the VST3 itself gives."""
    command = [sys.executable, "-c", _SCRIPT, str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()[-1]
