"""What decides a neural device's samples beside its table and weights: the code, torch's version and the torch device.

A strip's key holds it, so that the store never serves what another network or another torch rendered. For cpu and mps
no torch is loaded here; for others it is, to ask for the GPU's name. Strips without a neural device do not come here.
"""

import hashlib
import os
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from dawbridge.errors import InputError
from dawbridge.paths import PACKAGE

DEVICE_VARIABLE = "DAWBRIDGE_TORCH_DEVICE"
_HOST_FILES = ("neural_strip.py", "neural_network.py")


def neural_version() -> dict[str, str]:
    """{code, torch, device}: a hash of the networks' source, torch's version, and the torch device by name."""
    return {"code": source_sha256(), "torch": version("torch"), "device": _device_text(torch_device_name())}


def torch_device_name() -> str:
    """The torch device that the environment asks for; "cpu" where it asks for none."""
    return os.environ.get(DEVICE_VARIABLE) or "cpu"


@lru_cache(maxsize=1)
def source_sha256() -> str:
    """Hash of every source file of the networks, and of the host that feeds them. Read once per process."""
    files = sorted((PACKAGE / "networks").rglob("*.py"))
    files += [Path(__file__).with_name(name) for name in _HOST_FILES]
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


@lru_cache(maxsize=8)
def _device_text(name: str) -> str:
    """The device's name, and the GPU's own name where it is one of CUDA.

    A device that cannot be used is no error here: the worker that needs it tells.
    """
    if name in ("cpu", "mps"):
        return name
    import torch

    from dawbridge.networks.torch_device import find_torch_device

    try:
        device = find_torch_device(name, "")
    except InputError:
        return name
    return f"{device} {torch.cuda.get_device_name(device)}" if device.type == "cuda" else str(device)
