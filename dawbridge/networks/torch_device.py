"""The torch device that networks run on, for renders and trainings alike."""

import torch

from dawbridge.errors import InputError

KINDS = ("cpu", "cuda", "mps")


def find_torch_device(name: str, advice: str) -> torch.device:
    """The device of that name, such as cpu, cuda or cuda:1; for "auto" a GPU where there is one, else the processor.

    Raises InputError that ends in `advice` where torch cannot use it.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        if device.type not in KINDS:
            raise RuntimeError(f"none of {', '.join(KINDS)}")
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch that was built without CUDA asserts
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise InputError(f"torch device {name!r}: not usable here ({reason}); {advice}") from None
    return device
