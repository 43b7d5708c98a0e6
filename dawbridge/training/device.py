"""The device a network is trained on."""

import torch

from dawbridge.errors import InputError


def find_device(name: str) -> torch.device:
    """ "auto": a GPU where there is one, else the processor; or the one named. Raises InputError if it is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"device={name!r} cannot be used ({reason}); give auto, cpu or cuda") from None
    return device
