"""Presets in fresh hosts, each in a process of its own: nothing but the file passes from one to the other."""

import json
import subprocess
import sys
from pathlib import Path

HOSTS = Path(__file__).with_name("preset_hosts.py")


def hosted(*arguments: str) -> dict:
    """What preset_hosts.py reports of one plugin in one host."""
    command = [sys.executable, str(HOSTS), *arguments]
    run = subprocess.run(command, capture_output=True, timeout=300, text=True, cwd=HOSTS.parents[2])
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.splitlines()[-1])
